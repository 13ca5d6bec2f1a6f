"""How one customer's proposals compete: caps and dwell times, then exclusions and the most that go in one run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.differential.proposal import Proposal
from tests.differential.world import World

from tonglu.language.policy import ANY, Exclusion


@dataclass(frozen=True)
class Plan:
    """A touch that counts: one that was sent and may still leave, or a proposal of this run."""

    at: datetime
    journey: str
    step: str
    purpose: str
    channel: str | None
    topic: str | None


@dataclass(frozen=True)
class Quota:
    """A cap, or a dwell time as a cap of one."""

    name: str
    cap: Any
    at_most: int
    within: timedelta

    def covers(self, one: Plan) -> bool:
        """Whether it is about this touch; one without a topic counts only where any will do."""
        cap = self.cap
        return (
            cap.purpose in (ANY, one.purpose)
            and cap.channel in (ANY, one.channel)
            and cap.journey in (ANY, one.journey)
            and (cap.topic == ANY or cap.topic == one.topic)
        )


def quotas(world: World) -> Iterator[Quota]:
    """All caps in written order, then all dwell times."""
    yield from (Quota(cap.name, cap, cap.at_most, cap.within) for cap in world.policy.caps)
    yield from (Quota(f"dwell_{place}", one, 1, one.at_least) for place, one in enumerate(world.policy.dwell, 1))


def compete(world: World, ranked: Sequence[Proposal]) -> None:
    """One customer's proposals, best first."""
    if not ranked:
        return
    before = [
        Plan(t.not_before, t.entry.id[0], t.step, t.purpose, t.channel, t.topic) for t in world.touches(ranked[0].entry.customer)
    ]
    limit(world, ranked, before)
    arbitrate(world, [one for one in ranked if one.gate is None], before)


def plan(one: Proposal) -> Plan:
    """What a proposal would count for."""
    return Plan(one.planned, one.entry.id[0], one.entry.step, one.purpose, one.channel, one.topic)


def limit(world: World, ranked: Sequence[Proposal], before: Sequence[Plan]) -> None:
    """The caps; they count what skips this gate too, and every better proposal that passed."""
    counted = [*before, *(plan(one) for one in ranked if "contact_policy" in one.skips)]
    for one in ranked:
        if "contact_policy" in one.skips:
            continue
        mine = plan(one)
        for quota in quotas(world):
            found = [other for other in counted if quota.covers(other) and other.at > mine.at - quota.within]
            if quota.covers(mine) and len(found) >= quota.at_most:
                one.stop("contact_policy", "cap_reached", waits=one.fields.wait, detail=quota.name)
                yield_to(world, one, quota.name, found)
                break
        else:
            counted.append(mine)


def arbitrate(world: World, ranked: Sequence[Proposal], before: Sequence[Plan]) -> None:
    """Exclusions, then `per_run`."""
    taken = [*before, *(plan(one) for one in ranked if "arbitration" in one.skips)]
    winners: list[Proposal] = []
    for one in ranked:
        if "arbitration" in one.skips:
            continue
        mine = plan(one)
        against = ((rule, [t for t in taken if excludes(rule, mine, t)]) for rule in world.policy.exclusions)
        rule, found = next(((rule, found) for rule, found in against if found), (None, []))
        if rule is not None:
            newest = yield_to(world, one, rule.name, found)
            one.stop("arbitration", "excluded", waits=one.fields.wait, detail=f"{newest.journey}.{newest.step}")
        elif len(winners) >= world.policy.per_run:
            one.stop("arbitration", "outranked", waits=one.fields.wait, detail=winners[0].name)
        else:
            winners.append(one)
            taken.append(mine)


def excludes(rule: Exclusion, mine: Plan, other: Plan) -> bool:
    """Whether a touch of another journey is too near."""
    if mine.journey == other.journey or abs(mine.at - other.at) >= rule.within:
        return False
    if rule.journeys:
        return mine.journey in rule.journeys and other.journey in rule.journeys
    return mine.topic is not None and mine.topic == other.topic and rule.topic in (ANY, mine.topic)


def yield_to(world: World, one: Proposal, rule: str, found: Sequence[Plan]) -> Plan:
    """Keep which touch took the place: the one planned last, then by journey and step."""
    newest = max(found, key=lambda other: (other.at, other.journey, other.step))
    world.note("yielded", one.entry, one.entry.step, rule, newest.journey, newest.step, newest.at)
    return newest


def by_customer(proposals: Sequence[Proposal]) -> Mapping[int, list[Proposal]]:
    """Proposals by customer, each customer's best first."""
    found: dict[int, list[Proposal]] = {}
    for one in sorted(proposals, key=lambda p: p.rank):
        found.setdefault(one.entry.customer, []).append(one)
    return found
