"""Holes of a pattern are filled, and nothing else is, whatever the columns of a bank are called."""

import duckdb
import pytest
from sqlglot import exp

from tonglu.stages.pattern import column, fill


def test_what_a_subquery_brings_in_is_never_taken_for_a_hole():
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT 5 AS rule, 7 AS own")
    inner = exp.Subquery(this=fill("SELECT own, rule AS kept FROM t"))
    filled = fill(
        "SELECT rule AS a, own FROM offered AS o",
        {"offered": inner},
        {"own": [column("kept", "o"), column("own", "o")]},
        {"rule": exp.convert("filled")},
    )
    assert connection.execute(filled.sql(dialect="duckdb")).fetchall() == [("filled", 5, 7)]


def test_a_quoted_name_is_a_column_and_never_a_hole():
    statement = fill('SELECT "rule", rule FROM t', conditions={"rule": exp.convert(1)})
    assert statement.sql(dialect="duckdb") == 'SELECT "rule", (1) FROM t'


def test_one_name_for_a_list_and_a_condition_is_refused():
    with pytest.raises(ValueError, match="one name: own"):
        fill("SELECT own", lists={"own": [column("a")]}, conditions={"own": exp.true()})


def test_an_attached_table_may_be_ordered_by_a_column_that_is_called_like_a_hole(bank, make_contract, tmp_path):
    path = tmp_path / "core.duckdb"
    with duckdb.connect(str(path)) as other:
        other.execute(
            "CREATE TABLE customers AS SELECT 1 AS rule, 10 AS customer_id, DATE '1980-05-06' AS birth_date, 'F' AS sex, 1 AS income"
        )
    source = {"attach": "duckdb", "from_env": "CORE_BANK", "table": "customers", "watermark": "rule"}
    bank.contracts["customers"] = make_contract("customers", source=source)
    for run_no, added in ((1, 1), (2, 0)):
        bank.ingest(f"2026-03-0{run_no}T04:00:00", run_no, connections={"CORE_BANK": str(path)})
        assert bank.promote(f"2026-03-0{run_no}T04:00:00", run_no).tables["customers"].added == added
