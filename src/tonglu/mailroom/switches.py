"""Switches: pause, resume and kill, for everything, a channel, journey, product or branch; append-only, the latest of each scope counts."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tonglu.core.delivery import instant_of, instant_text
from tonglu.mailroom.connection import Database, Row

_THROW = """
INSERT INTO switch (scope, name, action, by, reason, at) VALUES (:scope, :name, :action, :by, :reason, :at)
"""
_SINCE = "SELECT seq, scope, name, action, by, reason, at FROM switch WHERE seq > :seq ORDER BY seq"
_IN_FORCE = """
SELECT seq, scope, name, action, by, reason, at FROM switch AS thrown
WHERE action <> 'resume'
  AND seq = (SELECT max(seq) FROM switch AS later WHERE later.scope = thrown.scope AND later.name = thrown.name)
ORDER BY seq
"""
_KILLED_SINCE = """
SELECT DISTINCT name FROM switch
WHERE scope = :scope AND action = 'kill' AND seq > (SELECT switch_seq FROM outbox WHERE key = :key)
"""


class Scope(StrEnum):
    """What a switch is about."""

    ALL = "all"
    CHANNEL = "channel"
    JOURNEY = "journey"
    PRODUCT = "product"  # the kind of product that a message names
    BRANCH = "branch"  # where the customer's account is kept


class Action(StrEnum):
    """A pause holds what waits; a kill cancels it, and what comes, until a resume; a resume brings nothing back."""

    PAUSE = "pause"
    RESUME = "resume"
    KILL = "kill"


@dataclass(frozen=True)
class Switch:
    """One throw of a switch: of what, by whom, why. `name` is empty for everything."""

    scope: Scope
    name: str
    action: Action
    by: str
    reason: str
    at: datetime
    seq: int = 0


class Switches:
    """Read here; thrown through `Mailroom.throw`, which also cancels what a kill reaches."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, switch: Switch) -> None:
        """Append a switch inside the caller's transaction."""
        self._database.change(
            _THROW,
            {
                "scope": switch.scope.value,
                "name": switch.name,
                "action": switch.action.value,
                "by": switch.by,
                "reason": switch.reason,
                "at": instant_text(switch.at),
            },
        )

    def in_force(self) -> list[Switch]:
        """The pauses and kills that hold now, oldest first."""
        return [_switch(row) for row in self._database.rows(_IN_FORCE)]

    def since(self, seq: int = 0) -> list[Switch]:
        """Every throw after the watermark `seq`, oldest first: the audit trail."""
        return [_switch(row) for row in self._database.rows(_SINCE, {"seq": seq})]

    def stop_of(self, channel: str, journey: str = "", product: str = "", branch: str = "") -> Action | None:
        """What holds a touch of this channel, journey, product and branch now: kill before pause, None when it may go."""
        reached = {
            (Scope.ALL, ""),
            (Scope.CHANNEL, channel),
            (Scope.JOURNEY, journey),
            (Scope.PRODUCT, product),
            (Scope.BRANCH, branch),
        }
        reaching = {switch.action for switch in self.in_force() if (switch.scope, switch.name) in reached}
        return Action.KILL if Action.KILL in reaching else Action.PAUSE if reaching else None

    def stopped(self, scope: Scope) -> list[str]:
        """The names of a scope that are paused or killed now."""
        return [switch.name for switch in self.in_force() if switch.scope is scope]

    def paused(self, scope: Scope) -> frozenset[str]:
        """The names of a scope that are paused now."""
        return frozenset(switch.name for switch in self.in_force() if switch.scope is scope and switch.action is Action.PAUSE)

    def stopped_within(self, batch_id: str, scope: Scope) -> frozenset[str]:
        """Names of a scope whose touches must not leave with a batch: stopped now, or killed at any time after its hand-over."""
        return self.killed_within(batch_id, scope) | frozenset(self.stopped(scope))

    def killed_within(self, batch_id: str, scope: Scope) -> frozenset[str]:
        """Names of a scope whose touches must never leave with a batch: killed now, or at any time after its hand-over."""
        since = (str(row[0]) for row in self._database.rows(_KILLED_SINCE, {"key": batch_id, "scope": scope.value}))
        return frozenset(since) | (frozenset(self.stopped(scope)) - self.paused(scope))


def _switch(row: Row) -> Switch:
    seq, scope, name, action, by, reason, at = row
    return Switch(Scope(scope), name, Action(action), by, reason, instant_of(at), seq)
