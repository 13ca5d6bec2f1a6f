"""A warehouse that a killed process left with a write-ahead log is looked at before it is used."""

import shutil
from pathlib import Path

import pytest

from tonglu.core.errors import CheckFailed
from tonglu.warehouse.connection import DuckDBWarehouse
from tonglu.warehouse.schema import migrate

WHOLE = (
    "INSERT INTO tonglu.run VALUES (1, TIMESTAMP '2026-03-01', 'd', '{}'), (2, TIMESTAMP '2026-03-02', 'd', '{}')",
    "INSERT INTO tonglu.conservation VALUES (1, 'entries = open + ended', 0), (2, 'entries = open + ended', 0)",
    "INSERT INTO tonglu.entry (entry_id) VALUES (1), (2)",
    "INSERT INTO tonglu.rest (entry_id) VALUES (1)",
    "INSERT INTO tonglu.ended (entry_id) VALUES (2)",
)


@pytest.fixture
def killed(tmp_path):
    """A function: the file of a warehouse that took statements and was never closed, with its write-ahead log."""

    def leave(*statements: str) -> Path:
        whole = tmp_path / "whole.duckdb"
        warehouse = DuckDBWarehouse(whole)
        if statements:
            migrate(warehouse)
        else:
            warehouse.execute("CREATE TABLE t (a INTEGER)")
        for statement in statements:
            warehouse.execute(statement)
        left = tmp_path / "left" / "whole.duckdb"
        left.parent.mkdir()
        for path in (whole, Path(f"{whole}.wal")):
            shutil.copy(path, left.parent)
        warehouse.close()
        return left

    return leave


@pytest.mark.parametrize("statements", [WHOLE, ("SELECT 1",), ()])
def test_a_whole_one_opens_and_its_log_is_gone(killed, statements):
    path = killed(*statements)
    DuckDBWarehouse(path).close()
    assert not Path(f"{path}.wal").exists()


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("DELETE FROM tonglu.rest", "entries = open [+] ended: off by 1"),
        ("DELETE FROM tonglu.conservation WHERE run_no = 2", "the last run is recorded with its rules: off by 1"),
    ],
)
def test_one_that_breaks_a_rule_is_refused_and_let_go_of(killed, statement, named):
    path = killed(*WHOLE, statement)
    with pytest.raises(CheckFailed, match=named):
        DuckDBWarehouse(path)
    shutil.rmtree(path.parent)


def test_a_run_number_that_is_there_twice_is_refused(killed):
    without_key = ("CREATE OR REPLACE TABLE tonglu.run AS FROM tonglu.run", "INSERT INTO tonglu.run BY NAME SELECT 2 AS run_no")
    with pytest.raises(CheckFailed, match="no run number twice: off by 1"):
        DuckDBWarehouse(killed(*WHOLE, *without_key))
