"""A segment as it is written: `segments/<name>.sql`, a header of comments and one SELECT of `customer_id`.

    -- segment: payroll_new
    -- title: 代发新客 / New payroll customers
    -- owner: retail-payroll
    -- grain: customer

`profile.sql` begins with `-- profile: customer` instead and gives the customer's attributes beside `customer_id`. Both are read
by sqlglot only: what may stand in them is in `segment_sql`, what their names mean in `segment_names`. DuckDB decides in the end.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from hashlib import sha256
from pathlib import Path, PurePath

from sqlglot import exp

from tonglu.core.errors import Finding, Place, did_you_mean, nearest
from tonglu.language.repairs import line_fix
from tonglu.language.segment_sql import SqlText, parse_select
from tonglu.language.values import TitleText

PROFILE = "profile"
LARGEST = 128 * 1024
_LINE = re.compile(r"--[ \t]*([a-z_]+)[ \t]*[:：][ \t]*(.*?)[ \t]*$")
_KEYS = ("segment", "profile", "title", "owner", "grain")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
Header = dict[str, tuple[str, int]]


@dataclass(frozen=True)
class Segment:
    """One segment, or the profile. `tree` is its SELECT; `hash` does not depend on formatting or comments; `beside` are the columns
    that may stand beside customer_id."""

    name: str
    title: TitleText
    owner: str
    sql: SqlText
    tree: exp.Query = field(compare=False, repr=False)
    hash: str
    beside: tuple[str, ...] = ()

    @property
    def is_profile(self) -> bool:
        """Whether it gives the customer's attributes instead of members."""
        return self.name == PROFILE

    def place(self, offset: int) -> Place:
        """Where a character of its text stands."""
        return self.sql.place(offset)


def read_segment(path: Path, shown: str, findings: list[Finding]) -> Segment | None:
    """Read one file; None, with findings, when it cannot be used. Its names are checked by `segment_names.check_names`."""
    text = read_sql(path, shown, findings)
    return None if text is None else segment_of(text, shown, findings)


def read_sql(path: Path, shown: str, findings: list[Finding]) -> str | None:
    """The text of an SQL file; None, with a finding, when it cannot be used."""
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        findings.append(Finding("TL101", f"the file cannot be read: {error.strerror}", Place(shown)))
        return None
    if len(content) > LARGEST:
        hint = "Make several segments of it."
        findings.append(Finding("TL102", f"the file is larger than {LARGEST // 1024} KB", Place(shown), hint))
        return None
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        findings.append(Finding("TL103", "the file is not UTF-8", Place(shown), "Save it with the encoding UTF-8."))
        return None


def segment_of(text: str, shown: str, findings: list[Finding]) -> Segment | None:
    """The same from a text that is at hand."""
    before = len(findings)
    sql = SqlText(text, shown)
    header = read_header(sql, _KEYS, findings)
    tree = parse_select(sql, findings)
    name, title = _name(sql, header, findings), read_title(sql, header, findings)
    if "owner" not in header:
        findings.append(Finding("TL509", "the header names no owner", sql.place(0), "Add '-- owner: ...'."))
    grain = header.get("grain", ("customer", 1))
    if grain[0] != "customer":
        findings.append(Finding("TL509", f"the grain is 'customer', not '{grain[0]}'", Place(shown, grain[1], 1)))
    if tree is None or title is None or name is None or len(findings) > before:
        return None
    return Segment(name, title, header["owner"][0], sql, tree, sha256(sql.canonical().encode()).hexdigest()[:16])


def read_header(sql: SqlText, keys: Collection[str], findings: list[Finding]) -> Header:
    """Key -> value and line, of the comment lines before the statement. Other comments are for people."""
    header: Header = {}
    for number, line in enumerate(sql.text.split("\n"), 1):
        if line.strip() and not line.startswith("--"):
            break
        match = _LINE.match(line)
        if match is None:
            continue
        key, value = match[1], match[2]
        if key in header:
            findings.append(Finding("TL509", f"'{key}' is written twice", Place(sql.shown, number, 1)))
        elif key in keys:
            header[key] = (value, number)
        elif hint := did_you_mean(key, [known for known in keys if known not in header]):
            place = Place(sql.shown, number, match.start(1) + 1)
            fix = line_fix(sql.text, place, key, nearest(key, set(keys) - set(header)))
            findings.append(Finding("TL509", f"the header has no '{key}'", place, hint, fix=fix))
    return header


def _name(sql: SqlText, header: Header, findings: list[Finding]) -> str | None:
    stem = PurePath(sql.shown).stem
    if "profile" in header:
        value, line = header["profile"]
        if value != "customer" or "segment" in header:
            hint = "Write '-- profile: customer', and no '-- segment:'."
            findings.append(Finding("TL509", "a profile is of customers", Place(sql.shown, line, 1), hint))
        if stem != PROFILE:
            findings.append(
                Finding("TL210", f"the profile is in '{stem}.sql'", Place(sql.shown, line, 1), "Name it profile.sql.")
            )
        return PROFILE
    if "segment" not in header:
        hint = "Write '-- profile: customer'." if stem == PROFILE else f"Write '-- segment: {stem}' on the first line."
        findings.append(Finding("TL509", "the header does not name the segment", sql.place(0), hint))
        return None
    value, line = header["segment"]
    if not _NAME.fullmatch(value) or value == PROFILE:
        hint = "A name starts with a small letter and has small letters, digits and '_' only."
        findings.append(Finding("TL509", f"'{value}' is not a name for a segment", Place(sql.shown, line, 1), hint))
        return None
    if value != stem:
        message = f"the segment is called '{value}' but its file '{stem}'"
        findings.append(Finding("TL210", message, Place(sql.shown, line, 1), f"Rename the file to {value}.sql, or the segment."))
    return value


def read_title(sql: SqlText, header: Header, findings: list[Finding]) -> TitleText | None:
    """The title of a header in both languages; None, with a finding, when it is not there."""
    written, line = header.get("title", ("", 1))
    zh, slash, en = (part.strip() for part in written.partition(" / "))
    if not (zh and slash and en):
        findings.append(
            Finding(
                "TL509", "the title is missing or in one language", Place(sql.shown, line, 1), "Add '-- title: 中文 / English'."
            )
        )
        return None
    return TitleText(zh=zh, en=en)


def dependencies(segment: Segment) -> frozenset[str]:
    """The segments that a segment reads, and 'profile' when it reads the profile."""
    own = {cte.alias_or_name.lower() for cte in segment.tree.find_all(exp.CTE)}
    found = set()
    for table in segment.tree.find_all(exp.Table):
        if table.db.lower() == "segment":
            found.add(table.name.lower())
        elif not table.db and table.name.lower() == PROFILE and PROFILE not in own:
            found.add(PROFILE)
    return frozenset(found)


def in_dependency_order(segments: Iterable[Segment], findings: list[Finding]) -> tuple[Segment, ...]:
    """The segments so that each comes after those it reads; by name where that leaves a choice. Empty, with a finding that
    names the cycle, when they read each other in a circle.
    """
    by_name = {segment.name: segment for segment in sorted(segments, key=lambda segment: segment.name)}
    sorter = TopologicalSorter({name: sorted(dependencies(segment) & by_name.keys()) for name, segment in by_name.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        cycle = list(reversed(error.args[1]))  # graphlib names each after what it is needed by
        first = min(cycle)
        start = cycle.index(first)
        round_trip = [*cycle[start:-1], *cycle[: start + 1]] if start < len(cycle) - 1 else cycle
        message = f"segments read each other in a circle: {' -> '.join(round_trip)}"
        findings.append(Finding("TL510", message, _reference(by_name[first], round_trip[1]), "Take one of these references out."))
        return ()
    order: list[Segment] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order.extend(by_name[name] for name in ready)
        sorter.done(*ready)
    return tuple(order)


def _reference(segment: Segment, to: str) -> Place:
    for table in segment.tree.find_all(exp.Table):
        if table.name.lower() == to:
            return segment.sql.place_of(table)
    return segment.place(0)
