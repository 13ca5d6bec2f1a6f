"""What a batch of cases came to: steps, ways in, waits, outcomes. Counted from what the interpreter played, not from what was written."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.differential.cases import Case
from tests.differential.edges import edges
from tests.differential.state import Row

KINDS = ("touch", "task", "webhook", "wait_for", "wait", "branch", "split", "experiment", "set", "enter", "go", "end")
ASKED = {
    "count": "count(",
    "last": "last(",
    "touches": "touches(",
    "set": "set.",
    "in segment": "in segment",
    "is_workday": "is_workday(",
    "workdays_since": "workdays_since(",
    "days_to_pay_day": "days_to_pay_day(",
    "days_since_pay_day": "days_since_pay_day(",
    "today": "today",
    "now": "now",
    "days_since": "days_since(",
    "years_since": "years_since(",
    "like": " like ",
    "between": " between ",
    "is null": "is null",
    "not": "not (",
    "division": " / ",
}


def measured(case: Case, rows: Mapping[str, list[Row]]) -> Counter[str]:
    """Everything that is counted of one case; what `coverage` declares is called `group: name`."""
    counts: Counter[str] = Counter({"cases": 1})
    for group, source in (
        ("step kinds", _steps(case, rows)),
        ("ways in", _ways_in(case, rows)),
        ("sides", (row[5] for row in rows.get("entries", []))),
        ("wait forms", _waits(case, rows)),
        ("alternatives", _alternatives(case, rows)),
        ("ends", _ends(rows)),
        ("reasons", _reasons(rows)),
        ("conditions", _conditions(case)),
        ("edges", edges(case, rows)),
        ("rows", _rows(rows)),
    ):
        counts.update(f"{group}: {name}" for name in source)
    return counts


def kind_of(body: Mapping[str, Any]) -> str:
    """The kind of a written step."""
    return next(kind for kind in KINDS if kind in body)


def _left(case: Case, rows: Mapping[str, list[Row]]) -> Iterator[tuple[Row, Mapping[str, Any]]]:
    """Every move with the body of the step that it leaves."""
    bodies = case.steps()
    return ((row, bodies[row[1], row[6]]) for row in rows.get("moves", []) if (row[1], row[6]) in bodies)


def _steps(case: Case, rows: Mapping[str, list[Row]]) -> Iterator[str]:
    yield from (kind_of(body) for _, body in _left(case, rows))
    yield from ("end" for _ in rows.get("ends", []))


def _ways_in(case: Case, rows: Mapping[str, list[Row]]) -> Iterator[str]:
    for row in rows.get("entries", []):
        enter = case.at_run(row[0])[row[1]]["enter"]
        source = next(key for key in ("event", "segment", "left", "calendar", "list", "journey") if key in enter)
        match source:
            case "segment" | "left":
                yield f"{source} {enter['enrolment']}"
            case "calendar":
                yield f"calendar {_rule(enter['calendar'])}"
            case _:
                yield source + (" keyed" if "keyed_by" in enter else "")
        if "where" in enter:
            yield f"{source} with a filter"
        if row[4] > 1:
            yield f"again, {enter['again'].split()[0]}"


def _rule(rule: Mapping[str, Any]) -> str:
    if "every" not in rule:
        return "date" if "date" in rule else "pay_day"
    return f"every {rule['every']}" + (f" by {'day' if 'day' in rule else 'workday'}" if rule["every"] == "month" else "")


def _waits(case: Case, rows: Mapping[str, list[Row]]) -> Iterator[str]:
    for _, body in _left(case, rows):
        form = body.get("wait")
        if "via" in body or form is None:
            continue
        if isinstance(form, str):
            yield "length"
        elif "hours" in form or "days" in form:
            yield " and ".join(key for key in ("hours", "days") if key in form)
        else:
            yield " ".join(key for key in form if key != "at")


def _alternatives(case: Case, rows: Mapping[str, list[Row]]) -> Iterator[str]:
    """What won, where the move tells: by an event of that instant, else by a state at the run's."""
    for row, body in _left(case, rows):
        if row[8] == "timed out":
            yield "the limit"
        if row[8] != "won":
            continue
        listed = body["wait_for"] if isinstance(body["wait_for"], list) else [body["wait_for"]]
        now = {event.name for event in case.facts.events if event.customer == row[2] and event.at == row[5]}
        by_event = [one for one in listed if one.get("event") in now]
        yield from {_form(one) for one in by_event} if by_event else {_form(one) for one in listed if "event" not in one}


def _form(one: Mapping[str, Any]) -> str:
    if "event" not in one:
        return next(key for key in ("segment", "left", "when") if key in one)
    return "receipt" if one["event"].startswith("touch.") else "event" + (" with a filter" if "where" in one else "")


def _ends(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    for row in rows.get("ends", []):
        reason = row[6]
        if reason.startswith("exit_"):
            word = reason.split("_")[1]
            yield word if word in ("segment", "left", "when") else "event"
        else:
            yield "a named end" if reason in ("done", "no_need") else reason


def _reasons(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    for row in rows.get("decisions", []):
        outcome, gate, reason = row[7:10]
        yield f"{outcome} by {gate or 'all gates'}: {reason}"
        if gate and gate != "valid_for":
            yield f"{gate}: {reason}"
    for row in rows.get("ghosts", []):
        yield f"ghost {'would be sent' if row[7] else 'stopped by ' + row[8]}"


def _conditions(case: Case) -> Iterator[str]:
    said = str(case.journeys)
    return (name for name, words in ASKED.items() if words in said)


def _rows(rows: Mapping[str, list[Row]]) -> Iterator[str]:
    for table, found in rows.items():
        yield from (table for _ in found)
    yield from (f"left out, {row[2]}" for row in rows.get("left_out", []))
