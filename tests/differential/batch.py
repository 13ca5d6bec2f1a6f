"""Hundreds of cases in one warehouse: names are made apart by the case's number, customers too; then table against table, row by row."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.differential.cases import ALERTS, ATTRIBUTES, CALM, CHANNELS, COST, SILVER, TABLES, WORDS, Case, properties_of, written
from tests.differential.facts import Event, Facts, Hit
from tests.differential.interpreter import play
from tests.differential.state import Row
from tests.differential.world import Definitions

from tonglu.mailroom.levers import Lever as Pulled
from tonglu.mailroom.switches import Scope
from tonglu.testing import TinyBank

TITLE = {"zh": "试验", "en": "Trial"}
ARMS = {"two": ["a", "b"], "three": ["a", "b", "c"]}
FLAGS = {"customer_id": "bigint", "segment": "text", "is_on": "boolean"}
FOUND = {"rule": "text", "customer_id": "bigint", "number": "bigint", "since": "instant", "until": "instant", "is_on": "boolean"}
RISKS = ("hits", *ALERTS)
COMPLAINTS = {"complaint_id": "bigint", "customer_id": "bigint", "opened_at": "instant", "closed_at": "instant"}
ENTRY = "e.journey, e.customer_id, e.key, e.entry_no"
TELLING = "'journey_live', 'suitable', 'risk', 'contact_policy', 'arbitration', 'capacity', 'budget'"
"""The gates whose detail the contract speaks of."""
QUERIES = {
    "entries": f"SELECT e.run_no, {ENTRY}, e.assignment, e.since, e.assigned_at FROM tonglu.entry AS e",
    "moves": f"""
        SELECT m.run_no, {ENTRY}, m.clock, f.step, t.step, m.cause
        FROM tonglu.move AS m JOIN tonglu.entry AS e USING (entry_id)
        JOIN tonglu.step AS f ON f.step_key = m.from_key JOIN tonglu.step AS t ON t.step_key = m.to_key
        ORDER BY m.entry_id, m.run_no, m.ordinal""",
    "ends": f"SELECT d.run_no, {ENTRY}, d.ended_at, d.reason FROM tonglu.ended AS d JOIN tonglu.entry AS e USING (entry_id)",
    "rests": f"""
        SELECT {ENTRY}, s.step, r.since
        FROM tonglu.rest AS r JOIN tonglu.entry AS e USING (entry_id) JOIN tonglu.step AS s USING (step_key)""",
    "decisions": f"""
        SELECT d.run_no, {ENTRY}, d.step, d.visit, d.outcome, d.gate, d.reason,
            CASE WHEN d.reason <> 'killed' AND d.gate IN ({TELLING}) THEN d.detail END,
            d.channel, coalesce(d.arm, ''), d.not_before, d.first_proposed_at, d.score
        FROM tonglu.decision AS d JOIN tonglu.entry AS e USING (entry_id)""",
    "suitability": f"""
        SELECT q.run_no, {ENTRY}, s.step, array_to_string(q.broken, ', '),
            CASE WHEN len(q.broken) = 0 THEN array_to_string(q.barred, ', ') ELSE '' END
        FROM tonglu.suitability AS q JOIN tonglu.entry AS e USING (entry_id) JOIN tonglu.step AS s USING (step_key)""",
    "yielded": f"""
        SELECT y.run_no, {ENTRY}, s.step, y.rule, y.to_journey, y.to_step, y.planned_at
        FROM tonglu.yielded AS y JOIN tonglu.entry AS e USING (entry_id) JOIN tonglu.step AS s USING (step_key)""",
    "ghosts": f"""
        SELECT g.run_no, {ENTRY}, g.step, g.visit, g.would_send, g.gate, g.reason, g.channel, coalesce(g.arm, '')
        FROM tonglu.ghost AS g JOIN tonglu.entry AS e USING (entry_id)""",
    "exposures": f"""
        SELECT x.run_no, {ENTRY}, x.step, x.arm, round(x.propensity, 9), x.exposed_at
        FROM tonglu.exposure AS x JOIN tonglu.entry AS e USING (entry_id)""",
    "attributes": f"""
        SELECT a.run_no, {ENTRY}, a.name, a.value, a.clock FROM tonglu.attribute AS a JOIN tonglu.entry AS e USING (entry_id)""",
    "passed_on": f"""
        SELECT p.run_no, {ENTRY}, p.journey, p.since FROM tonglu.passed_on AS p JOIN tonglu.entry AS e USING (entry_id)""",
    "conversions": f"""
        SELECT {ENTRY}, c.goal_no, c.event_id, c.occurred_at, c.value
        FROM tonglu.conversion AS c JOIN tonglu.entry AS e USING (entry_id)""",
    "migrations": "SELECT m.run_no, m.journey, m.moved, m.held, m.dropped FROM tonglu.version_migration AS m",
    "candidates": "SELECT c.journey, c.customer_id, c.key, c.since FROM tonglu.candidate AS c",
    "left_out": "SELECT l.run_no, l.journey, l.reason, l.customers FROM tonglu.left_out AS l WHERE l.reason <> 'unknown_days'",
}


class JudgedBank(TinyBank):
    """A tiny bank whose segments are what a table of flags says, and whose risk rules find what tables of hits say."""

    def _write_contracts(self) -> None:
        super()._write_contracts()
        keys = {"flags": ["customer_id", "segment"], "complaints": ["complaint_id"]}
        for table, key in (keys | {name: ["rule", "customer_id", "number"] for name in RISKS}).items():
            promise = {"table": table, "title": TITLE, "keep": "latest", "key": key}
            columns = {name: {"type": kind} for name, kind in self._columns(table).items()}
            self._put(f"data/contracts/{table}.yaml", json.dumps({**promise, "columns": columns}))

    def _columns(self, table: str) -> dict[str, str]:
        own = {"flags": FLAGS, "complaints": COMPLAINTS, **dict.fromkeys(RISKS, FOUND)}
        return dict(own[table]) if table in own else super()._columns(table)

    def guard(self, name: str, header: Mapping[str, Any]) -> None:
        """Write a risk rule."""
        said = {
            "risk": name,
            "title": "试验 / Trial",
            "owner": "t",
            **{key: one for key, one in header.items() if key != "gives"},
        }
        given = ", ".join(["h.customer_id", *(f"h.{instant}" for instant in header["gives"])])
        select = f"SELECT {given} FROM {header.get('list', 'hits')} AS h WHERE h.rule = '{name}' AND h.is_on"
        self._put(f"segments/risk/{name}.sql", "\n".join([*(f"-- {key}: {one}" for key, one in said.items()), select, ""]))

    def parsed(self) -> Definitions:
        """What holds now, as `tonglu.language` reads it."""
        now = self.place.definitions
        journeys = {journey.name: journey for journey in now.journeys}
        return Definitions(journeys, now.policy, now.messages, now.risk_rules, dict.fromkeys(CHANNELS, int(COST["fen"])))


@dataclass(frozen=True)
class Difference:
    """Rows of one table that only one of the two has."""

    case: Case
    table: str
    only_engine: list[Row]
    only_judge: list[Row]

    def __str__(self) -> str:
        lines = [f"case {self.case.number}, table {self.table}"]
        lines += [f"  engine only: {shown(row)}" for row in self.only_engine]
        return "\n".join([*lines, *(f"  judge only:  {shown(row)}" for row in self.only_judge)])


@dataclass(frozen=True)
class Played:
    """A batch that was played by both: the judge's rows by case and table, and where they differ from the engine's."""

    rows: Mapping[int, Mapping[str, list[Row]]]
    differences: list[Difference]


def shown(row: Row) -> str:
    """A row for people, instants on the bank's clock."""
    return ", ".join(str(written(value)) for value in row)


def messages(products: Mapping[str, Any]) -> dict[str, Any]:
    """The messages that touches may name: one text, two arms, three; and those about products."""
    texts = {channel: {"body": "x"} for channel in CHANNELS}
    offers = {name: {"text": texts, "product": product} for name, product in products.items()}
    return {"hello": {"text": texts}, **{name: {"arms": dict.fromkeys(arms, texts)} for name, arms in ARMS.items()}, **offers}


def run_batch(root: Path, cases: Sequence[Case]) -> Played:
    """Play cases that share runs and policy by the engine, each alone by the interpreter, and compare."""
    engine, definitions = run_engine(root, cases)
    by_case = apart(engine, cases)
    rows, differences = judged_together(cases, definitions) if limits_of(cases[0].policy) else {}, []
    for case in cases:
        if case.number not in rows:
            rows[case.number] = numbered(play(case.facts, lambda run, case=case: _of(definitions[run - 1], case)))
        differences += list(compare(case, by_case[case.number], rows[case.number]))
    return Played(rows, differences)


def judged_together(cases: Sequence[Case], definitions: Sequence[Definitions]) -> dict[int, dict[str, list[Row]]]:
    """Cases that take from the same limits, played as one by the interpreter."""
    tables = {table: tuple(row for case in cases for row in getattr(case.facts, table)) for table in TABLES}
    properties = {name: kinds for case in cases for name, kinds in case.facts.properties.items()}
    whole = Facts(runs=cases[0].facts.runs, properties=properties, **tables)
    return apart(play(whole, lambda run: definitions[run - 1]), cases)


def limits_of(policy: Mapping[str, Any]) -> bool:
    """Whether customers of one case take places from those of another."""
    return bool(policy.get("capacity") or policy.get("budget"))


def run_engine(root: Path, cases: Sequence[Case]) -> tuple[dict[str, list[Row]], list[Definitions]]:
    """The engine's rows of all cases by table, and the definitions that held in each run."""
    first = cases[0]
    runs, policy, products = first.facts.runs, first.policy, first.products
    assert all((case.facts.runs, case.policy, case.products, case.risk) == (runs, policy, products, first.risk) for case in cases)
    if "budget" in policy:
        known = {None, *(name for case in cases for bodies in case.journeys.values() for name in bodies)}
        policy = {**policy, "budget": [one for one in policy["budget"] if one.get("journey") in known]}
    segments = {name: _segment(name) for case in cases for name in case.segments}
    if "suitability" in policy:
        segments |= {name: _segment(name) for name in (CALM, SILVER)}
    events = {**WORDS, **{name: kinds for case in cases for name, kinds in properties_of(case.prefix).items()}}
    journeys = {name: body for case in cases for name, body in case.at_run(1).items()}
    definitions: list[Definitions] = []
    with JudgedBank(
        root,
        journeys=journeys,
        segments=segments,
        attributes=ATTRIBUTES,
        events=events,
        policy=policy,
        channels={name: {"cost": COST["yuan"]} for name in CHANNELS},
        messages=messages(products.get(1, {})),
    ) as bank:
        for name, header in first.risk.items():
            bank.guard(name, header)
        for run, as_of in enumerate(runs, 1):
            changed = {name: body for case in cases if run > 1 for name, body in case.journeys.get(run, {}).items()}
            if changed or products.get(run):
                bank.edit(journeys=changed, messages=messages(products.get(run, {})))
            _land(bank, cases, run, as_of)
            definitions.append(bank.parsed())
            bank.run(as_of)
        return {table: bank.rows(query) for table, query in QUERIES.items()}, definitions


def compare(case: Case, engine: Mapping[str, list[Row]], judge: Mapping[str, list[Row]]) -> Iterator[Difference]:
    """Every table in which the two differ."""
    for table in QUERIES:
        theirs, mine = Counter(engine.get(table, [])), Counter(judge.get(table, []))
        if theirs != mine:
            only = [sorted((one - other).elements(), key=str) for one, other in ((theirs, mine), (mine, theirs))]
            yield Difference(case, table, *only)


def numbered(rows: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
    """The same with each entry's moves numbered in order, so that their order is compared too."""
    seen: Counter[Row] = Counter()
    moves = []
    for row in rows.get("moves", []):
        seen[row[1:5]] += 1
        moves.append((*row, seen[row[1:5]]))
    return {**rows, "moves": moves}


def apart(engine: Mapping[str, list[Row]], cases: Sequence[Case]) -> dict[int, dict[str, list[Row]]]:
    """The engine's rows by case: by the number in the journey's name."""
    found: dict[int, dict[str, list[Row]]] = {case.number: {} for case in cases}
    for table, rows in engine.items():
        for row in rows:
            journey = next(value for value in row if isinstance(value, str))
            found[int(journey[1:6])].setdefault(table, []).append(row)
    return {number: numbered(tables) for number, tables in found.items()}


def _of(definitions: Definitions, case: Case) -> Definitions:
    mine = {name: journey for name, journey in definitions.journeys.items() if name.startswith(case.prefix)}
    return replace(definitions, journeys=mine)


def _segment(name: str) -> str:
    return f"SELECT f.customer_id FROM flags AS f WHERE f.segment = '{name}' AND f.is_on"


def _land(bank: JudgedBank, cases: Sequence[Case], run: int, as_of: datetime) -> None:
    """Everything that is landed before a run."""

    def new(table: str) -> list[Any]:
        return [one for case in cases for one in getattr(case.facts, table) if one.run == run]

    profiles = new("profiles")
    bank.land("customers", [{"customer_id": one.customer, **one.values} for one in profiles])
    bank.land("contacts", [{"customer_id": customer, "name": "王试验"} for customer in sorted({p.customer for p in profiles})])
    addresses = new("addresses")
    bank.land("addresses", [{"customer_id": a.customer, "channel": a.channel, "address": "x"} for a in addresses])
    names = ("customer_id", "purpose", "channel", "granted", "changed_at")
    bank.land(
        "consents", [dict(zip(names, (c.customer, c.purpose, c.channel, c.granted, c.at), strict=True)) for c in new("consents")]
    )
    bank.land("flags", [{"customer_id": f.customer, "segment": f.segment, "is_on": f.on} for f in new("flags")])
    names = tuple(COMPLAINTS)
    complaints = [(c.number, c.customer, c.opened, c.closed) for c in new("complaints")]
    bank.land("complaints", [dict(zip(names, row, strict=True)) for row in complaints])
    _land_hits(bank, cases, new("hits"), {one.table for one in new("deliveries")})
    events: list[Event] = new("events")
    listed = [one for one in events if one.name.startswith("list.")]
    names = ("list", "customer_id", "listed_at", "key")
    bank.land("lists", [dict(zip(names, (e.name[5:], e.customer, e.at, e.properties.get("key")), strict=True)) for e in listed])
    names = ("event_id", "customer_id", "name", "occurred_at", "properties")
    plain = [one for one in events if one.touch is None and one not in listed]
    rows = [(e.event_id, e.customer, e.name, e.at, json.dumps(dict(e.properties))) for e in plain]
    bank.land("events", [dict(zip(names, row, strict=True)) for row in rows])
    _land_receipts(bank, [one for one in events if one.touch is not None])
    for switch in sorted(set(new("switches")), key=lambda one: (one.name, one.action)):  # those of channels are in every case
        bank.throw(switch.action, as_of, scope=scope_of(switch.name), name=switch.name)
    for one in sorted(set(new("levers")), key=lambda one: one.name):
        factor = None if one.factor is None else Decimal(one.factor)
        bank.place.mailroom.levers.note(Pulled(Scope(scope_of(one.name)), one.name, factor, one.until, "tester", "a test", as_of))


def scope_of(name: str) -> str:
    """What a switch or a lever of a name is about."""
    if name in CHANNELS:
        return "channel"
    return "branch" if name.isdigit() else "journey" if name[1:6].isdigit() else "product"


def _land_hits(bank: JudgedBank, cases: Sequence[Case], hits: Sequence[Hit], delivered: set[str]) -> None:
    """What risk rules find; a list that is delivered without any of it is delivered empty."""
    by_table: dict[str, list[Hit]] = {table: [] for table in delivered}
    for one in hits:
        by_table.setdefault(cases[0].risk[one.rule].get("list", "hits"), []).append(one)
    for table, found in by_table.items():
        rows = [(h.rule, h.customer, h.number, h.since, h.until, h.on) for h in found]
        bank.land_file(table, [dict(zip(FOUND, row, strict=True)) for row in rows])


def _land_receipts(bank: JudgedBank, receipts: Sequence[Event]) -> None:
    """Receipts of touches that left; the judge has no row for any other."""
    if not receipts:
        return
    rows = bank.rows(
        f"SELECT t.touch_key, {ENTRY}, t.step, t.visit FROM tonglu.touch AS t JOIN tonglu.entry AS e USING (entry_id)"
    )
    keys = {tuple(rest): key for key, *rest in rows}
    for one in receipts:
        if one.touch in keys:
            key, receipt = keys[one.touch], one.name.removeprefix("touch.")
            row = {"receipt_id": f"r-{receipt}-{key}", "touch_key": key, "receipt": receipt, "occurred_at": one.at}
            bank.land("receipts", [{**row, "detail": one.properties.get("text")}])
