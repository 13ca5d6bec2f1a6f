"""Levers: factors by which operators raise or lower scores for a time; append-only, the latest of each name counts."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tonglu.core.delivery import instant_of, instant_text
from tonglu.mailroom.audit import Audit
from tonglu.mailroom.connection import Database, Row
from tonglu.mailroom.switches import Scope
from tonglu.mailroom.witness import last_row

_SET = """
INSERT INTO lever (scope, name, factor, until, by, reason, at) VALUES (:scope, :name, :factor, :until, :by, :reason, :at)
"""
_SINCE = "SELECT seq, scope, name, factor, until, by, reason, at FROM lever WHERE seq > :seq ORDER BY seq"
_IN_FORCE = """
SELECT seq, scope, name, factor, until, by, reason, at FROM lever AS one
WHERE seq = (SELECT max(seq) FROM lever AS later WHERE later.scope = one.scope AND later.name = one.name)
  AND factor IS NOT NULL AND until > :now
ORDER BY scope, name
"""


@dataclass(frozen=True)
class Lever:
    """A factor on the scores of a journey's, a channel's or a product's touches until an instant; without a factor, its end."""

    scope: Scope
    name: str
    factor: Decimal | None
    until: datetime | None
    by: str
    reason: str
    at: datetime
    seq: int = 0


class Levers:
    """Every lever that was set or dropped is kept: who, why, when."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    def note(self, lever: Lever) -> None:
        """Append; durable on return."""
        row = {
            "scope": lever.scope.value,
            "name": lever.name,
            "factor": None if lever.factor is None else str(lever.factor),
            "until": None if lever.until is None else instant_text(lever.until),
            "by": lever.by,
            "reason": lever.reason,
            "at": instant_text(lever.at),
        }
        with self._database.transaction():
            self._database.change(_SET, row)
            detail = {key: row[key] for key in ("factor", "until")}
            subject = f"{lever.scope.value} {lever.name}"
            told = [("lever", last_row(self._database, "lever"))]
            self._audit.append("lever", subject, by=lever.by, at=lever.at, detail=detail, words=lever.reason, rows=told)

    def in_force(self, now: datetime) -> list[Lever]:
        """The levers that hold at an instant, by scope and name; one whose `until` has come does not."""
        return [_lever(row) for row in self._database.rows(_IN_FORCE, {"now": instant_text(now)})]

    def since(self, seq: int = 0) -> list[Lever]:
        """Every change after the watermark `seq`, oldest first: the audit trail."""
        return [_lever(row) for row in self._database.rows(_SINCE, {"seq": seq})]


def _lever(row: Row) -> Lever:
    seq, scope, name, factor, until, by, reason, at = row
    return Lever(
        Scope(scope),
        name,
        None if factor is None else Decimal(factor),
        None if until is None else instant_of(until),
        by,
        reason,
        instant_of(at),
        seq,
    )
