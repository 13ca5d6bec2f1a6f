"""The landed real bank in plain DuckDB, and how well its segments find each other's customers."""

from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

import duckdb
from tests.real_bank.mapping import LANDING

HERE = Path(__file__).resolve().parent
PROJECT = HERE / "project"
BERKA = HERE.parents[1].parent / "shared" / "datasets" / "berka"
SEGMENTS = ("steady_income", "pension_detected", "salary_detected", "pension_labelled", "pension_day", "salary_day", "profile")


@dataclass(frozen=True)
class Found:
    """How well a segment finds the customers of another: sizes, and how many are in both."""

    size: int
    wanted: int
    both: int

    @property
    def precision(self) -> float:
        """The share of those found who were wanted."""
        return self.both / self.size

    @property
    def recall(self) -> float:
        """The share of those wanted who were found."""
        return self.both / self.wanted


class Bank:
    """The landed bank in plain DuckDB, with the macros that segments know."""

    def __init__(self, landing: Path) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("CREATE SCHEMA source; CREATE SCHEMA segment; CREATE SCHEMA personal")
        for table in LANDING:
            schema = "personal" if table == "addresses" else "source"
            rows = self.connection.read_parquet(str(landing / table / "*" / "*.parquet"))
            rows.create(f"{schema}.{table}")
        self.connection.execute("SET search_path = 'source,main'")

    def segments_on(self, day: date) -> None:
        """Make every segment as of 18:00 UTC of a day."""
        as_of = datetime.combine(day, time(18))
        self.connection.execute(f"CREATE OR REPLACE MACRO as_of() AS TIMESTAMP '{as_of}'")
        self.connection.execute(f"CREATE OR REPLACE MACRO as_of_date() AS DATE '{day}'")
        for name in SEGMENTS:
            text = (PROJECT / "segments" / f"{name}.sql").read_text(encoding="utf-8")
            self.connection.execute(f"CREATE OR REPLACE TABLE segment.{name} AS {text}")

    def number(self, query: str) -> int:
        """The one whole number that a query gives."""
        row = self.connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])

    def size(self, name: str) -> int:
        """How many customers are in a segment."""
        return self.number(f"SELECT count(DISTINCT customer_id) FROM segment.{name}")

    def found(self, name: str, wanted: str) -> Found:
        """How well one segment finds the customers of another."""
        both = self.number(f"SELECT count(*) FROM segment.{name} SEMI JOIN segment.{wanted} USING (customer_id)")
        return Found(self.size(name), self.size(wanted), both)

    def label_those_with_three_months(self) -> None:
        """`segment.ripe`: labelled pensioners who have had the three pensions that a detector needs."""
        self.connection.execute("""
            CREATE OR REPLACE TABLE segment.ripe AS
            SELECT customer_id FROM source.transactions
            WHERE code = 'DUCHOD' AND occurred_at > as_of() - INTERVAL 6 MONTH AND occurred_at <= as_of()
            GROUP BY customer_id HAVING count(DISTINCT month(occurred_at)) >= 3
        """)
