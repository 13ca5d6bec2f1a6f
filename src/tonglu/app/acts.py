"""The audit log as the project sees it: what a run adds to it, whether it holds, and its head in a file."""

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from tonglu.app.inspect import path_of, published
from tonglu.app.workplace import Workplace
from tonglu.core.errors import Finding, InputError, Place
from tonglu.language.project import Project
from tonglu.mailroom.audit import Act, Broken, Head
from tonglu.mailroom.mailroom import Mailroom

HEAD = "INSERT INTO tonglu.audit_head VALUES ($run_no, $seq, $hash)"
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
    """Write a committed run into the audit log, with a digest of its decisions that names no customer; once, however often it is called."""
    audit, warehouse, subject = place.mailroom.audit, place.warehouse, f"run {run_no}"
    if audit.known("run", subject):
        return
    policy, before = (next((row[0] for row in warehouse.fetch(POLICY, run_no=number)), "") for number in (run_no, run_no - 1))
    if policy != before and not audit.known("policy", subject):
        audit.append("policy", subject, by=BY_RUN, at=as_of, detail={"hash": policy, "before": before})
    [(decisions, digest)] = warehouse.fetch(DECISIONS, run_no=run_no)
    detail = {"as_of": as_of.isoformat(), "definitions": warehouse.fetch(DEFINITIONS, run_no=run_no)[0][0]}
    audit.append("run", subject, by=BY_RUN, at=as_of, detail={**detail, "decisions": decisions, "digest": digest})


def acts(root: Path, project: Project, after: int = 0) -> list[Act]:
    """Every row of the log after a number."""
    with Mailroom(path_of(root, project, "mailroom")) as mailroom:
        return mailroom.audit.acts(after)


def verify(root: Path, project: Project, files: list[Path]) -> tuple[int, int, Broken | None]:
    """Hold the log against itself, the heads that runs kept, and heads that were written to files; rows, heads, and the first broken row.

    Raises:
        InputError: a file holds no head.
    """
    heads = [_head_in(path) for path in files]
    with suppress(InputError), published(root, project) as file:
        heads += [Head(row["seq"], row["hash"], f"run {row['run_no']}") for row in file.ask("audit_heads")]
    with Mailroom(path_of(root, project, "mailroom")) as mailroom:
        head = mailroom.audit.head()
        return head.seq if head else 0, len(heads), mailroom.audit.verify(heads)


def export_head(root: Path, project: Project) -> Head | None:
    """The head of the log; None while nothing is in it."""
    with Mailroom(path_of(root, project, "mailroom")) as mailroom:
        return mailroom.audit.head()


def _head_in(path: Path) -> Head:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Head(int(said["seq"]), str(said["hash"]), path.name)
    except (OSError, ValueError, KeyError, TypeError):
        hint = "Write one with tonglu audit export --head --out FILE."
        raise InputError([Finding("TL900", "this is no head of an audit log", Place(str(path)), hint)]) from None
