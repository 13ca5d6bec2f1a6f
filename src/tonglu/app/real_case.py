"""A real customer's trip as a test of its journey: what was known of the customer and happened, and the path and touches that came of it.

Read from the live warehouse, which is not touched. Neither the customer's id nor anything of a personal table goes into a case; of the
profile and of events only what the journey looks at. What was known in each run comes from the facts that had been loaded until then.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlglot import exp

from tonglu.app.definitions import Definitions
from tonglu.app.real_facts import WHENEVER, Looked
from tonglu.app.real_reach import OPT_OUT, Reach, reach
from tonglu.app.rehearsal_differences import expectation
from tonglu.app.rehearsal_play import Decided, Went
from tonglu.compile.program import CompiledJourney
from tonglu.core.clock import day_of, local
from tonglu.core.errors import Finding, InputError, Place
from tonglu.core.sql import fill, table
from tonglu.language.contract import Contract, Keep
from tonglu.language.journey import Journey
from tonglu.language.rehearsal import LONGEST
from tonglu.language.segment import dependencies
from tonglu.stages.tables import current, history, own_columns
from tonglu.warehouse.overlay import LIVE, Overlay

ONE_DAY = timedelta(days=1)
ENTRY = """
    SELECT entry_id, version_no, key, assignment, run_no, assigned_at, since FROM tonglu.entry
    WHERE journey = $journey AND customer_id = $customer_id ORDER BY run_no DESC, key LIMIT 1
"""
PATH = """
    SELECT s.step, e.since FROM tonglu.entry AS e JOIN tonglu.step AS s ON s.step_key = e.version_no * 1000 + 1 WHERE e.entry_id = $entry_id
    UNION ALL
    (SELECT s.step, m.clock FROM tonglu.move AS m JOIN tonglu.step AS s ON s.step_key = m.to_key WHERE m.entry_id = $entry_id
     ORDER BY m.run_no, m.ordinal)
"""
LEFT_AT = """
    SELECT s.step, d.reason, d.run_no FROM tonglu.entry AS e
    LEFT JOIN tonglu.rest AS r USING (entry_id) LEFT JOIN tonglu.step AS s USING (step_key) LEFT JOIN tonglu.ended AS d USING (entry_id)
    WHERE e.entry_id = $entry_id
"""
DECIDED = """
    SELECT d.step, d.outcome, d.gate, d.reason, d.detail, d.channel, coalesce(d.not_before, r.as_of)
    FROM tonglu.decision AS d JOIN tonglu.run AS r USING (run_no) WHERE d.entry_id = $entry_id ORDER BY r.as_of, d.step
"""
ACTED = """
    SELECT run_no FROM tonglu.move WHERE entry_id = $entry_id UNION SELECT run_no FROM tonglu.decision WHERE entry_id = $entry_id
    UNION SELECT run_no FROM tonglu.ghost WHERE entry_id = $entry_id UNION SELECT run_no FROM tonglu.ended WHERE entry_id = $entry_id
"""
RUNS = "SELECT run_no, as_of FROM tonglu.run WHERE run_no BETWEEN $first AND $last ORDER BY run_no"
LAST = "SELECT max(run_no) FROM tonglu.run"
HASH = "SELECT hash FROM tonglu.version WHERE version_no = $version_no"
ARMS = "SELECT step, arm FROM tonglu.exposure WHERE entry_id = $entry_id"
WAYS = """
    SELECT f.step, t.step FROM tonglu.move AS m JOIN tonglu.step AS f ON f.step_key = m.from_key JOIN tonglu.step AS t ON t.step_key = m.to_key
    WHERE m.entry_id = $entry_id
"""
STAYS = """
    SELECT segment, entered_run, entered_at, left_at FROM tonglu.membership
    WHERE customer_id = $customer_id AND list_contains($segments, segment) AND (left_run IS NULL OR left_run >= $run_no) ORDER BY segment, entered_at
"""
EVENTS = """
    SELECT name, occurred_at, properties FROM source.events
    WHERE customer_id = $customer_id AND list_contains($names, name) AND occurred_at <= $until ORDER BY occurred_at, event_id
"""
RECEIPTS = """
    SELECT t.step, e.name, e.occurred_at, t.visit FROM source.events AS e
    JOIN tonglu.touch AS t ON t.touch_key = json_extract_string(e.properties, '$.touch_key')
    WHERE t.entry_id = $entry_id AND list_contains($names, e.name) AND e.occurred_at <= $until ORDER BY e.occurred_at, e.event_id
"""
SHOWN_THEN = "SELECT * FROM slot_here WHERE loaded_run <= getvariable('upto')"
OF_CUSTOMER = "customer_id = getvariable('of_customer')"
MEMBERS_THEN = """
    SELECT customer_id FROM tonglu.membership
    WHERE segment = slot('segment') AND entered_run <= getvariable('upto') AND (left_run IS NULL OR left_run > getvariable('upto'))
"""


@dataclass(frozen=True)
class RealCase:
    """A trip as a case, still to be named and written.

    Attributes:
        case: the case without its name, as data.
        then: attributes that changed, by run: whether the trip acted in it, its day, the attributes.
        entered: the day of the entry.
        same_version: whether the trip was on the version that is written now.
    """

    case: Mapping[str, Any]
    then: tuple[tuple[bool, date, Mapping[str, object]], ...]
    entered: date
    same_version: bool


def real_case(
    overlay: Overlay, definitions: Definitions, journey: Journey, compiled: CompiledJourney, looked: Looked, customer: int
) -> RealCase:
    """A customer's latest trip through a journey as a case.

    Raises:
        InputError: the customer never entered it, or was passed on by another journey.
    """
    if journey.header.enter.source == "journey":
        raise _cannot(
            f"'{journey.name}' is entered from another journey, which a test would have to play as well", "Record that one."
        )
    found = overlay.fetch(ENTRY, journey=journey.name, customer_id=customer)
    if not found:
        raise _cannot(f"this customer never entered '{journey.name}'", "tonglu query names some who did: FROM entries.")
    return _Recorder(overlay, definitions, journey, compiled, looked, customer, *found[0]).recorded()


def _cannot(message: str, hint: str) -> InputError:
    return InputError([Finding("TL900", message, Place("--customer"), hint)])


class _Recorder:
    """One trip."""

    def __init__(
        self, overlay: Overlay, definitions: Definitions, journey: Journey, compiled: CompiledJourney, looked: Looked, customer: int,
        entry_id: int, version_no: int, key: str, assignment: str, run_no: int, assigned_at: datetime, since: datetime,
    ) -> None:  # fmt: skip
        self.overlay, self.definitions, self.journey, self.compiled, self.looked = overlay, definitions, journey, compiled, looked
        self.customer, self.entry_id, self.version_no, self.key = customer, entry_id, version_no, key
        self.assignment, self.run_no, self.assigned_at, self.since = assignment, run_no, assigned_at, since
        self.zone: ZoneInfo = definitions.project.zone_info

    def recorded(self) -> RealCase:
        """All of it."""
        trip, ended_in = self._trip()
        [(last,)] = self.overlay.fetch(LAST)
        runs = self.overlay.fetch(RUNS, first=self.run_no, last=ended_in or last)
        until = runs[-1][1]
        first, end = self._first_day(), min(day_of(until, self.zone), self._first_day() + LONGEST)
        attributes, then = self._attributes(runs)
        reached = self._reach(until)
        parts: dict[str, Any] = {
            "runs": {"from": first, "to": end},
            "customer": attributes,
            "segments": self._segments(),
            "lists": {name.removeprefix("list."): at for name, at, _ in self._events(until) if name.startswith("list.")},
            "arms": self._arms(),
            "events": list(self._happened(until, reached.opt_outs)),
            "receipts": list(self._receipts(until)),
            "consents": None if reached.consents is None else list(reached.consents),
            "channels": None if reached.channels is None else list(reached.channels),
        }
        case = {key: value for key, value in parts.items() if value or (key == "consents" and value is not None)}
        case |= {"held_out": True} if self.assignment != "treated" else {}
        [(written,)] = self.overlay.fetch(HASH, version_no=self.version_no)
        case["expect"] = expectation(trip, self.zone)
        entered = day_of(self.assigned_at, self.zone)
        return RealCase(case, tuple(then), entered, written == self.compiled.definition.hash)

    def _trip(self) -> tuple[Went, int | None]:
        [(rests_at, end, ended_in)] = self.overlay.fetch(LEFT_AT, entry_id=self.entry_id)
        decided = [Decided(*row) for row in self.overlay.fetch(DECIDED, entry_id=self.entry_id)]
        return Went(
            [(step, clock) for step, clock in self.overlay.fetch(PATH, entry_id=self.entry_id)], rests_at, end, decided
        ), ended_in

    def _first_day(self) -> date:
        """The day of the first run: the one before the entry where joining or leaving a segment must be seen to happen."""
        enter, day = self.journey.header.enter, day_of(self.assigned_at, self.zone)
        return day - ONE_DAY if enter.source in ("segment", "left") and enter.enrolment != "current" else day

    def _segments(self) -> dict[str, object]:
        enter, found = self.journey.header.enter, dict[str, list[dict[str, date]]]()
        rows = self.overlay.fetch(STAYS, customer_id=self.customer, segments=sorted(self.looked.segments), run_no=self.run_no)
        for name, entered_run, entered_at, left_at in rows:
            brings = name == enter.segment and name not in found and enter.enrolment != "current"
            came = self.assigned_at if brings else entered_at if entered_run >= self.run_no else None
            span = {"from": came, "to": left_at}
            days = {word: day_of(at, self.zone) for word, at in span.items() if at is not None}
            if days.get("from", date.min) < days.get("to", date.max):
                found.setdefault(name, []).append(days)
        return {name: days[0] if len(days) == 1 else days for name, days in found.items()}

    def _arms(self) -> dict[str, str]:
        splits = {step.name: {to for to, _ in step.lowered.ways} for step in self.compiled.steps if step.lowered.ways}
        ways = {step: to for step, to in self.overlay.fetch(WAYS, entry_id=self.entry_id) if to in splits.get(step, ())}
        return {**ways, **dict(self.overlay.fetch(ARMS, entry_id=self.entry_id))}

    def _events(self, until: datetime) -> Iterator[tuple[str, datetime, dict[str, object]]]:
        """The events that the journey looks at, since they can count, with the properties that it reads."""
        enter = self.journey.header.enter
        asked = {"customer_id": self.customer, "names": sorted(self.looked.events), "until": until}
        for name, occurred_at, text in self.overlay.fetch(EVENTS, **asked):
            back = self.looked.counted.get(name, timedelta())
            oldest = datetime.min if back == WHENEVER else min(self.since, self.assigned_at - back)
            properties = json.loads(text or "{}")
            other_key = name == enter.occurs and enter.keyed_by and str(properties.get(enter.keyed_by, "")) != self.key
            if occurred_at >= oldest and not other_key:
                told = {one: properties[one] for one in sorted(self.looked.properties) if properties.get(one) is not None}
                yield name, local(occurred_at, self.zone), told

    def _happened(self, until: datetime, opt_outs: Sequence[tuple[datetime, str]]) -> Iterator[dict[str, object]]:
        """The events as a case writes them, opt-outs among them."""
        found = [(at, name, told) for name, at, told in self._events(until) if not name.startswith(("list.", "touch."))]
        outs: list[tuple[datetime, dict[str, object]]] = [
            (local(at, self.zone), {} if channel == "*" else {"channel": channel}) for at, channel in opt_outs
        ]
        instants = {at for at, _ in outs}
        found = [one for one in found if one[1] != OPT_OUT or one[0] not in instants]
        found += [(at, OPT_OUT, told) for at, told in outs]
        for at, name, told in sorted(found, key=lambda one: one[0]):
            yield {"event": name, "at": at, **told}

    def _reach(self, until: datetime) -> Reach:
        used = frozenset(channel for step in self.compiled.steps for channel in step.lowered.via)
        about = {"entry_id": self.entry_id, "customer_id": self.customer, "purpose": self.journey.header.purpose}
        times = {"since": self.assigned_at, "until": until}
        declared = self.definitions.contracts["events"].names or {}
        return reach(self.overlay, {**about, **times}, used, declared.get(OPT_OUT))

    def _receipts(self, until: datetime) -> Iterator[dict[str, object]]:
        names = sorted(name for name in self.looked.events if name.startswith("touch."))
        for step, name, at, visit in self.overlay.fetch(RECEIPTS, entry_id=self.entry_id, names=names, until=until):
            more = {"visit": visit} if visit > 1 else {}
            yield {"step": step, "receipt": name.removeprefix("touch."), "at": local(at, self.zone), **more}

    def _attributes(
        self, runs: Sequence[tuple[int, datetime]]
    ) -> tuple[dict[str, object], list[tuple[bool, date, Mapping[str, object]]]]:
        """What the profile said in the first run, and what changed in which later one."""
        names = sorted(self.looked.attributes & self.definitions.known.profile.keys())
        if not names:
            return {}, []
        query = self._profile(names)
        acted = {run_no for (run_no,) in self.overlay.fetch(ACTED, entry_id=self.entry_id)}
        first: dict[str, object] = {}
        changes: list[tuple[bool, date, Mapping[str, object]]] = []
        known: dict[str, object] = {}
        for run_no, as_of in runs:
            self.overlay.connection.execute("SET VARIABLE upto = $run_no", {"run_no": run_no})
            day = day_of(as_of, self.zone)
            self.overlay.give(run_no=run_no, as_of=as_of, as_of_date=day, zone=self.zone.key)
            rows = self.overlay.fetch(query)
            now = dict(zip(names, map(_plain, rows[0]), strict=True)) if rows else dict.fromkeys(names)
            if run_no == self.run_no:
                first = {name: value for name, value in now.items() if value is not None}
            elif changed := {name: value for name, value in now.items() if value != known[name]}:
                changes.append((run_no in acted, day, changed))
            known = now
        return first, changes

    def _profile(self, names: Sequence[str]) -> exp.Expression:
        """The profile of this customer as of the run in the variable `upto`, as the facts that were loaded until then give it."""
        overlay = self.overlay
        overlay.connection.execute("SET VARIABLE of_customer = $customer", {"customer": self.customer})
        for contract in self.definitions.contracts.values():
            if not contract.personal:
                _show_then(overlay, contract)
        [profile] = [one for one in self.definitions.segments if one.is_profile]
        for name in dependencies(profile):
            overlay.forget(name, "segment")
            overlay.execute(exp.Create(this=table(name, "segment"), kind="VIEW", expression=fill(MEMBERS_THEN, segment=name)))
        written = exp.Subquery(this=profile.tree.copy(), alias=exp.TableAlias(this=exp.to_identifier("p")))
        these = [exp.column(name, table="p", quoted=True) for name in names]
        mine = exp.EQ(
            this=exp.column("customer_id", table="p"),
            expression=exp.Anonymous(this="getvariable", expressions=[exp.Literal.string("of_customer")]),
        )
        return exp.select(*these).from_(written).where(mine)


def _show_then(overlay: Overlay, contract: Contract) -> None:
    """Show a table as it was in the run in the variable `upto`: of this customer where it has customers."""
    columns = list(own_columns(contract))
    sides = [fill(SHOWN_THEN, here=_live(current(contract)))]
    if contract.keep is Keep.LATEST:
        replaced = fill(SHOWN_THEN, here=_live(history(contract)))
        assert isinstance(replaced, exp.Select)
        sides.append(replaced.where("replaced_run > getvariable('upto')", dialect="duckdb"))
    shown = []
    for side in sides:
        assert isinstance(side, exp.Select)
        side = side.select(*(exp.column(name, quoted=True) for name in [*columns, "loaded_run"]), append=False)
        shown.append(side.where(OF_CUSTOMER, dialect="duckdb") if "customer_id" in columns else side)
    overlay.forget(contract.table, contract.schema_name)
    union = shown[0] if len(shown) == 1 else exp.union(shown[0], shown[1], distinct=False)
    overlay.execute(exp.Create(this=current(contract), kind="VIEW", expression=union))


def _live(here: exp.Table) -> exp.Table:
    return exp.table_(here.name, db=here.db, catalog=LIVE, quoted=True)


def _plain(value: object) -> object:
    """A value as a case writes it."""
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return value.isoformat(sep=" ") if isinstance(value, datetime) else value
