"""A small bank for ingest: two tables of facts, two keyed ones, and a landing folder to drop files into."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tonglu.language.contract import Contract
from tonglu.stages.check import CheckSummary, Judge, check, record_checks
from tonglu.stages.ingest import IngestSummary, ingest, stage_rows
from tonglu.stages.promote import PromoteSummary, promote
from tonglu.stages.tables import prepare
from tonglu.warehouse.connection import DuckDBWarehouse
from tonglu.warehouse.landing import DuckDBLanding

ZONE = ZoneInfo("Asia/Shanghai")
TITLE = {"zh": "表", "en": "Table"}
CONTRACTS: dict[str, dict[str, Any]] = {
    "events": {
        "keep": "all",
        "key": ["event_id"],
        "time": "occurred_at",
        "columns": {
            "event_id": {"type": "text"},
            "customer_id": {"type": "bigint", "required": True},
            "name": {"type": "text", "required": True},
            "occurred_at": {"type": "instant"},
            "properties": {"type": "json"},
        },
        "names": {"app_login": {}, "product_opened": {"product": "text", "amount": "bigint"}},
    },
    "receipts": {
        "keep": "all",
        "key": ["receipt_id"],
        "time": "occurred_at",
        "columns": {
            "receipt_id": {"type": "text"},
            "touch_key": {"type": "text", "required": True},
            "receipt": {"type": "text", "values": ["delivered", "opened"]},
            "occurred_at": {"type": "instant"},
        },
    },
    "customers": {
        "keep": "latest",
        "key": ["customer_id"],
        "columns": {
            "customer_id": {"type": "bigint", "min": 1},
            "birth_date": {"type": "date", "min": "1900-01-01"},
            "sex": {"type": "text", "values": ["F", "M"]},
            "income": {"type": "bigint", "min": 0},
        },
    },
    "consents": {
        "keep": "latest",
        "key": ["customer_id", "channel"],
        "time": "changed_at",
        "newest_by": "changed_at",
        "columns": {
            "customer_id": {"type": "bigint"},
            "channel": {"type": "text", "values": ["sms", "call"], "breach": "block"},
            "granted": {"type": "boolean", "required": True},
            "changed_at": {"type": "instant"},
        },
    },
}


def contract(table: str, **changes: Any) -> Contract:
    """The contract of a table of this bank, with changes."""
    return Contract.model_validate({"table": table, "title": TITLE, **CONTRACTS[table], **changes})


class Bank:
    """A warehouse, its landing folder and its contracts; each method is one stage of the loop."""

    def __init__(self, folder: Path) -> None:
        self.landing = folder / "landing"
        self.path = folder / "warehouse.duckdb"
        self.contracts = {name: contract(name) for name in CONTRACTS}
        self.open()

    def open(self) -> None:
        self.warehouse = DuckDBWarehouse(self.path)
        self.warehouse.connection.execute("CREATE SCHEMA IF NOT EXISTS tonglu")
        self.warehouse.connection.execute(
            "CREATE TABLE IF NOT EXISTS tonglu.touch"
            " (touch_key VARCHAR, customer_id BIGINT, journey VARCHAR, step VARCHAR, channel VARCHAR, entry_id BIGINT)"
        )
        self.reader = DuckDBLanding(self.warehouse)
        prepare(self.warehouse, self.contracts)

    def drop(self, table: str, day: str, name: str, content: pa.Table | str | bytes) -> Path:
        path = self.landing / table / day / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, pa.Table):
            pq.write_table(content, path)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def ingest(self, as_of: str, run_no: int = 1, **more: Any) -> IngestSummary:
        moment = datetime.fromisoformat(as_of)
        return ingest(
            self.warehouse, self.reader, self.contracts, self.landing, as_of=moment, run_no=run_no, zone=ZONE, **more
        )  # fmt: skip

    def stage(self, table: str, rows: pa.Table) -> int:
        return stage_rows(self.warehouse, self.reader, self.contracts[table], rows)

    def check(self, as_of: str, run_no: int = 1, judge: Judge | None = None) -> CheckSummary:
        return check(self.warehouse, self.contracts, run_no, as_of=datetime.fromisoformat(as_of), judge=judge)

    def promote(self, as_of: str, run_no: int = 1, checked: CheckSummary | None = None) -> PromoteSummary:
        with self.warehouse.transaction():
            if checked is not None:
                record_checks(self.warehouse, checked)
            return promote(self.warehouse, self.contracts, run_no, datetime.fromisoformat(as_of))

    def run(self, as_of: str, run_no: int = 1) -> PromoteSummary:
        self.ingest(as_of, run_no)
        return self.promote(as_of, run_no, self.check(as_of, run_no))

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return self.warehouse.connection.execute(statement).fetchall()


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    made = Bank(tmp_path)
    yield made
    made.warehouse.close()


def events(*rows: tuple[str, int, str, str, str | None]) -> pa.Table:
    """Rows of (event_id, customer_id, name, occurred_at, properties) as a Parquet file would have them."""
    ids, customers, names, moments, properties = zip(*rows, strict=True)
    return pa.table(
        {
            "event_id": pa.array(ids, pa.string()),
            "customer_id": pa.array(customers, pa.int64()),
            "name": pa.array(names, pa.string()),
            "occurred_at": pa.array([datetime.fromisoformat(moment) for moment in moments], pa.timestamp("us")),
            "properties": pa.array(properties, pa.string()),
        }
    )


@pytest.fixture
def make_events() -> Any:
    return events


@pytest.fixture
def make_contract() -> Any:
    return contract
