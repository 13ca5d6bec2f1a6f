"""A case: a few journeys, a policy, and what happened to a few customers; as data, and as YAML that people can read."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from tests.differential.facts import Address, Complaint, Consent, Delivery, Event, Facts, Flag, Hit, Lever, Profile, Switch

EIGHT_HOURS = timedelta(hours=8)  # Asia/Shanghai has no summer time
CHANNELS = ("app_push", "sms")
COST = {"yuan": "0.05", "fen": 5}
PURPOSES = ("marketing", "service", "care", "regulatory")
LONG_AGO = datetime(2020, 1, 1)
ATTRIBUTES = {
    "age": "integer",
    "level": "text",
    "vip": "boolean",
    "balance": "bigint",
    "opened_on": "date",
    "due_on": "date",
    "last_at": "instant",
    "pay_day": "integer",
    "employer_id": "bigint",
    "case_no": "integer",
    "rating": "text",
    "rated_on": "date",
    "vulnerable": "boolean",
    "arrears": "boolean",
    "collections": "boolean",
    "student": "boolean",
    "branch_id": "bigint",
    "manager_id": "bigint",
}
EVENTS = {
    "order": {"loan": "bigint", "amount": "bigint"},
    "login": {"channel": "text"},
    "paid": {"loan": "bigint", "amount": "bigint", "product": "text"},
    "left": {},
}
COMPLAINED, CALM, SILVER = "complained", "calm", "silver"
PER_BATCH = 100
ABOUT = {"channel": "text", "purpose": "text"}
WORDS: dict[str, dict[str, str]] = {"opt_out": ABOUT, "opt_in": ABOUT, COMPLAINED: {}}
ALERTS = ("alerts", "cases")
"""The lists of risks; rules that stand on none read 'hits'."""
TABLES = {"events": Event, "profiles": Profile, "flags": Flag, "consents": Consent, "addresses": Address, "switches": Switch}
RARE = {"hits": Hit, "deliveries": Delivery, "levers": Lever, "complaints": Complaint}
TABLES |= RARE


@dataclass(frozen=True)
class Case:
    """`number` makes the names of everything that belongs to it; `journeys` are what is written before each run that changes them, and so
    are `products`, of messages by name. `risk` are risk rules by name, each its header and the instants that it `gives`."""

    number: int
    facts: Facts
    policy: Mapping[str, Any]
    journeys: Mapping[int, Mapping[str, Mapping[str, Any]]]
    segments: tuple[str, ...] = ()
    products: Mapping[int, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    risk: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        """What the names of its journeys, events and segments begin with."""
        return f"c{self.number:05d}_"

    @property
    def customers(self) -> list[int]:
        """Its customers."""
        return self.facts.customers()

    def at_run(self, run: int) -> dict[str, Mapping[str, Any]]:
        """The journeys that hold in a run."""
        return {name: body for since, written in sorted(self.journeys.items()) if since <= run for name, body in written.items()}

    def steps(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        """Every step of every version, by journey and name."""
        written = [(name, body) for by_name in self.journeys.values() for name, body in by_name.items()]
        return {(name, step): fields for name, body in written for one in body["steps"] for step, fields in one.items()}

    def with_facts(self, **changed: Any) -> "Case":
        """The same with other facts."""
        return replace(self, facts=replace(self.facts, **changed))


def properties_of(prefix: str) -> dict[str, dict[str, str]]:
    """The events of a case with the types of their properties."""
    return {f"{prefix}{name}": dict(kinds) for name, kinds in EVENTS.items()}


def dump(case: Case, said: str = "") -> str:
    """The case as YAML; instants are on the bank's clock. `said` comes first, as a comment."""
    yaml = YAML()
    yaml.width = 150
    usual = [customer for customer in case.customers if _unusual(case.facts, customer) == ((), ())]
    left = {table: rows for table in TABLES for rows in [getattr(case.facts, table)]}
    for table, given in zip(("consents", "addresses"), zip(*(usual_rows(one) for one in usual), strict=True), strict=False):
        left[table] = tuple(one for one in left[table] if one not in [row for rows in given for row in rows])
    top = CommentedMap(
        {
            "case": case.number,
            "policy": _plain(case.policy),
            "segments": list(case.segments),
            "usual": usual,
            "runs": [written(run) for run in case.facts.runs],
            "journeys": {run: {name: _plain(body) for name, body in written.items()} for run, written in case.journeys.items()},
        }
    )
    if case.products:
        top |= {"products": _plain(case.products), "risk": _plain(case.risk)}
    for table in TABLES:
        if not left[table] and table in RARE:
            continue
        rows = CommentedSeq(CommentedMap(_row(one)) for one in left[table])
        for row in rows:
            row.fa.set_flow_style()
        top[table] = rows
    for journeys in top["journeys"].values():
        for body in journeys.values():
            body["steps"] = CommentedSeq(CommentedMap(step) for step in body["steps"])
            for step in body["steps"]:
                step.fa.set_flow_style()
    if said:
        top.yaml_set_start_comment(said)
    stream = StringIO()
    yaml.dump(top, stream)
    return stream.getvalue()


def load(path: Path) -> Case:
    """A case from its YAML."""
    data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    tables = {table: tuple(_read(kind, row) for row in data.get(table) or ()) for table, kind in TABLES.items()}
    prefix = f"c{data['case']:05d}_"
    for customer in data["usual"] or ():
        consents, addresses = usual_rows(customer)
        tables |= {"consents": (*tables["consents"], *consents), "addresses": (*tables["addresses"], *addresses)}
    facts = Facts(runs=tuple(_in(run) for run in data["runs"]), properties=known_properties(prefix), **tables)
    shared = data.get("products") or {}, data.get("risk") or {}
    return Case(data["case"], facts, data["policy"], data["journeys"], tuple(data["segments"]), *shared)


def usual_rows(customer: int) -> tuple[tuple[Consent, ...], tuple[Address, ...]]:
    """The consents and addresses of a customer who can be reached everywhere; `usual` in YAML lists such customers."""
    consents = (Consent(1, customer, purpose, on, True, LONG_AGO) for purpose in PURPOSES for on in CHANNELS)
    return tuple(consents), tuple(Address(1, customer, on) for on in CHANNELS)


def _unusual(facts: Facts, customer: int) -> tuple[tuple[Consent, ...], tuple[Address, ...]]:
    """What a usual customer has and this one has not."""
    consents, addresses = usual_rows(customer)
    return tuple(one for one in consents if one not in facts.consents), tuple(
        one for one in addresses if one not in facts.addresses
    )


def known_properties(prefix: str) -> dict[str, frozenset[str]]:
    """The names of the properties of each event of a case."""
    return {name: frozenset(kinds) for name, kinds in properties_of(prefix).items()}


def _row(one: Any) -> dict[str, Any]:
    named = ((of.name, getattr(one, of.name)) for of in fields(one))
    return {name: written(value) for name, value in named if value not in (None, {})}


def _read(kind: type, row: Mapping[str, Any]) -> Any:
    return kind(**{name: tuple(value) if name == "touch" else _in(value) for name, value in row.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def written(value: Any) -> Any:
    """A value as it is written: instants on the bank's clock."""
    if isinstance(value, datetime):
        return value + EIGHT_HOURS
    if isinstance(value, Mapping):
        return {key: written(one) for key, one in value.items()}
    return [written(one) for one in value] if isinstance(value, list | tuple) else value


def _in(value: Any) -> Any:
    if isinstance(value, datetime):
        return value - EIGHT_HOURS
    if isinstance(value, Mapping):
        return {key: _in(one) for key, one in value.items()}
    return value
