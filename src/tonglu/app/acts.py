"""The audit log as the project sees it: what a run adds to it, whether it holds, and its head in a file."""

import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tonglu.app.inspect import path_of, published
from tonglu.app.seals import seal, unsealed
from tonglu.app.workplace import Workplace
from tonglu.core.errors import Finding, InputError, Place
from tonglu.core.ports import Warehouse
from tonglu.language.project import Project
from tonglu.mailroom.audit import Act, Broken, Head, head_in
from tonglu.mailroom.mailroom import Mailroom
from tonglu.mailroom.witness import Changed
from tonglu.warehouse.overlay import Overlay

HEAD = """
    INSERT INTO tonglu.audit_head SELECT $run_no, $seq, $hash
    WHERE NOT EXISTS (FROM tonglu.audit_head AS h WHERE h.run_no = $run_no AND h.seq = $seq)
"""
HEADS = "SELECT run_no, seq, hash FROM tonglu.audit_head ORDER BY ALL"
RUNS = "SELECT run_no, as_of, definitions FROM tonglu.run ORDER BY run_no"
DEFINITIONS = "SELECT definitions FROM tonglu.run WHERE run_no = $run_no"
POLICY = "SELECT d.hash FROM tonglu.run_definition AS r JOIN tonglu.definition AS d USING (hash) WHERE r.run_no = $run_no AND d.kind = 'policy'"
DECISIONS = """
    SELECT count(*), sha256(coalesce(string_agg(
        sha256(concat_ws('|', entry_id, journey, version_no, step, visit, outcome, gate, reason, detail, channel, message, arm, score, not_before)),
        '' ORDER BY entry_id, step_key, visit), ''))
    FROM tonglu.decision WHERE run_no = $run_no
"""
BY_RUN = "tonglu"


def keep_head(place: Workplace, run_no: int) -> None:
    """Keep the head of the audit log in the warehouse; part of the run's transaction."""
    head = place.mailroom.audit.head()
    if head is not None:
        place.warehouse.execute(HEAD, run_no=run_no, seq=head.seq, hash=head.hash)


def record_run(place: Workplace, run_no: int, as_of: datetime) -> None:
    """Write a committed run into the audit log, with digests of its rows that name no customer, and keep the head that this makes in the
    warehouse; once, however often it is called."""
    audit, warehouse, subject = place.mailroom.audit, place.warehouse, f"run {run_no}"
    if not audit.known("run", subject):
        _record(place, run_no, as_of, subject)
    own = audit.act("run", subject)
    warehouse.execute(HEAD, run_no=run_no, seq=own.seq, hash=own.hash)


def _record(place: Workplace, run_no: int, as_of: datetime, subject: str) -> None:
    audit, warehouse = place.mailroom.audit, place.warehouse
    policy, before = (next((row[0] for row in warehouse.fetch(POLICY, run_no=number)), "") for number in (run_no, run_no - 1))
    if policy != before and not audit.known("policy", subject):
        audit.append("policy", subject, by=BY_RUN, at=as_of, detail={"hash": policy, "before": before})
    [(decisions, digest)] = warehouse.fetch(DECISIONS, run_no=run_no)
    detail = {"as_of": as_of.isoformat(), "definitions": warehouse.fetch(DEFINITIONS, run_no=run_no)[0][0]}
    detail |= {"decisions": decisions, "digest": digest, "seals": seal(warehouse, run_no)}
    audit.append("run", subject, by=BY_RUN, at=as_of, detail=detail)


def acts(root: Path, project: Project, after: int = 0) -> list[Act]:
    """Every row of the log after a number."""
    with Mailroom(path_of(root, project, "mailroom")) as mailroom:
        return mailroom.audit.acts(after)


@dataclass(frozen=True)
class Verified:
    """What was found: rows of the log, heads it was held against, its first broken row, and rows elsewhere that are not as it says."""

    rows: int
    heads: int
    broken: Broken | None
    changed: tuple[Changed, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return self.broken is None and not self.changed


def verify(root: Path, project: Project, files: list[Path]) -> Verified:
    """Hold the log against itself and the heads kept elsewhere, and the mailroom's and the warehouse's rows against the log.

    Raises:
        InputError: a file holds no head.
        Unavailable: a run has the warehouse at this moment.
    """
    heads = [_head_in(path) for path in files]
    with suppress(InputError), published(root, project) as file:
        heads += [Head(row["seq"], row["hash"], f"run {row['run_no']}") for row in file.ask("audit_heads")]
    with Mailroom(path_of(root, project, "mailroom"), looking=True) as mailroom:
        kept, head, live = mailroom.kept_head(), mailroom.audit.head(), path_of(root, project, "warehouse")
        changed = mailroom.audit.changed()
        if head is not None and kept is None:
            lost = "it is kept when a command ends, and it is not there"
            changed.append(Changed(mailroom.head_file.name, "head", "deleted", lost))
        heads += [kept] if kept else []
        if live.exists():
            with tempfile.TemporaryDirectory(prefix="tonglu-look-") as spill, Overlay(live, Path(spill)) as warehouse:
                heads += [Head(seq, digest, f"run {run_no}") for run_no, seq, digest in warehouse.fetch(HEADS)]
                changed += _runs(warehouse, mailroom.audit.acts())
        return Verified(head.seq if head else 0, len(heads), mailroom.audit.verify(heads), tuple(changed))


def _runs(warehouse: Warehouse, told: list[Act]) -> list[Changed]:
    """What of the runs in the warehouse is not as the log says."""
    acts = {int(one.subject.split()[1]): one.detail for one in told if one.what == "run"}
    there = {run_no: (as_of.isoformat(), definitions) for run_no, as_of, definitions in warehouse.fetch(RUNS)}
    found = []
    for run_no in sorted({*acts, *there}):
        if run_no not in acts:
            found.append(
                _run(run_no, "added", "the log has no such run; one that was killed is written into it by the next `tonglu run`")
            )
        elif run_no not in there:
            found.append(_run(run_no, "deleted", "the log has this run"))
        elif there[run_no] != (acts[run_no]["as_of"], acts[run_no]["definitions"]):
            found.append(_run(run_no, "changed", "its instant or definitions are not those of the log"))
    seals = {run_no: detail.get("seals", {}) for run_no, detail in acts.items()}
    return found + unsealed(warehouse, seals)  # type: ignore[arg-type]


def _run(run_no: int, what: str, why: str) -> Changed:
    return Changed("warehouse tonglu.run", f"run {run_no}", what, why)


def export_head(root: Path, project: Project) -> Head | None:
    """The head of the log; None while nothing is in it."""
    with Mailroom(path_of(root, project, "mailroom")) as mailroom:
        return mailroom.audit.head()


def _head_in(path: Path) -> Head:
    head = head_in(path)
    if head is None:
        hint = "Write one with tonglu audit export --head --out FILE."
        raise InputError([Finding("TL900", "this is no head of an audit log", Place(str(path)), hint)])
    return head
