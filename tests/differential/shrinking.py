"""A failing case made as small as it gets, alone: parts are left out one after the other for as long as the two still differ."""

import tempfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.differential.batch import Difference, run_batch
from tests.differential.cases import TABLES, Case
from tests.differential.making_steps import reachable


def differences(case: Case) -> list[Difference]:
    """How the two differ in a case that is played alone; a run that dies is a difference of its own."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return run_batch(Path(folder), [case]).differences
        except Exception as problem:
            return [Difference(case, f"crash {type(problem).__name__}", [(str(problem)[:300],)], [])]


def shrink(case: Case, tables: set[str], tries: int = 250) -> Case:
    """The smallest case found that still differs in one of the tables."""
    left = tries

    def fails(smaller: Case) -> bool:
        nonlocal left
        left -= 1
        return any(one.table in tables for one in differences(smaller))

    again = True
    while again and left > 0:
        again = False
        for smaller in _smaller(case):
            if left <= 0:
                break
            if fails(smaller):
                case, again = smaller, True
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    """Cases with something left out, the largest parts first."""
    yield from _without_customers(case)
    yield from _without_journeys(case)
    if len(case.facts.runs) > 1:
        last = len(case.facts.runs)
        rows = {table: tuple(one for one in getattr(case.facts, table) if one.run < last) for table in TABLES}
        yield replace(
            case.with_facts(runs=case.facts.runs[:-1], **rows), journeys={r: w for r, w in case.journeys.items() if r < last}
        )
    for table in ("events", "flags", "hits", "levers", "complaints", "switches", "profiles", "consents", "addresses"):
        rows = getattr(case.facts, table)
        for size in (len(rows) // 2, len(rows) // 4, 1):
            for start in range(0, len(rows), size) if 0 < size <= len(rows) else ():
                kept = rows[:start] + rows[start + size :]
                if table not in ("consents", "addresses") or size > 1:
                    yield case.with_facts(**{table: kept})
    for run, written in case.journeys.items():
        for name, body in written.items():
            for smaller in _bodies(body):
                yield replace(case, journeys={**case.journeys, run: {**written, name: smaller}})
    for key in case.policy:
        if key != "per_run":
            yield replace(case, policy={name: value for name, value in case.policy.items() if name != key})
    yield from _rules(case)
    for number, one in enumerate(case.facts.profiles):
        for name in one.values:
            if name != "case_no":
                less = replace(one, values={key: value for key, value in one.values.items() if key != name})
                yield case.with_facts(profiles=(*case.facts.profiles[:number], less, *case.facts.profiles[number + 1 :]))


def _rules(case: Case) -> Iterator[Case]:
    """Without one of the rules that suitability or risk has."""
    section = case.policy.get("suitability", {"rules": []})
    for gone in section["rules"]:
        rules = {**section, "rules": [one for one in section["rules"] if one is not gone]}
        yield replace(case, policy={**case.policy, "suitability": rules})
    for name in case.risk:
        rest = replace(case, risk={key: one for key, one in case.risk.items() if key != name})
        yield rest.with_facts(hits=tuple(one for one in case.facts.hits if one.rule != name))
    for run in [run for run in case.products if run > 1]:
        yield replace(case, products={key: one for key, one in case.products.items() if key != run})


def _without_customers(case: Case) -> Iterator[Case]:
    customers = case.customers
    for kept in ([one] for one in customers) if len(customers) > 2 else ():
        yield _of_customers(case, lambda one, kept=kept: one in kept)
    for gone in customers if len(customers) > 1 else ():
        yield _of_customers(case, lambda one, gone=gone: one != gone)


def _of_customers(case: Case, keep: Callable[[int], bool]) -> Case:
    tables = {table: getattr(case.facts, table) for table in TABLES if table not in ("switches", "deliveries", "levers")}
    return case.with_facts(**{table: tuple(one for one in rows if keep(one.customer)) for table, rows in tables.items()})


def _without_journeys(case: Case) -> Iterator[Case]:
    names = {name for written in case.journeys.values() for name in written}
    for gone in sorted(names) if len(names) > 1 else ():
        journeys = {run: {n: b for n, b in written.items() if n != gone} for run, written in case.journeys.items()}
        switches = tuple(one for one in case.facts.switches if one.name != gone)
        yield replace(case, journeys={run: w for run, w in journeys.items() if w}).with_facts(switches=switches)
    for run in case.journeys:
        if run > 1:
            yield replace(case, journeys={r: w for r, w in case.journeys.items() if r != run})


def _bodies(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key in ("exit", "goals", "holdout", "randomise", "on_goal", "live", "priority", "prior", "migrate"):
        if key in body:
            yield {name: value for name, value in body.items() if name != key}
            if isinstance(body[key], list) and len(body[key]) > 1:
                yield from ({**body, key: body[key][:n] + body[key][n + 1 :]} for n in range(len(body[key])))
    for key in ("limit", "order", "where", "when", "fresh", "keyed_by", "enrolment"):
        if key in body["enter"] and "case_no" not in str(body["enter"][key]):
            yield {**body, "enter": {name: value for name, value in body["enter"].items() if name != key}}
    names = [name for step in body["steps"] for name in step]
    for gone in names if len(names) > 1 else ():
        following = dict(zip(names, [*names[1:], names[0]], strict=True))[gone]
        steps = [_led_past(step, gone, following) for step in body["steps"] if gone not in step]
        yield {**body, "steps": reachable(steps)}
    for number, step in enumerate(body["steps"]):
        for smaller in _steps(step):
            yield {**body, "steps": reachable([*body["steps"][:number], smaller, *body["steps"][number + 1 :]])}


def _led_past(value: Any, gone: str, to: str) -> Any:
    if isinstance(value, dict):
        return {key if key != gone else to: _led_past(one, gone, to) for key, one in value.items()}
    return [_led_past(one, gone, to) for one in value] if isinstance(value, list) else to if value == gone else value


def _steps(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    [(name, fields)] = step.items()
    for key in ("next", "otherwise", "when", "only_if", "valid_for", "wait", "experiment", "weights"):
        if (
            key in fields
            and not (key == "wait" and "touch" not in fields)
            and not (key == "experiment" and "touch" not in fields)
        ):
            smaller = {one: value for one, value in deepcopy(fields).items() if one != key}
            yield {name: {**smaller, "touch": "hello"} if key == "experiment" else smaller}
    for key in ("wait_for", "branch"):
        if isinstance(fields.get(key), list) and len(fields[key]) > 1 + (key == "branch"):
            for number in range(len(fields[key]) - (key == "branch")):
                yield {name: {**fields, key: fields[key][:number] + fields[key][number + 1 :]}}
