"""`wait_for`: rest until an event, a segment or a condition wins, or the time limit is reached (semantics 14).

Events count when since < occurred_at <= since + within; the earliest wins, ties go to the alternative written first. Segment and
profile alternatives are judged as of the run and win at `as_of`. An entry that rested here before the run looks only at
events that are new in it; one that arrived in this run looks back to its own `since`.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import Field, model_validator
from sqlglot import exp

from tonglu.core.durations import format_duration_zh, microseconds
from tonglu.core.sql import Slot, about_customer, alike, among, both, by_value, parsed, table
from tonglu.language.values import Authored, Condition, Duration, EventName, Name
from tonglu.steps.kind import FOLLOWING, Alternative, CompiledStep, EventMatch, Lowered, StepKind, own_touch

EVENT_MATCH = """
    INSERT INTO matched
    SELECT p.entry_id, slot('ordinal'), e.occurred_at, e.event_id, slot('to_key')
    FROM position AS p JOIN slot_events AS e ON e.customer_id = p.customer_id
    LEFT JOIN tonglu.profile AS profile ON profile.customer_id = p.customer_id
    WHERE p.round = $round AND slot('here') AND p.looks_back = slot('looks_back') AND e.name = slot('event')
      AND e.occurred_at > p.since AND e.occurred_at <= p.since + to_microseconds(slot('takes_us')) AND e.occurred_at <= p.horizon
      AND slot('condition')
"""
STATE_MATCH = """
    INSERT INTO matched
    SELECT p.entry_id, slot('ordinal'), $as_of, '', slot('to_key')
    FROM position AS p LEFT JOIN tonglu.profile AS profile ON profile.customer_id = p.customer_id
    WHERE p.round = $round AND slot('here') AND p.since <= $as_of AND p.horizon >= $as_of
      AND p.since + to_microseconds(slot('takes_us')) >= $as_of AND slot('condition')
"""


class AlternativeFields(Authored):
    """One alternative: `{event: app_login, where: "...", go: step}`, or `segment`, `left`, `when` instead of the event."""

    event: EventName | None = None
    where: Condition | None = None
    segment: Name | None = None
    left: Name | None = None
    when: Condition | None = None
    go: Name | None = None

    @model_validator(mode="after")
    def _exactly_one_thing(self) -> "AlternativeFields":
        given = [name for name in ("event", "segment", "left", "when") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("write exactly one of event, segment, left and when")
        if self.where is not None and self.event is None:
            raise ValueError("`where` filters an event; a condition on the customer is written `when`")
        return self

    def lowered(self, onward: str) -> Alternative:
        """The alternative in the engine's terms; without a `go` it leads where the step leads."""
        event = EventMatch(self.event, self.where) if self.event else None
        return Alternative(self.go or onward, event, self.segment, self.left, self.when)


class WaitForFields(Authored):
    """`{wait_for: {event: app_login}, within: 4 days, otherwise: call}`."""

    wait_for: Annotated[list[AlternativeFields], Field(min_length=1)] | AlternativeFields
    within: Duration
    otherwise: Name | None = None
    next: Name | None = None

    @property
    def alternatives(self) -> list[AlternativeFields]:
        """The alternatives, in written order."""
        return self.wait_for if isinstance(self.wait_for, list) else [self.wait_for]


def lower(fields: WaitForFields) -> Lowered:
    """A wait_for in the engine's terms; it is watched in every run when it judges segments or the profile."""
    return Lowered(
        next=fields.next or FOLLOWING,
        otherwise=fields.otherwise,
        takes=fields.within,
        lasts=fields.within > timedelta(0),
        watched=any(one.event is None for one in fields.alternatives),
        alternatives=tuple(one.lowered(fields.next or FOLLOWING) for one in fields.alternatives),
    )


def judge(steps: Sequence[CompiledStep]) -> tuple[exp.Expression, ...]:
    """The matches: per event alternative one look at new events and one back, per state alternative one look; alternatives that
    wait for the same thing are looked for together."""
    since_earliest = parsed("e.occurred_at > $earliest")  # lets DuckDB skip the years before
    statements = []
    here = exp.column("step_key", table="p")
    awaited = [(step, ordinal, one) for step in steps for ordinal, one in enumerate(step.alternatives)]
    for group in alike(awaited, lambda one: (one[1], one[2].event, one[2].condition)):
        _, ordinal, alternative = group[0]
        common: dict[str, Slot] = {
            "ordinal": ordinal,
            "here": among(here, [step.key for step, _, _ in group]),
            "to_key": by_value(here, {step.key: one.to_key for step, _, one in group}),
            "takes_us": by_value(here, {step.key: microseconds(step.lowered.takes) for step, _, _ in group}),
        }
        if alternative.event is None:
            statements.append(about_customer(STATE_MATCH, "p", condition=alternative.condition, **common))
            continue
        condition = own_touch(alternative, "p")
        looks = (
            (False, table("new_event", "temp"), condition),
            (True, table("events", "source"), both(since_earliest, condition)),
        )
        for looks_back, events, judged in looks:
            statements.append(
                about_customer(
                    EVENT_MATCH, "p", events=events, looks_back=looks_back, event=alternative.event, condition=judged, **common
                )
            )
    return tuple(statements)


def label(fields: WaitForFields) -> str:
    """What the map writes."""
    words = [one.event or one.segment or (one.left and f"离开 {one.left}") or str(one.when) for one in fields.alternatives]
    return f"等候 {' 或 '.join(words)}，至多 {format_duration_zh(fields.within)}"


KIND = StepKind(
    name="wait_for",
    title="等候 Wait for",
    fields=WaitForFields,
    lower=lower,
    judge=judge,
    label=label,
    example="seen: {wait_for: {event: app_login}, within: 4 days, otherwise: call}",
    moves="""
        INSERT INTO hop
        SELECT entry_id, to_key, won_at, 'won' FROM matched
        QUALIFY row_number() OVER (PARTITION BY entry_id ORDER BY won_at, ordinal, event_id) = 1;
        INSERT INTO hop
        SELECT p.entry_id, coalesce(s.otherwise_key, s.next_key), p.since + to_microseconds(s.takes_us), 'timed out'
        FROM position AS p JOIN tonglu.step AS s USING (step_key)
        WHERE p.round = $round AND p.kind = 'wait_for' AND p.since + to_microseconds(s.takes_us) <= p.horizon
          AND NOT EXISTS (SELECT 1 FROM matched AS m WHERE m.entry_id = p.entry_id);
        DELETE FROM matched
    """,
)
