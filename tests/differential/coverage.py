"""What a batch of cases came to: steps, ways in, outcomes, and the edges that it met. Counted from what the interpreter played."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.differential.cases import EIGHT_HOURS, Case
from tests.differential.facts import Event
from tests.differential.phrases import length
from tests.differential.state import Row

TICK = timedelta(microseconds=1)
KINDS = ("touch", "task", "webhook", "wait_for", "wait", "branch", "split", "experiment", "set", "enter", "go", "end")
ASKED = (
    "count(",
    "last(",
    "touches(",
    "set.",
    "in segment",
    "is_workday(",
    "workdays_since(",
    "pay_day(",
    "today",
    "now",
    "days_since(",
    "years_since(",
    "like",
    "between",
    "is null",
    "not (",
    "/",
)


def kind_of(body: Mapping[str, Any]) -> str:
    """The kind of a written step."""
    return next(kind for kind in KINDS if kind in body)


def measured(case: Case, rows: Mapping[str, list[Row]]) -> Counter[str]:
    """Everything that is counted of one case."""
    counts: Counter[str] = Counter({"cases": 1})
    counts.update(
        what
        for source in (_ways(case, rows), _outcomes(rows), _written(case), _times(case, rows), _facts(case))
        for what in source
    )
    return counts


def _steps(case: Case) -> dict[tuple[str, str], Mapping[str, Any]]:
    written = [(name, body) for by_name in case.journeys.values() for name, body in by_name.items()]
    return {(name, step): fields for name, body in written for one in body["steps"] for step, fields in one.items()}


def _ways(case: Case, rows: Mapping[str, list[Row]]) -> Iterator[str]:
    steps = _steps(case)
    for row in rows.get("moves", []):
        body = steps.get((row[1], row[6]), {"end": ""})
        kind = kind_of(body)
        yield f"step {kind}"
        if kind == "wait":
            form = body["wait"]
            yield "wait for " + (
                "a length" if isinstance(form, str) else next(key for key in form if key not in ("at", "plus", "minus"))
            )
    for row in rows.get("entries", []):
        enter = case.at_run(row[0])[row[1]]["enter"]
        yield "enter by " + next(key for key in ("event", "segment", "left", "calendar", "list", "journey") if key in enter)
        yield f"assigned {row[5]}"
        if enter.get("keyed_by"):
            yield "enter keyed"
        if row[4] > 1:
            yield f"enter again, {' '.join(enter['again'].split()[:1])}"


def _outcomes(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    for row in rows.get("ends", []):
        reason = row[6].split("_c")[0] if row[6].startswith("exit") else row[6]
        yield "end by " + reason.removesuffix("_2").removesuffix("_3")
    for row in rows.get("decisions", []):
        yield f"decided {row[7]} by {row[8] or 'all gates'}: {row[9]}"
        if row[7] == "sent" and row[13] > row[14]:
            yield "edge: sent in a later run, or for a later opening"
    for row in rows.get("ghosts", []):
        yield f"ghost {'would send' if row[7] else 'stopped by ' + row[8]}"
    for table in ("exposures", "attributes", "passed_on", "conversions", "candidates", "migrations"):
        for _ in rows.get(table, []):
            yield f"row of {table}"
    for row in rows.get("left_out", []):
        yield f"left out {row[2]}"


def _written(case: Case) -> Iterator[str]:
    said = str(case.journeys)
    for word in ASKED:
        if word in said:
            yield f"asked {word}"


def _facts(case: Case) -> Iterator[str]:
    runs, seen = case.facts.runs, set[str]()
    for event in case.facts.events:
        due = next((run for run, as_of in enumerate(runs, 1) if as_of >= event.at), len(runs) + 1)
        if event.event_id in seen:
            yield "edge: second copy of an event"
        if event.run > due:
            yield "edge: event loaded in a later run than it happened"
        if event.run < due:
            yield "edge: event loaded before it happened"
        if event.at in runs:
            yield "edge: event at a run's instant"
        if (event.at + EIGHT_HOURS).time() == datetime.min.time():
            yield "edge: event at the bank's midnight"
        seen.add(event.event_id)
    instants = Counter((event.customer, event.at) for event in case.facts.events if event.event_id)
    yield from ("edge: events of one customer at one instant" for count in instants.values() if count > 1)
    for profile in case.facts.profiles:
        if profile.run > 1:
            yield "edge: profile changed between runs"
        if len(profile.values) < 10:
            yield "edge: attribute missing"
    for _ in case.facts.switches:
        yield "edge: journey paused, killed or resumed"


def _times(case: Case, rows: Mapping[str, list[Row]]) -> Iterator[str]:
    steps, runs = _steps(case), case.facts.runs
    events: dict[int, list[Event]] = {}
    for event in case.facts.events:
        events.setdefault(event.customer, []).append(event)
    clocks = {row[1:5]: row[6] for row in rows.get("entries", [])}
    ends = {row[1:5]: (row[5], row[6]) for row in rows.get("ends", [])}
    for row in rows.get("moves", []):
        entry, since, clock = row[1:5], clocks[row[1:5]], row[5]
        body, as_of = steps.get((row[1], row[6]), {}), runs[row[0] - 1]
        clocks[entry] = clock
        here = (clock + EIGHT_HOURS).replace(tzinfo=None)
        if clock == as_of:
            yield f"edge: {kind_of(body) if body else 'end'} ends at the run's instant"
        if (here.month, here.day) == (2, 29):
            yield "edge: clock on a leap day"
        if here.time() == datetime.min.time():
            yield "edge: clock at the bank's midnight"
        if here.weekday() >= 5 and "workdays" in str(body.get("wait", "")):
            yield "edge: wait ends on a make-up workday"
        if "wait_for" in body:
            yield from _window(events.get(row[2], []), body, since, since + length(body["within"]), clock, as_of)
        if row[9] == "no date":
            yield "edge: wait on a missing date"
    for entry, (at, reason) in ends.items():
        if reason.startswith(("exit", "goal")):
            if at == clocks[entry] != runs[0]:
                yield "edge: exit at the instant of the last move"
            if sum(event.at == at for event in events.get(entry[1], [])) > 1:
                yield "edge: exit while several events happen"
    starts = sorted((row[1:5], row[6]) for row in rows.get("entries", []))
    for (first, _), (second, since) in itertools.pairwise(starts):
        again = case.journeys[1].get(second[0], {}).get("enter", {}).get("again", "")
        if (
            first[:3] == second[:3]
            and first in ends
            and again.startswith("after")
            and since - ends[first][0] == length(again[6:])
        ):
            yield "edge: enters again exactly after its time"
    for row in rows.get("entries", []):
        fresh = length(case.journeys[1].get(row[1], {}).get("enter", {}).get("fresh", "1 day"))
        if row[7] - row[6] == fresh:
            yield "edge: enters by an occasion exactly as old as is fresh"


def _window(
    events: list[Event], body: Mapping[str, Any], since: datetime, limit: datetime, clock: datetime, as_of: datetime
) -> Iterator[str]:
    """The edges of one window: a name that is waited for, at its ends or a microsecond beside them."""
    listed = body["wait_for"] if isinstance(body["wait_for"], list) else [body["wait_for"]]
    names = {one["event"] for one in listed if "event" in one}
    states = len(names) < len(listed)
    for event in events:
        if event.name in names:
            beside = {
                since: "at its beginning",
                since + TICK: "just after it",
                limit: "at its end",
                limit + TICK: "just after its end",
            }
            if event.at in beside:
                yield f"edge: event of a window {beside[event.at]}"
    if limit == as_of:
        yield f"edge: window ends at the run, {'with' if states else 'without'} a state"
    if states and clock == as_of and any(event.at == as_of and event.name in names for event in events):
        yield "edge: event and state at one instant"
