"""The edges that a case met, as the interpreter played it: instants that coincide, things known late, calendars, versions, caps."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from tests.differential.calendar import Calendar, Unknown
from tests.differential.cases import CHANNELS, EIGHT_HOURS, Case
from tests.differential.edges_of_contests import edges_of_contests
from tests.differential.edges_of_rules import edges_of_rules
from tests.differential.facts import Event
from tests.differential.phrases import counted, length
from tests.differential.state import Row

TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Life:
    """A case with what came of it."""

    case: Case
    rows: Mapping[str, list[Row]]

    @cached_property
    def events(self) -> dict[int, list[Event]]:
        """What happened, by customer."""
        found: dict[int, list[Event]] = {}
        for event in self.case.facts.events:
            found.setdefault(event.customer, []).append(event)
        return found

    @cached_property
    def ends(self) -> dict[Row, Row]:
        """By trip: the run, the instant and the reason of its end."""
        return {row[1:5]: (row[0], row[5], row[6]) for row in self.rows.get("ends", [])}

    def as_of(self, run: int) -> datetime:
        """A run's instant."""
        return self.case.facts.runs[run - 1]

    def known(self, event: Event) -> int:
        """The run that first knows an event; one more than there are where none does."""
        runs = self.case.facts.runs
        return next((run for run, as_of in enumerate(runs, 1) if run >= event.run and as_of >= event.at), len(runs) + 1)

    def at(self, customer: int, instant: datetime) -> set[str]:
        """The names of a customer's events at an instant."""
        return {event.name for event in self.events.get(customer, []) if event.at == instant}

    def leaving(self, run: int, journey: str) -> set[str]:
        """The events that end a trip of a journey as it is written in a run, its goals not among them."""
        return {one["event"] for one in self.case.at_run(run)[journey].get("exit", ()) if "event" in one}

    def legs(self) -> Iterator[tuple[Row, Mapping[str, Any], datetime]]:
        """Every move with the body of the step that it leaves, and the clock at which the trip came there."""
        bodies, clocks = self.case.steps(), {row[1:5]: row[6] for row in self.rows.get("entries", [])}
        for row in self.rows.get("moves", []):
            since, clocks[row[1:5]] = clocks[row[1:5]], row[5]
            yield row, bodies.get((row[1], row[6]), {}), since


def edges(case: Case, rows: Mapping[str, list[Row]]) -> Iterator[str]:
    """The names of all edges met, each as often as it was."""
    life = Life(case, rows)
    for found in (_facts, _clocks, _windows, _ends, _entering, _versions, _touches, _measuring):
        yield from found(life)
    yield from edges_of_rules(case, rows)
    yield from edges_of_contests(case, rows)


def _facts(life: Life) -> Iterator[str]:
    runs, seen = life.case.facts.runs, set[str]()
    for event in life.case.facts.events:
        due = next((run for run, as_of in enumerate(runs, 1) if as_of >= event.at), len(runs) + 1)
        met = {
            "second copy of an event": event.event_id in seen,
            "event loaded in a later run than it happened": event.run > due,
            "event loaded before it happened": event.run < due,
            "event at a run's instant": event.at in runs,
            "event at the bank's midnight": (event.at + EIGHT_HOURS).time() == time(),
        }
        yield from (name for name, is_met in met.items() if is_met)
        seen.add(event.event_id)
    instants = Counter((event.customer, event.at) for event in life.case.facts.events)
    yield from ("events of one customer at one instant" for count in instants.values() if count > 1)
    for profile in life.case.facts.profiles:
        if profile.run > 1:
            yield "profile changed between runs"
        if len(profile.values) < 10:
            yield "attribute missing"
    for switch in life.case.facts.switches:
        what = (
            "channel"
            if switch.name in CHANNELS
            else "journey"
            if switch.name.startswith(life.case.prefix)
            else "product or branch"
        )
        yield f"{what} paused, killed or resumed"


def _clocks(life: Life) -> Iterator[str]:
    arrived = Counter((*row[1:5], row[7]) for row in life.rows.get("moves", []))
    yield from ("a step is come to again" for count in arrived.values() if count > 1)
    for row, body, _ in life.legs():
        clock, here = row[5], row[5] + EIGHT_HOURS
        waits = "wait" in body and "via" not in body
        met = {
            "wait ends at the run's instant": waits and clock == life.as_of(row[0]),
            "wait_for ends at the run's instant": "wait_for" in body and clock == life.as_of(row[0]),
            "clock on a leap day": (here.month, here.day) == (2, 29),
            "clock at the bank's midnight": here.time() == time(),
            "wait ends on a make-up workday": waits and here.weekday() >= 5 and "workdays" in str(body["wait"]),
            "wait on a missing date": row[8] == "no date",
        }
        yield from (name for name, is_met in met.items() if is_met)
    bodies, calendar = life.case.steps(), Calendar()
    for journey, _, _, _, step, since in life.rows.get("rests", []):
        form = bodies.get((journey, step), {}).get("wait")
        if isinstance(form, dict) and "workdays" in form:
            try:
                calendar.workday_after(calendar.day(since), form["workdays"])
            except Unknown:
                yield "wait into a year that the calendar does not know"


def _windows(life: Life) -> Iterator[str]:
    """The windows of wait_for: what they wait for at their ends or a microsecond beside them, at one instant, or known late."""
    for row, body, since in life.legs():
        if "wait_for" not in body:
            continue
        listed = body["wait_for"] if isinstance(body["wait_for"], list) else [body["wait_for"]]
        names = [one["event"] for one in listed if "event" in one]
        states, limit, clock, as_of = len(names) < len(listed), since + length(body["within"]), row[5], life.as_of(row[0])
        beside = {
            since: "at its beginning",
            since + TICK: "just after its beginning",
            limit: "at its end",
            limit + TICK: "just after its end",
        }
        awaited = [event for event in life.events.get(row[2], []) if event.name in names]
        yield from (f"event of a window {beside[event.at]}" for event in awaited if event.at in beside)
        if any(since < event.at <= limit and life.known(event) > row[0] for event in awaited):
            yield "event of a window known after the trip left it"
        happened = life.at(row[2], clock)
        if row[8] == "won" and sum(name in happened for name in names) > 1:
            yield "two alternatives at one instant"
        if states and clock == as_of and happened.intersection(names):
            yield "event and state at one instant"
        if limit == as_of:
            yield f"window ends at the run, {'with' if states else 'without'} a state"


def _ends(life: Life) -> Iterator[str]:
    clocks = {row[1:5]: row[5] for row in life.rows.get("moves", [])}
    for trip, (run, at, reason) in life.ends.items():
        if not reason.startswith(("exit", "goal")):
            continue
        happened, leaving = life.at(trip[1], at), life.leaving(run, trip[0])
        met = {
            "exit at the instant of the last move": clocks.get(trip) == at,
            "exit while several events happen": len(happened) > 1,
            "goal and exit at one instant": reason == "goal" and happened & leaving,
            "exit known after the trip would have moved": clocks.get(trip) == at
            and any(e.name in leaving and e.at < at and life.known(e) == run for e in life.events.get(trip[1], [])),
        }
        yield from (name for name, is_met in met.items() if is_met)
    for row in life.rows.get("entries", []):
        if life.at(row[2], row[6]) & life.leaving(row[0], row[1]):
            yield "exit at the instant of entering"


def _entering(life: Life) -> Iterator[str]:
    trips = sorted((row[1:5], row[6]) for row in life.rows.get("entries", []))
    for (first, _), (second, since) in pairwise(trips):
        again = life.case.journeys[1][second[0]]["enter"]["again"]
        if first[:3] == second[:3] and again.startswith("after") and since - life.ends[first][1] == length(again[6:]):
            yield "enters again exactly after its time"
    for trip, (run, at, _) in life.ends.items():
        enter = life.case.at_run(run)[trip[0]]["enter"]
        came, again = enter.get("event", ""), enter["again"]
        if came in life.at(trip[1], at):
            yield "occasion at the very end of the trip before"
        if again.startswith("after") and came in life.at(trip[1], at + length(again[6:]) - TICK):
            yield "occasion a moment before its time"
    for row in life.rows.get("entries", []):
        enter = life.case.at_run(row[0])[row[1]]["enter"]
        if row[7] - row[6] == length(enter.get("fresh", "1 day")):
            yield "occasion exactly as old as is fresh"
        brought = [event for event in life.events.get(row[2], []) if event.name == enter.get("event") and event.at == row[6]]
        if brought and all(life.known(event) < row[0] for event in brought):
            yield "enters in a later run than the one that saw the occasion"
    for row in life.rows.get("left_out", []):
        if row[2] in ("used_up", "limit"):
            yield "left out by a limit" if row[2] == "limit" else "several occasions of one key in a run"


def _versions(life: Life) -> Iterator[str]:
    for row in life.rows.get("migrations", []):
        for name, count in zip(
            ("moved to another version", "held on an older version", "dropped by a new version"), row[2:], strict=True
        ):
            yield from (name for _ in range(count))


def _touches(life: Life) -> Iterator[str]:
    decisions, policy, bodies = life.rows.get("decisions", []), life.case.policy, life.case.steps()
    sent = [row for row in decisions if row[7] == "sent"]
    windows = {length(one.get("within") or one["at_least"]) for one in [*policy.get("caps", ()), *policy.get("dwell", ())]}
    for row in decisions:
        as_of, planned = life.as_of(row[0]), row[13]
        said = str(policy.get("open_hours", {}).get(row[11], ""))
        opens, closes = re.findall(r"(\d\d:\d\d)-", said), re.findall(r"-(\d\d:\d\d)", said)
        clock = f"{as_of + EIGHT_HOURS:%H:%M}" if as_of.second == as_of.microsecond == 0 else ""
        valid = length(bodies[row[1], row[5]].get("valid_for", "1 day"))
        met = {
            "touch leaves at a later opening": row[7] == "sent" and planned > as_of,
            "touch planned for the instant of a later run": row[7] == "sent"
            and planned > as_of
            and planned in life.case.facts.runs,
            "second visit of a touch": row[6] > 1,
            "validity ends at the run's instant": row[14] + valid == as_of,
            "channel opens at the run's instant": clock in opens,
            "channel closes at the run's instant": clock in closes,
            "touch exactly as old as a cap's window": planned
            and any(one[2] == row[2] and planned - one[13] in windows for one in sent),
        }
        yield from (name for name, is_met in met.items() if is_met)
    for row in sent:
        run, _, reason = life.ends.get(row[1:5], (0, None, ""))
        if run > row[0] and reason.startswith(("exit", "goal", "migrated", "journey_over")):
            yield "a touch that was sent is taken back"
    together = Counter((row[0], row[2]) for row in decisions)
    yield from ("several proposals of one customer in a run" for count in together.values() if count > 1)


def _measuring(life: Life) -> Iterator[str]:
    trips = {row[1:5]: row for row in life.rows.get("entries", [])}
    for row in life.rows.get("conversions", []):
        trip = trips[row[:4]]
        goals = life.case.at_run(trip[0])[row[0]].get("goals", ())
        if row[6] - trip[7] == length(goals[row[4]]["within"]):
            yield "conversion at the end of its window"
    for row in trips.values():
        goals = life.case.at_run(row[0])[row[1]].get("goals", ())
        if life.at(row[2], row[7]) & {goal["event"] for goal in goals}:
            yield "goal at the instant of assignment"
    for name, back in counted(str(life.case.journeys)):
        if any(event.name == name and event.at + back in life.case.facts.runs for event in life.case.facts.events):
            yield "count's window begins at an event"
