"""How the touches of one run are decided: every proposal through the gates, then all of a customer's against each other."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.differential.chance import u
from tests.differential.competing import by_customer, compete
from tests.differential.consenting import refused, take_back
from tests.differential.hours import opening
from tests.differential.moving import TOUCHES, advance, expose, go
from tests.differential.placing import place
from tests.differential.proposal import Proposal
from tests.differential.state import Entry, Touch, Waiting
from tests.differential.suiting import Suited, held, suited
from tests.differential.weighing import plain_score, weigh
from tests.differential.world import World

DAY = timedelta(days=1)


def decide(world: World) -> None:
    """All proposals of the run, and the ghosts of controls; those that are decided move on."""
    asking = [entry for entry in world.open_entries() if entry.clock <= world.as_of and touch_of(entry)]
    proposals = [propose(world, entry) for entry in asking if not rests(world, entry)]
    for proposal in proposals:
        judge(world, proposal)
    competing = [one for one in proposals if one.entry.treated and one.gate is None]
    for one in competing:
        weigh(world, one)
    for ranked in by_customer(competing).values():
        compete(world, ranked)
    place(world, [one for one in competing if one.gate is None])
    for proposal in proposals:
        record(world, proposal)
    for proposal in proposals:
        settle(world, proposal)
    take_back(world)


def touch_of(entry: Entry) -> Any:
    """The touch that an entry rests at, if it rests at one."""
    kind, fields = entry.path.steps.get(entry.step, ("end", None))
    return fields if kind in TOUCHES else None


def rests(world: World, entry: Entry) -> bool:
    """Whether the entry's journey is paused: nothing is proposed, and the validity stands still."""
    paused = world.facts.position(entry.id[0], world.run) == "pause"
    if paused and entry.waiting and world.previous:
        entry.waiting.paused += world.as_of - world.previous
    return paused


def propose(world: World, entry: Entry) -> Proposal:
    """What an entry asks for; its arm is drawn the first time."""
    fields, header = touch_of(entry), entry.path.header
    entry.waiting = entry.waiting or Waiting(world.as_of)
    arm = ""
    if fields.experiment:
        arms = list(fields.experiment.arms)
        arm = arms[expose(world, entry, arms, list(fields.experiment.weights or [1] * len(arms)), world.as_of)]
    since_1970 = (world.as_of.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    tie = u("tie", since_1970, entry.customer, entry.id[0], entry.step)
    older = (entry.assigned_at, entry.id[2])  # two keys of one customer at one step draw alike
    special = world.policy.purposes.get(header.purpose)
    product = entry.path.product(entry.step)
    return Proposal(
        entry,
        fields,
        arm,
        skips=special.skips if special else (),
        deadline=entry.waiting.first + (fields.valid_for or DAY) + entry.waiting.paused,
        group=world.policy.rank(header.priority or header.purpose),
        score=plain_score(entry.path),
        tie=(tie, older),
        topic=product.kind if product else None,
    )


def judge(world: World, one: Proposal) -> None:
    """The gates that look at one proposal alone."""
    entry, fields = one.entry, one.fields
    if world.as_of > one.deadline:
        return one.stop("valid_for", "expired")
    if off := switched_off(world, one):
        return one.stop("journey_live", off[0], waits=off[0].endswith("paused"), detail=off[1])
    sight = world.sight(entry.customer, entry)
    if not (sight.holds(fields.when) and sight.holds(fields.only_if)):
        return one.stop("eligible", "not_eligible")
    product = entry.path.product(entry.step)
    verdict = Suited() if product is None or "suitable" in one.skips else suited(world, entry.customer, product, fields.via)
    if product is not None and "suitable" not in one.skips:
        barred = "" if verdict.broken else ", ".join(sorted(verdict.barred))
        world.note("suitability", entry, entry.step, ", ".join(verdict.broken), barred)
    if verdict.reason:
        return one.stop("suitable", verdict.reason, detail=verdict.rule)
    allowed = [channel for channel in fields.via if channel not in verdict.barred]
    if "consent" not in one.skips:
        reason, allowed = refused(world, entry.customer, one.purpose, allowed)
        if reason:
            return one.stop("consent", reason)
    hold = None if "risk" in one.skips else held(world, entry.customer, product, one.purpose)
    if hold:
        return one.stop("risk", hold.reason, detail=hold.name, waits=True)
    addressed = [channel for channel in allowed if world.facts.reached(entry.customer, channel, world.run)]
    switched = {channel: world.facts.position(channel, world.run) for channel in addressed}
    one.channel = next((channel for channel in addressed if not switched[channel]), None)
    if one.channel is None:
        paused, reason = "pause" in switched.values(), "channel_killed" if switched else "no_address"
        return one.stop("reachable", "channel_paused" if paused else reason, waits=paused)
    one.not_before = opening(world, one)
    if one.not_before is None or one.not_before > one.deadline:
        return one.stop("quiet_hours", "closed", waits=True)
    return None


def switched_off(world: World, one: Proposal) -> tuple[str, str | None] | None:
    """The reason and the detail where a journey, a product or a branch is switched off: a kill before a pause, the journey first."""
    branch = (world.facts.profile(one.entry.customer, world.run) or {}).get("branch_id")
    named = [("journey", one.entry.id[0]), ("product", one.topic), ("branch", None if branch is None else str(branch))]
    found = [(what, name, world.facts.position(name, world.run)) for what, name in named if name]
    for action in ("kill", "pause"):
        for what, name, position in found:
            if position == action and what == "journey":
                return "killed", None
            if position == action:
                return f"{what}_{action}{'ed' if action == 'kill' else 'd'}", name
    return None


def record(world: World, one: Proposal) -> None:
    """The decision, or the ghost; and the touch."""
    entry, waiting = one.entry, one.entry.waiting
    assert waiting is not None
    visit = entry.visits[entry.step]
    if not entry.treated:
        reason = one.reason if one.gate else None
        return world.note("ghosts", entry, entry.step, visit, one.gate is None, one.gate, reason, one.channel, one.arm)
    outcome = "sent" if one.gate is None else "deferred" if one.waits else "dropped"
    said = (outcome, one.gate, one.reason, one.detail, one.channel, one.arm, one.not_before, waiting.first, one.score)
    world.note("decisions", entry, entry.step, visit, *said)
    if outcome == "sent":
        properties = {"journey": entry.id[0], "step": entry.step, "channel": one.channel}
        expires = one.not_before + (one.fields.valid_for or DAY)
        touch = Touch(entry, world.run, entry.step, visit, one.purpose, one.channel, one.not_before, expires, properties)
        touch.topic, touch.units, touch.cost = one.topic, one.units, one.cost
        world.state.touches.append(touch)
    return None


def settle(world: World, one: Proposal) -> None:
    """Move a decided entry on, and further as far as its clock allows."""
    entry, path = one.entry, one.entry.path
    if one.waits and entry.treated:
        return
    clock = max(entry.clock, world.as_of, one.not_before if one.gate is None else world.as_of)
    to = path.onward(entry.step, None if one.gate is None else one.fields.otherwise)
    go(world, entry, to, clock, "ghost" if not entry.treated else "sent" if one.gate is None else "dropped")
    advance(world, entry)
