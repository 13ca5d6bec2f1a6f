"""Reading a file of outcomes that employees filled in: all of it is taken, or none and every line that is wrong is told."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING

from tonglu.app.work_words import words_of
from tonglu.app.worklist import Desk
from tonglu.core.clock import parse_instant
from tonglu.core.errors import Finding, InputError, Place, Severity, did_you_mean
from tonglu.core.work import DISPOSITIONS
from tonglu.mailroom.work_answers import REFUSED, Answer, Noted, Refusals, Report

if TYPE_CHECKING:
    import _csv

NEEDED = ("key", "outcome")
SAID = {
    Answer.UNKNOWN: ("TL862", "no item has this key", "Use the keys of an exported list."),
    Answer.UNKNOWN_OUTCOME: ("TL863", "the item's channel does not take this outcome", ""),
    Answer.SOMEBODY_ELSE: ("TL864", "somebody else has the item", "Let them settle it, or wait until their half hour is over."),
    Answer.CHANGED: ("TL864", "the item has changed since the list was exported", "Export the list again."),
    Answer.TOO_SOON: (
        "TL864",
        "the item's next attempt was not due at that time",
        "Look at 'at', and at the channel's attempts.",
    ),
    Answer.HELD: ("TL864", "a pause holds the item", "Import it when the pause is lifted."),
}


@dataclass(frozen=True)
class Imported:
    """What became of the outcomes of a file, by answer; `warnings` are lines that came too late and changed nothing."""

    answers: Counter[Answer]
    warnings: tuple[Finding, ...] = ()


@dataclass
class _Sheet:
    """A file as it is read: the reports with the places of their lines, and what is wrong."""

    shown: str
    reports: list[Report] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def wrong(self, code: str, message: str, line: int, column: int, hint: str = "") -> None:
        self.findings.append(Finding(code, message, Place(self.shown, line, column), hint))


def import_outcomes(desk: Desk, file: Path, *, by: str, at: datetime, partly: bool = False) -> Imported:
    """Record every outcome of a CSV file in one transaction; a file that was imported before changes nothing.

    What the list refuses of a file that is taken `partly` is left out.

    The file has the columns `key` and `outcome`, and may have `at` (on the bank's clock; `at` of this call without it), `call_back_at`,
    `note`, `by` and `version`; others are passed over, and lines without an outcome too.

    Raises:
        InputError: with a finding for every line that cannot be taken; nothing was changed.
    """
    content = file.read_bytes()
    sheet = _read(content, str(file), desk, by, at)
    if sheet.findings:
        raise InputError(sheet.findings)
    once = Noted("", "import", by, at, sha256(content).hexdigest())
    try:
        answers = desk.mailroom.worklist.report_all(sheet.reports, desk.terms, desk.zone, once)
    except Refusals as refused:
        if partly:
            kept = [answer not in REFUSED for answer in refused.answers]
            sheet.lines, sheet.reports = list(compress(sheet.lines, kept)), list(compress(sheet.reports, kept))
            return Imported(Counter(desk.mailroom.worklist.report_all(sheet.reports, desk.terms, desk.zone, once)))
        for line, answer, report in zip(sheet.lines, refused.answers, sheet.reports, strict=True):
            if answer in REFUSED:
                code, message, hint = SAID[answer]
                sheet.wrong(code, f"{message}: {report.outcome if 'outcome' in message else report.key}", line, 1, hint)
        raise InputError(sheet.findings) from None
    told = zip(sheet.lines, answers, sheet.reports, strict=True)
    late = [_late(desk, sheet, *one) for one in told if one[1] in (Answer.LATE, Answer.CANCELLED)]
    return Imported(Counter(answers), tuple(late))


def _late(desk: Desk, sheet: _Sheet, line: int, answer: Answer, report: Report) -> Finding:
    said = words_of(desk, answer, desk.item(report.key, report.at), report.at, report.outcome)
    message = f"came too late, noted: {report.key}: {said.message}"
    return Finding("TL865", message, Place(sheet.shown, line, 1), said.hint, Severity.WARNING)


def _read(content: bytes, shown: str, desk: Desk, by: str, at: datetime) -> _Sheet:
    sheet = _Sheet(shown)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        sheet.wrong("TL861", "the file is not UTF-8", 0, 0, "Save it as CSV UTF-8.")
        return sheet
    reader = csv.reader(text.splitlines(keepends=True))
    header = [name.strip().lower() for name in next(reader, [])]
    for name in NEEDED:
        if name not in header:
            sheet.wrong("TL861", f"the column '{name}' is missing", 1, 1, did_you_mean(name, header))
    for line, cells in _rows(reader) if not sheet.findings else ():
        if len(cells) > len(header):
            sheet.wrong("TL861", f"the line has {len(cells)} cells, the header {len(header)}", line, len(header) + 1)
            continue
        row = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
        if row.get("outcome"):
            _take(sheet, row, header, line, desk=desk, by=by, at=at)
    return sheet


def _rows(reader: "_csv.Reader") -> Iterator[tuple[int, list[str]]]:
    """Every line with its number; one that holds a line break is called by its last."""
    for cells in reader:
        yield reader.line_num, cells


def _take(sheet: _Sheet, row: dict[str, str], header: list[str], line: int, *, desk: Desk, by: str, at: datetime) -> None:
    """One line as a report; columns are counted in cells, from 1."""
    before = len(sheet.findings)
    if row["outcome"] not in DISPOSITIONS:
        hint = did_you_mean(row["outcome"], DISPOSITIONS) or f"Known are {', '.join(DISPOSITIONS)}."
        sheet.wrong("TL863", f"'{row['outcome']}' is not an outcome", line, header.index("outcome") + 1, hint)
    when: dict[str, datetime | None] = {"at": at, "call_back_at": None}
    for name in when:
        if row.get(name):
            try:
                when[name] = parse_instant(row[name], desk.zone)
            except ValueError:
                sheet.wrong("TL861", f"'{row[name]}' is not an instant", line, header.index(name) + 1, "Write 2026-06-01 10:30.")
    if (when["at"] or at) > at:
        sheet.wrong("TL861", f"'{row['at']}' is still to come", line, header.index("at") + 1, "Write when it was done.")
    version = row.get("version", "")
    if version and not version.isdecimal():
        sheet.wrong("TL861", f"'{version}' is not a version", line, header.index("version") + 1, "Leave it as it was exported.")
    if len(sheet.findings) > before:
        return
    seen = int(version) if version else None
    report = Report(row["key"], row["outcome"], when["at"] or at, row.get("by") or by, row.get("note", ""), when["call_back_at"])
    sheet.reports.append(replace(report, version=seen))
    sheet.lines.append(line)
