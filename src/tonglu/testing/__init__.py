"""For tests of journeys: a small bank in a folder, built from Python, run at given instants, its tables read back.

    bank = TinyBank(tmp_path, journeys={"hello": {"enter": {"event": "app_login"}, "steps": [{"greet": {"touch": "hi", "via": ["sms"]}}]}})
    bank.customers(1, 2, 3)
    bank.event("app_login", 1, at("2026-03-02 09:00"))
    bank.run(at("2026-03-02 10:00"))
    assert bank.decided() == [(1, "hello", "greet", "sent", "passed")]

It is a whole project, run by the same loop as any other; only Great Expectations is left out (`AcceptingJudge`), which keeps a run
at a few tenths of a second. Nothing here reads a clock or draws chance.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from tonglu.app.deliver import deliver_now
from tonglu.app.loop import DONE, Loop, Summary, open_loop, run_once
from tonglu.core.clock import parse_instant
from tonglu.mailroom.switches import Action, Scope
from tonglu.settings import Settings
from tonglu.testing.quiet import AcceptingJudge, QuietWorkplace
from tonglu.testing.rows import EVERYTHING, warehouse_rows
from tonglu.testing.tables import COLUMNS, PROMISES

__all__ = ["EVERYTHING", "SHANGHAI", "AcceptingJudge", "QuietWorkplace", "TinyBank", "at", "warehouse_rows"]
SHANGHAI = ZoneInfo("Asia/Shanghai")
PURPOSES = ("marketing", "service", "care")
LONG_AGO = datetime(2020, 1, 1)
LANDED_ON = "2020-01-01"
TITLE = {"zh": "试验", "en": "Trial"}
ARROW = {"bigint": pa.int64(), "integer": pa.int32(), "boolean": pa.bool_(), "date": pa.date32(), "instant": pa.timestamp("us")}
PYTHON = {bool: "boolean", int: "bigint", str: "text", date: "date", datetime: "instant"}
CONTACTS = ("touch", "task", "webhook")


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """An instant (naive UTC) from the bank's wall clock, such as at('2026-03-02 09:00')."""
    return parse_instant(text, zone)


class TinyBank:
    """A small project in a folder; use it as a context manager, or close it.

    Args:
        root: an empty folder, or one that a TinyBank of the same definitions was in.
        journeys: by name, the body of each as YAML text or as a mapping; `journey`, `title`, `purpose` (marketing) and `owner` are
            filled in where a mapping leaves them out.
        segments: by name, one SELECT of customer_id each.
        attributes: columns of `customers` beside customer_id, with their contract types; the profile has exactly these.
        events: what may happen, with typed properties; names that journeys use otherwise are added without properties.
        policy: policy.yaml as YAML text or mapping; the default has no caps, no hours, and lets 100 touches through per run.
        channels: bulk channels ('file'), each with consent and address for every customer that `customers` lands.
        people: channels of kind 'worklist' beside them, with their options; consent and address as above.
        staff: rows of the table `employees` (employee_id, branch_id, role, active, absent_from, absent_until); without any there is
            no such table.
        messages: by name, message files; those that a touch names and nobody gives are made up.
        failpoint: where the process kills itself; see `tonglu.settings`.
        threads: DuckDB's threads.
    """

    def __init__(
        self,
        root: Path,
        *,
        journeys: Mapping[str, str | Mapping[str, Any]],
        segments: Mapping[str, str] | None = None,
        attributes: Mapping[str, str] | None = None,
        events: Mapping[str, Mapping[str, str]] | None = None,
        policy: str | Mapping[str, Any] | None = None,
        channels: Sequence[str] | Mapping[str, Mapping[str, Any]] = ("app_push", "sms"),
        people: Mapping[str, Mapping[str, Any]] | None = None,
        staff: Sequence[Mapping[str, Any]] = (),
        messages: Mapping[str, Mapping[str, Any]] | None = None,
        failpoint: str | None = None,
        threads: int | None = 1,
    ) -> None:
        self.root, self.channels = root, (*channels, *(people or {}))
        self._people = dict(people or {})
        self._staff = [dict(one) for one in staff]
        self.settings = Settings(threads=threads, failpoint=failpoint)
        self._about_channels = dict(channels) if isinstance(channels, Mapping) else {}
        self._attributes = dict(attributes or {})
        self._files = 0
        self._events = 0
        self._place: QuietWorkplace | None = None
        self._declared = dict(events or {})
        self._write_base(segments or {})
        self.edit(journeys=journeys, policy=policy or {"per_run": 100}, messages=messages or {})
        self.land("employees", [{"active": True, **one} for one in self._staff])

    # definitions

    def edit(
        self,
        *,
        journeys: Mapping[str, str | Mapping[str, Any]] | None = None,
        policy: str | Mapping[str, Any] | None = None,
        messages: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Rewrite definitions between runs; journeys that are not given stay."""
        self.close()
        for name, body in (journeys or {}).items():
            self._put(f"journeys/{name}.yaml", _journey(name, body))
        if policy is not None:
            self._put("journeys/policy.yaml", policy if isinstance(policy, str) else json.dumps({"policy": "bank", **policy}))
        for name, body in (messages or {}).items():
            self._put(f"journeys/messages/{name}.yaml", json.dumps({"message": name, "title": TITLE, **body}, ensure_ascii=False))
        for journey in (journeys or {}).values():
            if isinstance(journey, Mapping):
                self._make_up_messages(journey)
                self._declare(journey)
        self._write_contracts()

    def remove_journey(self, name: str) -> None:
        """Take a journey's file away."""
        self.close()
        (self.root / "journeys" / f"{name}.yaml").unlink()

    # facts

    def customers(
        self, *rows: int | Mapping[str, Any], purposes: Sequence[str] = PURPOSES, reached_by: Sequence[str] | None = None
    ) -> None:
        """Land customers, by number or with attributes; each consents to `purposes` and has addresses on `reached_by` (all channels)."""
        full = [{"customer_id": row} if isinstance(row, int) else dict(row) for row in rows]
        numbers = [row["customer_id"] for row in full]
        channels = self.channels if reached_by is None else reached_by
        self.land("customers", full)
        self.land("contacts", [{"customer_id": number, "name": "王试验"} for number in numbers])
        self.land("addresses", [{"customer_id": n, "channel": c, "address": f"{c}-{n}"} for n in numbers for c in channels])
        self.land("consents", [_consent(n, p, c, granted=True) for n in numbers for p in purposes for c in self.channels])

    def consent(self, customer_id: int, channel: str, *, granted: bool, when: datetime, purpose: str = "marketing") -> None:
        """Land a change of consent."""
        self.land("consents", [_consent(customer_id, purpose, channel, granted=granted, when=when)])

    def event(self, name: str, customer_id: int, when: datetime, *, event_id: str | None = None, **properties: Any) -> str:
        """Land an event; its id."""
        self._events += 1
        event_id = event_id or f"e{self._events:06d}"
        row = {"event_id": event_id, "customer_id": customer_id, "name": name, "occurred_at": when}
        self.land("events", [{**row, "properties": json.dumps(properties)}])
        return event_id

    def events(self, rows: Sequence[tuple[str, int, datetime]]) -> None:
        """Land many events without properties, (name, customer, instant) each, in one file."""
        full = []
        for name, customer_id, when in rows:
            self._events += 1
            row = {"event_id": f"e{self._events:06d}", "customer_id": customer_id, "name": name, "occurred_at": when}
            full.append({**row, "properties": "{}"})
        self.land("events", full)

    def receipt(self, touch_key: str, receipt: str, when: datetime) -> None:
        """Land what a receiver reports of a touch."""
        row = {"receipt_id": f"r-{receipt}-{touch_key}", "touch_key": touch_key, "receipt": receipt, "occurred_at": when}
        self.land("receipts", [{**row, "detail": None}])

    def listed(self, name: str, *customers: int, when: datetime, key: str | None = None) -> None:
        """Put customers on a list."""
        self.land("lists", [{"list": name, "customer_id": one, "listed_at": when, "key": key} for one in customers])

    def land(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Put rows into a file that the next run takes in; an empty list lands nothing."""
        if rows:
            self.land_file(table, rows)

    def land_file(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """The same, and without rows a file that has none."""
        kinds = self._columns(table)
        schema = pa.schema([(name, ARROW.get(kind, pa.string())) for name, kind in kinds.items()])
        self._files += 1
        folder = self.root / "data/landing" / table / LANDED_ON
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{self._files:06d}.parquet"
        rest = folder / f"{self._files:06d}.parquet.tmp"
        pq.write_table(pa.Table.from_pylist([{name: row.get(name) for name in kinds} for row in rows], schema=schema), rest)
        rest.rename(target)

    # running

    @property
    def place(self) -> QuietWorkplace:
        """The project at work, open."""
        self._place = self._place or QuietWorkplace(self.root, self.settings)
        return self._place

    def run(self, as_of: datetime) -> Summary:
        """One run of the loop without publishing."""
        loop = self.open(as_of)
        if not isinstance(loop, Loop):
            return loop
        try:
            for name, stage in loop.stages:
                if name == "publish":
                    self.place.warehouse.execute(DONE, run_no=loop.run.run_no, step="published")
                else:
                    loop.summary |= stage()
        except BaseException:
            loop.roll_back()
            raise
        return loop.summary

    def run_whole(self, as_of: datetime) -> Summary:
        """One run with everything, as `tonglu run` does it."""
        return run_once(self.place, as_of)

    def open(self, as_of: datetime) -> Loop | Summary:
        """The run at an instant, ready to play stage by stage; or the summary of a finished one."""
        return open_loop(self.place, as_of)

    def deliver(self, now: datetime) -> dict[str, int]:
        """Let leave what is due."""
        return deliver_now(self.place, now)

    def throw(self, action: str, now: datetime, *, scope: str = "all", name: str = "") -> None:
        """Throw a switch: pause, resume or kill."""
        self.place.mailroom.throw(Scope(scope), name, Action(action), by="tester", reason="a test", at=now)

    # reading back

    def rows(self, statement: str, **parameters: object) -> list[tuple[Any, ...]]:
        """The rows of a query over the warehouse."""
        return self.place.warehouse.fetch(statement, **parameters)

    def handed_over(self) -> list[dict[str, str]]:
        """The rows of every complete hand-over file, by touch key."""
        found: list[dict[str, str]] = []
        for manifest in sorted((self.root / "data/handover").rglob("*.manifest.json")):
            with manifest.with_name(manifest.name.removesuffix(".manifest.json") + ".csv").open(
                encoding="utf-8", newline=""
            ) as file:
                found += csv.DictReader(file)
        return sorted(found, key=lambda row: row["touch_key"])

    def entries(self) -> list[tuple[Any, ...]]:
        """(customer, journey, entry_no, assignment, since) of every entry."""
        return self.rows("SELECT customer_id, journey, entry_no, assignment, since FROM tonglu.entry ORDER BY ALL")

    def entered(self, journey: str) -> list[int]:
        """The customers who entered a journey, once per entry."""
        rows = self.rows("SELECT customer_id FROM tonglu.entry WHERE journey = $journey ORDER BY ALL", journey=journey)
        return [customer_id for (customer_id,) in rows]

    def paths(self) -> list[tuple[Any, ...]]:
        """(customer, journey, entry_no, clock, from, to, cause) of every move, in order."""
        return self.rows(
            """SELECT e.customer_id, e.journey, e.entry_no, m.clock, f.step, t.step, m.cause
               FROM tonglu.move AS m JOIN tonglu.entry AS e USING (entry_id)
               JOIN tonglu.step AS f ON f.step_key = m.from_key JOIN tonglu.step AS t ON t.step_key = m.to_key
               ORDER BY e.journey, e.customer_id, e.entry_no, m.run_no, m.ordinal"""
        )

    def walked(self, customer_id: int) -> list[tuple[str, datetime]]:
        """The steps that a customer came to after the first, with the clock at each."""
        return [(to, clock) for customer, _, _, clock, _, to, _ in self.paths() if customer == customer_id]

    def ended(self) -> list[tuple[Any, ...]]:
        """(customer, journey, entry_no, ended_at, reason) of every entry that ended."""
        return self.rows(
            """SELECT e.customer_id, e.journey, e.entry_no, d.ended_at, d.reason
               FROM tonglu.ended AS d JOIN tonglu.entry AS e USING (entry_id) ORDER BY ALL"""
        )

    def resting(self) -> list[tuple[Any, ...]]:
        """(customer, journey, step, since) of every open entry."""
        return self.rows(
            "SELECT r.customer_id, r.journey, s.step, r.since FROM tonglu.rest AS r JOIN tonglu.step AS s USING (step_key) ORDER BY ALL"
        )

    def decided(self, run_no: int | None = None) -> list[tuple[Any, ...]]:
        """(customer, journey, step, outcome, reason) of every decision, or of one run's."""
        return self.rows(
            """SELECT customer_id, journey, step, outcome, reason FROM tonglu.decision
               WHERE $run_no IS NULL OR run_no = $run_no ORDER BY run_no, journey, customer_id, step""",
            run_no=run_no,
        )

    def state(self, schemas: Sequence[str] = EVERYTHING) -> dict[str, str]:
        """A digest of the rows of every table, by name: equal states have equal digests."""
        return {name: sha256("\n".join(rows).encode()).hexdigest() for name, rows in warehouse_rows(self.place, schemas).items()}

    def close(self) -> None:
        """Let go of the files; the next call opens them again."""
        if self._place is not None:
            self._place.close()
            self._place = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # writing the project

    def _write_base(self, segments: Mapping[str, str]) -> None:
        title = f"{TITLE['zh']} / {TITLE['en']}"
        names = ", ".join(["c.customer_id", *(f"c.{name}" for name in self._attributes)])
        self._put(
            "segments/profile.sql",
            f"-- profile: customer\n-- title: {title}\n-- owner: t\n-- grain: customer\nSELECT {names} FROM customers AS c\n",
        )
        for name, select in segments.items():
            self._put(
                f"segments/{name}.sql", f"-- segment: {name}\n-- title: {title}\n-- owner: t\n-- grain: customer\n{select}\n"
            )
        self._put("tonglu.yaml", json.dumps({"bank": TITLE, "zone": "Asia/Shanghai"}))
        entries = {name: {"kind": "file", "title": TITLE, **self._about_channels.get(name, {})} for name in self.channels}
        entries |= {name: {"kind": "worklist", "title": TITLE, **options} for name, options in self._people.items()}
        self._put("journeys/channels.yaml", json.dumps({"channels": entries}))

    def _write_contracts(self) -> None:
        for table, promise in PROMISES.items():
            if table == "employees" and not self._staff:
                continue
            columns = {name: {"type": kind} for name, kind in self._columns(table).items()}
            names = {"names": self._declared} if table == "events" else {}
            self._put(
                f"data/contracts/{table}.yaml",
                json.dumps({"table": table, "title": TITLE, **promise, "columns": columns, **names}),
            )

    def _columns(self, table: str) -> dict[str, str]:
        return {**COLUMNS[table], **(self._attributes if table == "customers" else {})}

    def _declare(self, body: Mapping[str, Any]) -> None:
        for name in _named_events(body):
            if not name.startswith("touch."):
                self._declared.setdefault(name, {})

    def _make_up_messages(self, body: Mapping[str, Any]) -> None:
        for step in body["steps"]:
            [fields] = step.values()
            name = next((fields[kind] for kind in CONTACTS if kind in fields), None)
            if name is None or (self.root / f"journeys/messages/{name}.yaml").exists():
                continue
            texts = {channel: {"body": f"{name} via {channel}"} for channel in self.channels}
            arms = fields.get("experiment", {}).get("arms")
            said = {"arms": dict.fromkeys(arms, texts)} if arms else {"text": texts}
            self._put(f"journeys/messages/{name}.yaml", json.dumps({"message": name, "title": TITLE, **said}))

    def _put(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _journey(name: str, body: str | Mapping[str, Any]) -> str:
    if isinstance(body, str):
        return body
    return json.dumps({"journey": name, "title": TITLE, "purpose": "marketing", "owner": "t", **body}, ensure_ascii=False)


def _named_events(node: object) -> list[str]:
    """Every value of a key 'event' in a journey."""
    if isinstance(node, Mapping):
        own = [value for key, value in node.items() if key == "event" and isinstance(value, str)]
        return own + [name for value in node.values() for name in _named_events(value)]
    return [name for item in node for name in _named_events(item)] if isinstance(node, list | tuple) else []


def _consent(customer_id: int, purpose: str, channel: str, *, granted: bool, when: datetime = LONG_AGO) -> dict[str, object]:
    return {"customer_id": customer_id, "purpose": purpose, "channel": channel, "granted": granted, "changed_at": when}
