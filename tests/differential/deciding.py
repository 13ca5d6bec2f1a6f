"""How the touches of one run are decided: every proposal through the gates, then all of a customer's against each other."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.differential.chance import u
from tests.differential.moving import TOUCHES, advance, expose, go
from tests.differential.state import Entry, Row, Touch, Waiting
from tests.differential.suiting import Suited, held, suited
from tests.differential.world import World

from tonglu.language.policy import ANY, Cap

DAY = timedelta(days=1)
PRIOR = Decimal("0.02")


@dataclass
class Proposal:
    """A touch that an entry asks for; `gate` and `reason` say what stopped it, `waits` whether it is only put off."""

    entry: Entry
    fields: Any
    arm: str
    rank: Row
    skips: tuple[str, ...]
    gate: str | None = None
    reason: str = "passed"
    detail: str | None = None
    waits: bool = False
    channel: str | None = None
    not_before: datetime | None = None

    @property
    def purpose(self) -> str:
        """The purpose of its journey."""
        return self.entry.path.header.purpose

    @property
    def name(self) -> str:
        """How another one that lost against it names it."""
        return f"{self.entry.id[0]}.{self.entry.step}"

    def stop(self, gate: str, reason: str, *, waits: bool = False, detail: str | None = None) -> None:
        """The first gate that stops it is the one reason."""
        self.gate, self.reason, self.waits, self.detail = gate, reason, waits, detail


def decide(world: World) -> None:
    """All proposals of the run, and the ghosts of controls; those that are decided move on."""
    asking = [entry for entry in world.open_entries() if entry.clock <= world.as_of and touch_of(entry)]
    proposals = [propose(world, entry) for entry in asking if not rests(world, entry)]
    for proposal in proposals:
        judge(world, proposal)
    mine = [one for one in proposals if one.entry.treated]
    for customer in sorted({one.entry.customer for one in mine}):
        compete(world, sorted((p for p in mine if p.entry.customer == customer and p.gate is None), key=lambda p: p.rank))
    for proposal in proposals:
        record(world, proposal)
    for proposal in proposals:
        settle(world, proposal)


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
    value = header.all_goals[0].value if header.all_goals else 0
    since_1970 = (world.as_of.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    tie = u("tie", since_1970, entry.customer, entry.id[0], entry.step)
    older = (entry.assigned_at, entry.id[2])  # two keys of one customer at one step draw alike
    rank = (world.policy.rank(header.priority or header.purpose), -PRIOR * value, tie, older)
    special = world.policy.purposes.get(header.purpose)
    return Proposal(entry, fields, arm, rank, special.skips if special else ())


def judge(world: World, one: Proposal) -> None:
    """The gates that look at one proposal alone."""
    entry, fields, waiting = one.entry, one.fields, one.entry.waiting
    assert waiting is not None
    deadline = waiting.first + (fields.valid_for or DAY) + waiting.paused
    if world.as_of > deadline:
        return one.stop("valid_for", "expired")
    if world.facts.position(entry.id[0], world.run) == "kill":
        return one.stop("journey_live", "killed")
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
        words = {channel: consented(world, entry.customer, one.purpose, channel) for channel in allowed}
        allowed = [channel for channel in allowed if words[channel] == "yes"]
        if not allowed:
            return one.stop("consent", "opted_out" if "out" in words.values() else "no_consent")
    hold = None if "risk" in one.skips else held(world, entry.customer, product, one.purpose)
    if hold:
        return one.stop("risk", hold.reason, detail=hold.name, waits=True)
    addressed = [channel for channel in allowed if world.facts.reached(entry.customer, channel, world.run)]
    switched = {channel: world.facts.position(channel, world.run) for channel in addressed}
    one.channel = next((channel for channel in addressed if not switched[channel]), None)
    if one.channel is None:
        paused, reason = "pause" in switched.values(), "channel_killed" if switched else "no_address"
        return one.stop("reachable", "channel_paused" if paused else reason, waits=paused)
    hours = None if "quiet_hours" in one.skips else world.policy.open_hours.get(one.channel)
    one.not_before = world.calendar.opening(world.as_of, hours.start, hours.end) if hours else world.as_of
    if one.not_before > deadline:
        return one.stop("quiet_hours", "closed", waits=True)
    return None


def consented(world: World, customer: int, purpose: str, channel: str) -> str:
    """'yes', 'no', or 'out' where the customer opted out of the channel and has not consented since."""
    consent = world.facts.consent(customer, purpose, channel, world.run)
    granted = consent is not None and consent.granted
    words = [event for event in world.known(customer) if event.name in ("opt_out", "opt_in")]
    covering = [event for event in words if event.properties.get("channel") in (None, "*", channel)]
    last = max(covering, key=lambda event: (event.at, event.name == "opt_out"), default=None)
    if last is not None and last.name == "opt_out" and not (consent is not None and granted and consent.at > last.at):
        return "out"
    return "yes" if granted else "no"


def compete(world: World, ranked: list[Proposal]) -> None:
    """One customer's proposals, best first: the caps, which count those that skip them too, then how many go in one run."""
    if not ranked:
        return
    caps = [(cap.name, cap, cap.at_most, cap.within) for cap in world.policy.caps]
    caps += [(f"dwell_{place}", dwell, 1, dwell.at_least) for place, dwell in enumerate(world.policy.dwell, 1)]
    sent = [(t.purpose, t.channel, t.not_before) for t in world.touches(ranked[0].entry.customer)]
    planned = [plan(one) for one in ranked if "contact_policy" in one.skips]
    for one in ranked:
        if "contact_policy" in one.skips:
            continue
        for name, cap, at_most, within in caps:
            if covers(cap, one.purpose, one.channel):
                since = one.not_before - within
                if sum(covers(cap, *where) and at > since for *where, at in sent + planned) >= at_most:
                    one.stop("contact_policy", "cap_reached", waits=one.fields.wait, detail=name)
                    break
        else:
            planned.append(plan(one))
    rivals = [one for one in ranked if one.gate is None and "arbitration" not in one.skips]
    for one in rivals[world.policy.per_run :]:
        one.stop("arbitration", "outranked", waits=one.fields.wait, detail=rivals[0].name)


def plan(one: Proposal) -> Row:
    """What a proposal would count for in caps."""
    return one.purpose, one.channel, one.not_before


def covers(cap: Cap | Any, purpose: str, channel: str | None) -> bool:
    """Whether a cap is about touches of a purpose on a channel."""
    return cap.purpose in (ANY, purpose) and cap.channel in (ANY, channel)


def record(world: World, one: Proposal) -> None:
    """The decision, or the ghost; and the touch."""
    entry, waiting = one.entry, one.entry.waiting
    assert waiting is not None
    visit = entry.visits[entry.step]
    if not entry.treated:
        reason = one.reason if one.gate else None
        return world.note("ghosts", entry, entry.step, visit, one.gate is None, one.gate, reason, one.channel, one.arm)
    outcome = "sent" if one.gate is None else "deferred" if one.waits else "dropped"
    said = (outcome, one.gate, one.reason, one.detail, one.channel, one.arm, one.not_before, waiting.first)
    world.note("decisions", entry, entry.step, visit, *said)
    if outcome == "sent":
        properties = {"journey": entry.id[0], "step": entry.step, "channel": one.channel}
        expires = one.not_before + (one.fields.valid_for or DAY)
        touch = Touch(entry, world.run, entry.step, visit, one.purpose, one.channel, one.not_before, expires, properties)
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
