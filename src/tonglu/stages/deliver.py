"""Deliver: hand the touches that a committed run decided over to the mailroom, by key, as often as it takes.

Bulk channels get one staged Parquet file per batch; the others one row per touch. Everything here is idempotent: a run that was
killed after its commit is handed over again, and what the mailroom knows already it leaves as it is.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from sqlglot import exp

from tonglu.core.delivery import Assigned, BatchRow, OutboxRow
from tonglu.core.durations import microseconds
from tonglu.core.errors import CheckFailed
from tonglu.core.ports import Warehouse
from tonglu.core.sql import alike, fill, parsed
from tonglu.language.policy import Policy

MESSAGE = """
    INSERT INTO outgoing
    SELECT t.touch_key, t.customer_id, t.journey, t.version, t.channel, t.batch_id, t.address, t.message, t.arm, slot('variables'),
        t.not_before, t.expires_at, t.heeds_hours, t.heeds_opt_out, t.topic, slot('branch'), t.purpose, t.segment
    FROM recipient AS t LEFT JOIN reader AS profile USING (customer_id)
    WHERE slot('theirs')
"""
BATCH = """
    SELECT touch_key, customer_id, journey, version, address, message, arm, variables, not_before, expires_at, heeds_opt_out,
        branch FROM outgoing
    WHERE batch_id = $batch_id ORDER BY touch_key
"""
HAS_BRANCH = (
    "SELECT 1 FROM duckdb_columns() WHERE schema_name = 'tonglu' AND table_name = 'profile' AND column_name = 'branch_id'"
)
NO_COMPLAINTS = "CREATE OR REPLACE TEMP TABLE complaining (customer_id BIGINT)"
PERSONAL = {
    "surname": "surname_of(t.name)",
    "honorific": "CASE WHEN profile.sex = 'F' THEN '女士' WHEN profile.sex = 'M' THEN '先生' ELSE '' END",
}


def personal_variables(profile: Collection[str]) -> dict[str, str]:
    """The parts of `PERSONAL` that can be told of customers with these attributes."""
    needed = {
        name: {one.name for one in parsed(text).find_all(exp.Column) if one.table == "profile"} for name, text in PERSONAL.items()
    }
    return {name: text for name, text in PERSONAL.items() if needed[name] <= set(profile)}


class BatchWriter(Protocol):
    """Writes a batch's rows as Parquet; `warehouse.export` implements it."""

    def write(self, select: str, target: Path, **parameters: object) -> str:
        """Write under a temporary name, sync, rename; the file's SHA-256."""


class HandOver(Protocol):
    """The mailroom's side."""

    def rows(self, rows: list[OutboxRow]) -> int:
        """Take rows; how many were new."""

    def batches(self, batches: list[BatchRow]) -> int:
        """Take batches; how many were new."""

    def knows(self, batch_id: str) -> bool:
        """Whether a batch was taken before."""

    def cancel(self, keys: list[str], in_batches: Mapping[str, list[str]], at: datetime, reason: str) -> int:
        """Take back what has not begun to leave, and what nobody works yet; how many."""


def hand_over(
    warehouse: Warehouse,
    writer: BatchWriter,
    mailroom: HandOver,
    staged: Path,
    variables: Mapping[tuple[int, str], frozenset[str]],
    policy: Policy,
    *,
    run_no: int,
    as_of: datetime,
) -> int:
    """Hand a committed run over; how many touches it has.

    Nothing is handed over when a touch of the run was lost on the way.

    Args:
        warehouse: the warehouse, with the run committed.
        writer: writes staged batches.
        mailroom: takes them.
        staged: the folder of staged batches.
        variables: the template variables of every message, by version and message name.
        policy: says which purposes' touches leave in spite of quiet hours and opt-outs.
        run_no: the run.
        as_of: its instant.

    Raises:
        CheckFailed: the touches that are ready are not those that were decided.
    """
    skip_hours, skip_consent = _skipping(policy, "quiet_hours"), _skipping(policy, "consent")
    _take_back(warehouse, mailroom, run_no, as_of, policy.consent.complaint_hold, skip_consent)
    warehouse.run("deliver/outgoing", run_no=run_no, skip_hours=skip_hours, skip_consent=skip_consent)
    branch = parsed("CAST(profile.branch_id AS VARCHAR)" if warehouse.fetch(HAS_BRANCH) else "CAST(NULL AS VARCHAR)")
    messages: list[tuple[int, str]] = warehouse.rows("deliver/messages", run_no=run_no)
    for group in alike(messages, lambda one: (variables[one],)):
        warehouse.execute(fill(MESSAGE, variables=_as_json(variables[group[0]]), theirs=_one_of(group), branch=branch))
    [(decided, ready, keys)] = warehouse.rows("deliver/complete", run_no=run_no)
    if not decided == ready == keys:
        raise CheckFailed(f"run {run_no} decided {decided} touches, but {ready} with {keys} keys are ready: none was handed over")
    batches = []
    for batch_id, channel, journey, not_before, expires_at, rows, heeds, *scopes in warehouse.rows("deliver/batches"):
        if not mailroom.knows(batch_id):
            name = f"{batch_id}.parquet"
            digest = writer.write(BATCH, staged / name, batch_id=batch_id)
            batch = BatchRow(
                batch_id, run_no, channel, not_before, expires_at, as_of, name, rows, digest, journey, heeds, *scopes
            )
            batches.append(batch)
    mailroom.batches(batches)
    mailroom.rows([_single(run_no, row) for row in warehouse.rows("deliver/singles")])
    return int(ready)


def _skipping(policy: Policy, gate: str) -> list[str]:
    """The purposes whose touches skip a gate, at the deliverer as in the decision."""
    return sorted(name for name, purpose in policy.purposes.items() if gate in purpose.skips)


def _take_back(
    warehouse: Warehouse, mailroom: HandOver, run_no: int, as_of: datetime, hold: timedelta | None, skip_consent: list[str]
) -> None:
    """Cancel the unsent touches of entries that ended, and those whose consent was withdrawn or whose customer complained since."""
    if hold is None:
        warehouse.execute(NO_COMPLAINTS)
    else:
        warehouse.run("decide/complaining", as_of=as_of, hold_us=microseconds(hold))
    obsolete = warehouse.rows("deliver/obsolete", run_no=run_no)
    withdrawn = warehouse.rows("deliver/withdrawn", run_no=run_no, as_of=as_of, skip_consent=skip_consent)
    found = {touch_key: (batch_id, reason) for touch_key, batch_id, reason in [*withdrawn, *obsolete]}
    for reason in sorted({why for _, why in found.values()}):
        own = {touch_key: batch_id for touch_key, (batch_id, why) in found.items() if why == reason}
        in_batches: dict[str, list[str]] = {}
        for touch_key, batch_id in own.items():
            if batch_id is not None:
                in_batches.setdefault(batch_id, []).append(touch_key)
        mailroom.cancel([touch_key for touch_key, batch_id in own.items() if batch_id is None], in_batches, as_of, reason)


def _single(run_no: int, row: tuple[object, ...]) -> OutboxRow:
    key, channel, journey, customer_id, not_before, expires_at, message, arm, version, address, variables, hours, out = row[:13]
    product, branch, purpose, segment = (str(one or "") for one in row[13:17])
    worked, branch_id, employee_id, name = row[17:]
    return OutboxRow(
        touch_key=str(key),
        run_no=run_no,
        channel=str(channel),
        journey=str(journey),
        customer_id=int(str(customer_id)),
        not_before=not_before,  # type: ignore[arg-type]
        expires_at=expires_at,  # type: ignore[arg-type]
        message=str(message),
        arm=str(arm or ""),
        version=str(version),
        address=None if address is None else str(address),
        variables=json.loads(str(variables)),
        heeds_hours=bool(hours),
        heeds_opt_out=bool(out),
        product=product,
        branch=branch,
        purpose=purpose,
        hours=segment,
        assigned=Assigned(_number(branch_id), _number(employee_id), str(name or "")) if worked else None,
    )


def _number(value: object) -> int | None:
    return None if value is None else int(str(value))


def _one_of(messages: Sequence[tuple[int, str]]) -> exp.Expression:
    """Whether a touch is about one of the messages, by version and name."""
    named = exp.Tuple(expressions=[exp.column("version_no", table="t"), exp.column("message", table="t")])
    return exp.In(this=named, expressions=[exp.Tuple(expressions=[exp.convert(part) for part in one]) for one in messages])


def _as_json(names: frozenset[str]) -> exp.Expression:
    """The variables that a message uses, as one JSON object: name parts from the contacts, the rest from the profile."""
    arguments: list[exp.Expression] = []
    for name in sorted(names):
        arguments.append(exp.Literal.string(name))
        personal = PERSONAL.get(name)
        arguments.append(parsed(personal) if personal else exp.column(name, table="profile", quoted=True))
    return exp.cast(exp.Anonymous(this="json_object", expressions=arguments), "VARCHAR")
