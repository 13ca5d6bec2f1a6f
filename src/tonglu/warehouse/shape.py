"""The shape of what analysts wrote, by DuckDB itself: an empty copy of the source tables, on which every SELECT is bound.

What sqlglot cannot see, such as a function that does not exist or types that do not fit, DuckDB refuses here before anything runs.
"""

import re
from collections.abc import Mapping, Sequence

import duckdb

from tonglu.core.errors import Finding
from tonglu.core.sql import table
from tonglu.language.contract import Contract
from tonglu.language.expression import ColumnType
from tonglu.language.risk import RiskRule
from tonglu.language.segment import Segment
from tonglu.language.segment_names import RISK
from tonglu.stages import risk
from tonglu.stages.segment import create_table
from tonglu.stages.tables import create_current
from tonglu.warehouse.connection import DuckDBWarehouse
from tonglu.warehouse.schema import migrate

TYPES = {
    "VARCHAR": ColumnType.TEXT,
    "BOOLEAN": ColumnType.BOOLEAN,
    "DATE": ColumnType.DATE,
    "TIMESTAMP": ColumnType.INSTANT,
    "DOUBLE": ColumnType.DECIMAL,
    "FLOAT": ColumnType.DECIMAL,
}
INSTANTS = """
    SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = $schema AND table_name = $table AND column_name <> 'customer_id'
    ORDER BY column_index
"""
COLUMNS = "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = 'tonglu' AND table_name = 'profile' ORDER BY column_index"


def bind(
    contracts: Mapping[str, Contract], segments: Sequence[Segment], rules: Sequence[RiskRule], findings: list[Finding]
) -> dict[str, ColumnType]:
    """The profile's columns with their types; what DuckDB refuses is added to `findings`.

    Args:
        contracts: the source tables.
        segments: profile and segments, each after those that it reads.
        rules: the risk rules, which may read all of these.
        findings: where everything found is added.
    """
    warehouse = DuckDBWarehouse(":memory:", threads=1)
    migrate(warehouse)
    warehouse.run("ingest/prepare")
    for contract in contracts.values():
        warehouse.execute(create_current(contract))
    warehouse.connection.execute("SET VARIABLE as_of = TIMESTAMP '2026-01-01'; SET VARIABLE as_of_date = DATE '2026-01-01'")
    for one in segments:
        try:
            warehouse.execute(create_table(one))
        except duckdb.Error as problem:
            findings.append(_finding(one, str(problem)))
            target = table("profile", "tonglu") if one.is_profile else table(one.name, "segment")
            warehouse.connection.execute(f"CREATE OR REPLACE TABLE {target.sql('duckdb')} (customer_id BIGINT)")
    for rule in rules:
        _bind_rule(warehouse, rule, findings)
    columns = {name: _kind(kind) for name, kind in warehouse.fetch(COLUMNS)}
    warehouse.close()
    return columns


def _bind_rule(warehouse: DuckDBWarehouse, rule: RiskRule, findings: list[Finding]) -> None:
    """A risk rule on the empty copy: DuckDB takes it, and its instants are instants."""
    try:
        warehouse.execute(risk.create_table(rule))
    except duckdb.Error as problem:
        findings.append(_finding(rule.segment, str(problem)))
        return
    for name, kind in warehouse.fetch(INSTANTS, schema=RISK, table=rule.name):
        if kind != "TIMESTAMP":
            place, hint = rule.segment.place(0), "An instant is a TIMESTAMP in UTC, such as a contract's column of type instant."
            findings.append(Finding("TL523", f"'{name}' is {kind} and not an instant", place, hint))


def _kind(kind: str) -> ColumnType:
    plain = kind.split("(", maxsplit=1)[0]
    if plain in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "UINTEGER"):
        return ColumnType.INTEGER
    return ColumnType.DECIMAL if plain == "DECIMAL" else TYPES.get(plain, ColumnType.UNKNOWN)


def _finding(one: Segment, problem: str) -> Finding:
    """DuckDB's refusal, at the word that it quotes where the text has it."""
    lines = [line for line in problem.splitlines() if line.strip() and not line.startswith("LINE")]
    quoted = re.search(
        r'"([^"]+)"|Function with name (\w+)|No function matches the given name and argument types \'(\w+)', lines[0]
    )
    word = next((group for group in quoted.groups() if group), "") if quoted else ""
    offset = one.sql.text.lower().find(word.lower()) if word else -1
    hint = next((line.strip() for line in lines[1:] if "Did you mean" in line or "Candidate" in line), "")
    return Finding("TL520", lines[0], one.place(max(offset, 0)), hint)
