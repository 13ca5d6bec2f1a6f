"""The edges of the rules of suitability and risk that a case met."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from tests.differential.cases import COMPLAINED, EIGHT_HOURS, Case
from tests.differential.facts import Hit
from tests.differential.phrases import length
from tests.differential.state import Row


def edges_of_rules(case: Case, rows: Mapping[str, list[Row]]) -> Iterator[str]:
    """The names of the edges, each as often as it was met."""
    if not case.products:
        return
    rules = case.policy["suitability"]["rules"]
    changed = min((run for run in case.products if run > 1), default=len(case.facts.runs) + 1)
    led_over = {row[1:5] for row in rows.get("moves", []) if row[8] == "migrated"}
    older = {row[1:5] for row in rows.get("entries", []) if row[0] < changed} - led_over
    sent = {row[:6]: row[11] for row in rows.get("decisions", []) if row[7] == "sent"}
    for row in rows.get("suitability", []):
        if row[:6] in sent and row[7]:
            yield "a channel barred, another one used"
        if ", " in row[6]:
            yield "several rules broken"
        if row[0] >= changed and row[1:5] in older and "changing" in case.steps()[row[1], row[5]].values():
            yield "a touch judged by the product of an older version"
        yield from _of_customer(case, row, [one for one in rules if one.get("enabled", True)])
    for row in rows.get("decisions", []):
        yield from _of_hits(case, row)


def _of_customer(case: Case, row: Row, rules: list[dict[str, Any]]) -> Iterator[str]:
    """What a rule that is on says of the customer of a touch, on an edge of it."""
    as_of = case.facts.runs[row[0] - 1]
    today, known = (as_of + EIGHT_HOURS).date(), case.facts.profile(row[2], row[0]) or {}
    rated_on = known.get(case.policy["suitability"]["reads"]["rated_on"])
    for one in rules:
        old = (today - rated_on).days if isinstance(rated_on, date) and "valid_days" in one else None
        after = length(one["within"]) if COMPLAINED in one.get("events", ()) else None
        met = {
            "assessment exactly as old as is valid": old is not None and old == one["valid_days"],
            "assessment a day newer than what is too old": old is not None and old == one["valid_days"] - 1,
            "assessment of tomorrow": old == -1,
            "age exactly at the limit": known.get("age") in [one.get(key, "") for key in ("from_age", "at_least", "at_most")],
            "first or last day of a rule": f"{today}" in (one.get("from"), one.get("until")),
            "cooling off ends at the run's instant": after is not None and _complained(case, row[2], as_of - after),
        }
        yield from (name for name, is_met in met.items() if is_met)


def _complained(case: Case, customer: int, at: datetime) -> bool:
    return any(event.name == COMPLAINED and (event.customer, event.at) == (customer, at) for event in case.facts.events)


def _of_hits(case: Case, row: Row) -> Iterator[str]:
    """The hits of the customer of a touch that came to the gate."""
    as_of, holding = case.facts.runs[row[0] - 1], 0
    for name, header in case.risk.items():
        ends = [(hit, _end(hit, header)) for hit in case.facts.found(row[2], name, row[0])]
        counting = any((hit.since or as_of) <= as_of and (end is None or end > as_of) for hit, end in ends)
        holds = header["mode"] == "live" and header["action"] != "pass"
        holding += counting and holds
        if holds and any(hit.since == as_of for hit, _ in ends):
            yield "risk hold begins at the run's instant"
        if holds and any(end == as_of for _, end in ends):
            yield "risk hold ends at the run's instant"
        if counting and row[7] == "sent":
            yield "a hit that stops nothing"
    if holding > 1:
        yield "several rules hold"


def _end(hit: Hit, header: Mapping[str, Any]) -> datetime | None:
    hours = header["hours"]
    lapses = hit.since + timedelta(hours=int(hours)) if hit.since and str(hours).isdigit() else None
    return min((one for one in (hit.until, lapses) if one), default=None)
