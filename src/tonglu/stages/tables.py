"""The relations that a contract makes, their names and columns, and the statements that create and rebuild them."""

from collections.abc import Mapping

from sqlglot import exp

from tonglu.core.errors import Finding, InputError
from tonglu.core.ports import Warehouse
from tonglu.language.contract import Contract, Keep
from tonglu.stages.casts import STORED
from tonglu.stages.pattern import column, columns, fill

Columns = Mapping[str, str]

STAGING_MARKS: Columns = {
    "_from": "VARCHAR",  # landing, attached, tied (attached, on the watermark), inbox, held, released or overridden
    "_file": "VARCHAR",  # the file as people know it
    "_row": "BIGINT",  # the line of a CSV file, the row number of a Parquet file, from 1
    "_day": "DATE",  # the day of the landing folder
    "_rule": "VARCHAR",  # the first row rule that the row breaks
    "_raw": "VARCHAR",  # the row as the file had it, as JSON, when a value could not be read
}
LOADED: Columns = {"loaded_run": "INTEGER"}
_QUARANTINE: Columns = {
    "quarantine_id": "VARCHAR",
    "run_no": "INTEGER",
    "rule": "VARCHAR",
    "file": "VARCHAR",
    "row_no": "BIGINT",
    "row": "VARCHAR",
    "state": "VARCHAR",  # open, released, overridden, restaged or superseded
    "settled_run": "INTEGER",
}


def staging(contract: Contract) -> exp.Table:
    """What this run took in."""
    return _table("staging", contract.table)


def current(contract: Contract) -> exp.Table:
    """The current rows: `source`, or `personal`."""
    return _table(contract.schema_name, contract.table)


def history(contract: Contract) -> exp.Table:
    """Replaced versions of keyed rows."""
    return _table("history", contract.table)


def held(contract: Contract) -> exp.Table:
    """Rows whose time has not come."""
    return _table("held", contract.table)


def quarantine(contract: Contract) -> exp.Table:
    """Rows that broke a rule."""
    return _table("quarantine", contract.table)


def _table(schema: str, name: str) -> exp.Table:
    return exp.Table(this=exp.to_identifier(name, quoted=True), db=exp.to_identifier(schema, quoted=True))


def own_columns(contract: Contract) -> dict[str, str]:
    """Columns of the contract with their stored types."""
    return {name: STORED[promised.type] for name, promised in contract.columns.items()}


def create(table: exp.Table, wanted: Columns, replace: bool = False) -> exp.Expression:
    """CREATE TABLE, or CREATE OR REPLACE TABLE."""
    definitions = [
        exp.ColumnDef(this=exp.to_identifier(name, quoted=True), kind=exp.DataType.build(stored, dialect="duckdb"))
        for name, stored in wanted.items()
    ]
    return exp.Create(this=exp.Schema(this=table.copy(), expressions=definitions), kind="TABLE", replace=replace)


def create_staging(contract: Contract) -> exp.Expression:
    """An empty staging table in place of the last run's."""
    return create(staging(contract), {**own_columns(contract), **STAGING_MARKS}, replace=True)


def create_current(contract: Contract) -> exp.Expression:
    """The table of the current rows alone, empty: enough to bind a SELECT on."""
    return create(current(contract), {**own_columns(contract), **LOADED})


def _kept(contract: Contract) -> list[tuple[exp.Table, Columns]]:
    own = own_columns(contract)
    kept: list[tuple[exp.Table, Columns]] = [
        (current(contract), {**own, **LOADED}),
        (quarantine(contract), _QUARANTINE),
    ]
    if contract.keep is Keep.LATEST:
        kept.append((history(contract), {**own, **LOADED, "replaced_run": "INTEGER"}))
    if contract.time is not None:
        kept.append((held(contract), {**own, **STAGING_MARKS}))
    return kept


def prepare(warehouse: Warehouse, contracts: Mapping[str, Contract]) -> None:
    """Create what the contracts need and is not there; a table that lacks a column is rebuilt with it, empty in old rows.

    A column that a contract gave up stays in the table. Safe to call at the start of every run.

    Raises:
        InputError: a contract changed the type of a column that is stored already.
    """
    warehouse.run("ingest/prepare")
    stored: dict[tuple[str, str], dict[str, str]] = {}
    for schema, name, held_column, kind in warehouse.rows("ingest/stored_columns"):
        stored.setdefault((schema, name), {})[held_column] = kind
    findings: list[Finding] = []
    statements: list[exp.Expression] = []
    for contract in contracts.values():
        for table, wanted in _kept(contract):
            there = stored.get((table.db, table.name))
            if there is None:
                statements.append(create(table, wanted))
                continue
            findings += _changed_types(contract, there)
            if wanted.keys() - there.keys():
                statements += rebuild(table, there, wanted)
        if stored.get(("staging", contract.table)) != {**own_columns(contract), **STAGING_MARKS}:
            statements.append(create_staging(contract))
        if stored.get(("typed", contract.table)) != own_columns(contract):
            statements.append(_typed_view(contract))
    if findings:
        raise InputError(findings)
    with warehouse.transaction():
        for statement in statements:
            warehouse.execute(statement)


def _typed_view(contract: Contract) -> exp.Expression:
    pattern = "CREATE OR REPLACE VIEW typed AS SELECT own FROM staged WHERE _raw IS NULL AND _from <> 'overridden'"
    view = _table("typed", contract.table)
    return fill(pattern, {"typed": view, "staged": staging(contract)}, {"own": columns(list(contract.columns))})


def _changed_types(contract: Contract, there: Columns) -> list[Finding]:
    hint = "Give the new type a new column, or migrate the table by hand."
    return [
        Finding(
            "TL703",
            f"'{name}' is stored as {there[name]} and cannot become {stored}",
            contract.place("columns", name, "type"),
            hint,
        )
        for name, stored in own_columns(contract).items()
        if name in there and there[name] != stored
    ]


def rebuild(table: exp.Table, there: Columns, wanted: Columns) -> list[exp.Expression]:
    """A new table with all columns, old and new, swapped in by rename."""
    fresh = _table(table.db, f"{table.name}__new")
    every = {**wanted, **{name: kind for name, kind in there.items() if name not in wanted}}
    moved = [column(name) for name in every if name in there]
    swap = exp.Alter(this=fresh.copy(), kind="TABLE", actions=[exp.AlterRename(this=exp.to_table(table.name))])
    return [
        create(fresh, every, replace=True),
        fill("INSERT INTO fresh BY NAME SELECT moved FROM old", {"fresh": fresh, "old": table}, {"moved": moved}),
        fill("DROP TABLE old", {"old": table}),
        swap,
    ]
