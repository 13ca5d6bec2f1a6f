"""The edges of the gates of competition that a case met."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from tests.differential.cases import EIGHT_HOURS, SILVER, Case
from tests.differential.phrases import length
from tests.differential.state import Row

TICK = timedelta(microseconds=1)


def edges_of_contests(case: Case, rows: Mapping[str, list[Row]]) -> Iterator[str]:
    """The names of the edges, each as often as it was met."""
    yield from (f"touch taken back by {row[6]}" for row in rows.get("taken_back", []))
    decisions = rows.get("decisions", [])
    decided = {row[:6]: row for row in decisions}
    for row in rows.get("yielded", []):
        yield from _yielded(case, row, decided)
    sent = [row for row in decisions if row[7] == "sent"]
    apart = {length(one["within"]) for one in case.policy.get("exclusions", ())}
    for row in sent:
        others = [one for one in sent if one[2] == row[2] and one[1] != row[1] and one[0] <= row[0]]
        if any(abs(one[13] - row[13]) in apart for one in others):
            yield "touch exactly as far from another journey's as an exclusion lasts"
    for row in decisions:
        yield from _hours(case, row)
        yield from _pulled(case, row)
    yield from _limits(case, decisions)
    yield from _complaints(case, decisions)
    yield from _words(case, decisions)


def _yielded(case: Case, row: Row, decided: Mapping[Row, Row]) -> Iterator[str]:
    lost = decided[row[:6]]
    caps = {one.get("name"): one for one in case.policy.get("caps", ())}
    exclusions = {one.get("name"): one for one in case.policy.get("exclusions", ())}
    same_run = any(one[7] == "sent" and one[0] == row[0] and one[1] == row[7] and one[5] == row[8] for one in decided.values())
    if lost[8] == "contact_policy":
        met = {
            "cap of a journey used up": "journey" in caps.get(row[6], ()),
            "cap of a topic used up": "topic" in caps.get(row[6], ()),
            "dwell time not over": row[6].startswith("dwell_"),
            "cap used up by what is planned later": row[9] > lost[13],
        }
    else:
        rule = exclusions.get(row[6], {})
        met = {
            "excluded between journeys": "journeys" in rule,
            "excluded by the topic": "topic" in rule,
            "excluded by a touch of this run": same_run,
            "excluded by a touch of an earlier run": not same_run,
            "excluded by what is planned later": row[9] > lost[13],
        }
    yield from (name for name, is_met in met.items() if is_met)


def _hours(case: Case, row: Row) -> Iterator[str]:
    """Hours that made a touch wait."""
    hours, as_of, planned = case.policy.get("open_hours", {}).get(row[11]), case.facts.runs[row[0] - 1], row[13]
    if not isinstance(hours, Mapping) or planned is None or planned <= as_of:
        return
    here, there = as_of + EIGHT_HOURS, planned + EIGHT_HOURS
    met = {
        "opens as the hours of a group say": "groups" in hours and case.facts.member(row[2], SILVER, row[0]),
        "opens again on the same day": here.date() == there.date(),
        "opens after a day that is closed": (there.date() - here.date()).days > 1,
    }
    yield from (name for name, is_met in met.items() if is_met)


def _pulled(case: Case, row: Row) -> Iterator[str]:
    """Levers on a touch that came to the contact policy."""
    if row[8] not in (None, "contact_policy", "arbitration", "capacity", "budget"):
        return
    as_of, message = case.facts.runs[row[0] - 1], case.steps().get((row[1], row[5]), {}).get("touch")
    topic = case.products.get(1, {}).get(message, {}).get("kind")
    names = [name for name in (row[1], row[11], topic) if name]
    if sum(case.facts.lever(name, row[0]) is not None for name in names) > 1:
        yield "several levers on one touch"
    latest = [
        max((one for one in case.facts.levers if one.name == name and one.run <= row[0]), key=lambda one: one.run, default=None)
        for name in names
    ]
    if any(one is not None and one.until == as_of for one in latest):
        yield "lever ends at the run's instant"


def _limits(case: Case, decisions: list[Row]) -> Iterator[str]:
    """Who found no room, and who was planned later; a channel without hours is open when the run is."""
    short = [row for row in decisions if row[8] in ("capacity", "budget")]
    journeys = {one["name"] for one in case.policy.get("budget", ()) if "journey" in one}
    for row in short:
        yield f"held back by the limit of {'a branch or an employee' if ': ' in row[10] else 'the bank'}"
        if row[10] in journeys:
            yield "budget of a journey used up"
    limited = case.policy.get("capacity") or case.policy.get("budget")
    for row in decisions if limited else ():
        if row[7] == "sent" and row[11] not in case.policy.get("open_hours", ()) and row[13] > case.facts.runs[row[0] - 1]:
            yield "planned in a later slot"
        if row[7] == "sent" and any(one[0] == row[0] and one[11] == row[11] for one in short):
            yield "sent where another one of the run found no room"


def _complaints(case: Case, decisions: list[Row]) -> Iterator[str]:
    hold = case.policy.get("consent", {}).get("complaint_hold")
    for row in decisions if hold else ():
        as_of, lasts = case.facts.runs[row[0] - 1], length(hold)
        for one in case.facts.complained(row[2], row[0]):
            if one.closed == as_of - lasts:
                yield "complaint closed exactly as long ago as it holds"
            if one.closed == as_of - lasts + TICK:
                yield "complaint closed a moment less ago than it holds"


def _words(case: Case, decisions: list[Row]) -> Iterator[str]:
    said: dict[int, list[Any]] = {}
    for event in case.facts.events:
        said.setdefault(event.customer, []).append(event)
    for row in decisions:
        mine = [event for event in said.get(row[2], []) if event.at <= case.facts.runs[row[0] - 1] and event.run <= row[0]]
        outs = [event for event in mine if event.name == "opt_out"]
        if row[9] == "opted_out" and not outs:
            yield "an answer is an opt-out"
        if row[7] == "sent" and any(event.properties.get("purpose") not in (None, "*") for event in outs):
            yield "sent to who is out of another purpose, or in again"
