"""The scratch project of a rehearsal: real journeys, messages, policy and channels; profile, segments and facts as the cases say."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from tonglu.app.definitions import Definitions
from tonglu.app.workplace import Workplace
from tonglu.core.clock import to_utc
from tonglu.language.contract import Contract
from tonglu.language.expression import ColumnType
from tonglu.language.rehearsal import Rehearsal
from tonglu.stages.check import Judge, Verdict

LONG_AGO = datetime(1990, 1, 1)
LANDED_ON = "1990-01-01"
SQL_OF = {
    ColumnType.INTEGER: "bigint",
    ColumnType.DECIMAL: "decimal",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.DATE: "date",
    ColumnType.INSTANT: "instant",
}
SENT = "SELECT touch_key, customer_id, step, visit FROM tonglu.touch WHERE journey = $journey"
LATEST: dict[str, Any] = {"keep": "latest"}
EVERY: dict[str, Any] = {"keep": "all"}
TABLES: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("customers", {**LATEST, "key": ["customer_id"], "time": "known_at", "newest_by": "known_at"}, "known_at instant"),
    (
        "members",
        {**EVERY, "key": ["customer_id", "segment", "stay"], "time": "known_at"},
        "customer_id bigint, segment text, stay bigint, starts instant, ends instant, known_at instant",
    ),
    ("contacts", {**LATEST, "key": ["customer_id"], "personal": True}, "customer_id bigint, name text"),
    (
        "addresses",
        {**LATEST, "key": ["customer_id", "channel"], "personal": True},
        "customer_id bigint, channel text, address text",
    ),
    (
        "consents",
        {**LATEST, "key": ["customer_id", "purpose", "channel"], "newest_by": "changed_at"},
        "customer_id bigint, purpose text, channel text, granted boolean, changed_at instant",
    ),
    (
        "events",
        {**EVERY, "key": ["event_id"], "time": "occurred_at"},
        "event_id text, customer_id bigint, name text, occurred_at instant, properties json",
    ),
    (
        "lists",
        {**EVERY, "key": ["list", "customer_id", "listed_at"], "time": "listed_at"},
        "list text, customer_id bigint, listed_at instant, key text",
    ),
    (
        "receipts",
        {**EVERY, "key": ["receipt_id"], "time": "occurred_at"},
        "receipt_id text, touch_key text, receipt text, occurred_at instant, detail text",
    ),
    (
        "complaints",
        {**LATEST, "key": ["complaint_id"], "time": "opened_at"},
        "complaint_id bigint, customer_id bigint, opened_at instant, closed_at instant",
    ),
)
"""The scratch project's tables: their contract, and their columns with types. Customers have the profile's columns too."""


class _Accepting:
    """In place of the data's own checks: the facts are written by hand."""

    def judge(self, contract: Contract) -> Sequence[Verdict]:
        return ()


class _Scratch(Workplace):
    """The scratch project at work."""

    def judge(self) -> Judge:
        return _Accepting()


@contextmanager
def opened(scratch: Path) -> Iterator[Workplace]:
    """The scratch project at work."""
    place = _Scratch(scratch)
    place.waived = True
    try:
        yield place
    finally:
        place.close()


class Bank:
    """The scratch project of one file of tests."""

    def __init__(
        self, root: Path, scratch: Path, definitions: Definitions, rehearsal: Rehearsal, customers: Mapping[int, int]
    ) -> None:
        """Set out what will be laid out.

        Args:
            root: the project whose journeys are played.
            scratch: an empty folder.
            definitions: what is written in the project.
            rehearsal: the file of tests.
            customers: the customer of each case, by its place in the file.
        """
        self.root, self.scratch, self.definitions, self.rehearsal = root, scratch, definitions, rehearsal
        self.customers, self.zone = customers, definitions.project.zone_info
        self.received: set[str] = set()
        self.journey = next(one for one in definitions.journeys if one.name == rehearsal.written.journey)

    def lay_out(self) -> None:
        """Write all of it, but the receipts."""
        paths = self.definitions.project.paths
        for folder in (paths.messages, paths.segments, paths.contracts):
            (self.scratch / folder).mkdir(parents=True, exist_ok=True)
        mine = {self.journey.name, *self.rehearsal.written.with_journeys}
        for name in sorted(mine):
            shutil.copy(self.root / paths.journeys / f"{name}.yaml", self.scratch / paths.journeys)
        for path in (self.root / paths.messages).glob("*.yaml"):
            shutil.copy(path, self.scratch / paths.messages)
        for name in (paths.policy, paths.channels):
            shutil.copy(self.root / name, self.scratch / name)
        shutil.copy(self.root / "tonglu.yaml", self.scratch)
        self._write_contracts()
        self._write_segments()
        for table, rows in self._facts().items():
            self._land(table, rows)

    def _contracts(self) -> dict[str, dict[str, Any]]:
        profile = {name: SQL_OF.get(kind, "text") for name, kind in self.definitions.known.profile.items()}
        found = {
            table: {**promise, "columns": dict(part.split() for part in columns.split(", "))}
            for table, promise, columns in TABLES
        }
        found["customers"]["columns"] = {**profile, "known_at": "instant"}
        return found

    def _write_contracts(self) -> None:
        folder = self.scratch / self.definitions.project.paths.contracts
        declared = self.definitions.contracts["events"].names or {}
        names = {name: {key: kind.value for key, kind in properties.items()} for name, properties in declared.items()}
        for table, contract in self._contracts().items():
            columns = {name: {"type": kind} for name, kind in contract["columns"].items()}
            extra = {"names": names} if table == "events" else {}
            title = {"zh": "试演", "en": "Rehearsal"}
            written = {"table": table, "title": title, **contract, "columns": columns, **extra}
            (folder / f"{table}.yaml").write_text(json.dumps(written, ensure_ascii=False), encoding="utf-8")

    def _write_segments(self) -> None:
        folder = self.scratch / self.definitions.project.paths.segments
        head = "-- {}\n-- title: 试演 / Rehearsal\n-- owner: t\n-- grain: customer\n"
        columns = ", ".join(f"c.{name}" for name in self.definitions.known.profile)
        profile = head.format("profile: customer") + f"SELECT {columns} FROM customers AS c\n"  # noqa: S608 (names of the profile)
        (folder / "profile.sql").write_text(profile, encoding="utf-8")
        for name in sorted(self.definitions.known.segments):
            of = f"m.segment = '{name}' AND (m.starts IS NULL OR m.starts <= as_of()) AND (m.ends IS NULL OR m.ends > as_of())"
            text = head.format(f"segment: {name}") + f"SELECT m.customer_id FROM members AS m WHERE {of}\n"  # noqa: S608 (a checked name)
            (folder / f"{name}.sql").write_text(text, encoding="utf-8")

    def _facts(self) -> dict[str, list[dict[str, Any]]]:
        rows: dict[str, list[dict[str, Any]]] = {name: [] for name in self._contracts()}
        for number, case in enumerate(self.rehearsal.written.cases):
            customer = self.customers[number]
            known = dict(case.customer)
            rows["customers"].append({"customer_id": customer, **known, "known_at": LONG_AGO})
            for later in case.then:
                known |= later.customer
                rows["customers"].append({"customer_id": customer, **known, "known_at": self._utc(later.at)})
            rows["contacts"].append({"customer_id": customer, "name": "王试演"})
            for channel in sorted(self.definitions.channels):
                if case.channels is None or channel in case.channels:
                    rows["addresses"].append({"customer_id": customer, "channel": channel, "address": f"{channel}-{customer}"})
                granted = case.consents is None or channel in case.consents
                consent = {"customer_id": customer, "purpose": self.journey.header.purpose, "channel": channel}
                rows["consents"].append({**consent, "granted": granted, "changed_at": LONG_AGO})
            for name, stays in case.segments.items():
                for stay, span in enumerate(stays):
                    starts, ends = (None if one is None else self._utc(one) for one in (span.starts, span.ends))
                    row = {"customer_id": customer, "segment": name, "stay": stay, "starts": starts, "ends": ends}
                    rows["members"].append({**row, "known_at": LONG_AGO})
            for name, moment in case.lists.items():
                rows["lists"].append({"list": name, "customer_id": customer, "listed_at": self._utc(moment), "key": None})
            for at, one in enumerate(case.events):
                event = {
                    "event_id": f"{customer}-{at}",
                    "customer_id": customer,
                    "name": one.event,
                    "occurred_at": self._utc(one.at),
                }
                rows["events"].append({**event, "properties": json.dumps(dict(one.properties), ensure_ascii=False)})
        return rows

    def land_receipts(self, place: Workplace, as_of: datetime) -> None:
        """Land the receipts until an instant: what the receivers of touches that were sent before it reported."""
        sent = {tuple(row): key for key, *row in place.warehouse.fetch(SENT, journey=self.journey.name)}
        rows = []
        for number, case in enumerate(self.rehearsal.written.cases):
            for at, one in enumerate(case.receipts):
                key, receipt_id = sent.get((self.customers[number], one.step, one.visit)), f"{number}-{at}"
                if key is not None and receipt_id not in self.received and self._utc(one.at) <= as_of:
                    self.received.add(receipt_id)
                    row = {"receipt_id": receipt_id, "touch_key": key, "receipt": one.receipt}
                    rows.append({**row, "occurred_at": self._utc(one.at), "detail": None})
        self._land("receipts", rows, f"receipts{len(self.received):06d}")

    def _land(self, table: str, rows: Sequence[Mapping[str, Any]], name: str = "facts") -> None:
        import pyarrow as pa
        import pyarrow.csv

        if not rows:
            return
        names = list(self._contracts()[table]["columns"])
        columns = {name: pa.array([_text(row.get(name)) for row in rows], pa.string()) for name in names}
        folder = self.scratch / self.definitions.project.paths.landing / table / LANDED_ON
        folder.mkdir(parents=True, exist_ok=True)
        pa.csv.write_csv(pa.table(columns), folder / f"{name}.csv")

    def _utc(self, moment: datetime) -> datetime:
        return to_utc(moment, self.zone)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)
