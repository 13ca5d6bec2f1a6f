"""Tables of other databases are read by a column that only rises, and their connection strings are never shown."""

import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from tonglu.core.errors import InputError, Unavailable
from tonglu.stages.quarantine import quarantine_release

NOW = "2026-03-02T04:00:00"
ATTACHED = {"attach": "duckdb", "from_env": "CORE_BANK", "table": "customers", "watermark": "seq"}


@pytest.fixture
def core_bank(tmp_path):
    """Another database with a table of customers; the function adds rows to it."""
    path = tmp_path / "core.duckdb"

    def add(*rows):
        with duckdb.connect(str(path)) as other:
            other.execute(
                "CREATE TABLE IF NOT EXISTS customers"
                " (seq BIGINT, customer_id BIGINT, birth_date DATE, sex VARCHAR, income BIGINT)"
            )
            other.executemany("INSERT INTO customers VALUES (?, ?, DATE '1980-05-06', ?, 1)", rows)

    add.path = str(path)
    return add


def test_an_attached_table_is_read_from_its_watermark_on(bank, make_contract, core_bank):
    bank.contracts["customers"] = make_contract("customers", source=ATTACHED)
    connections = {"CORE_BANK": core_bank.path}
    core_bank((1, 10, "F"), (2, 11, "X"))
    assert bank.ingest(NOW, connections=connections).rows["customers"] == 2
    moved = bank.promote(NOW).tables["customers"]
    assert (moved.added, moved.quarantined) == (1, 1)
    assert bank.ingest("2026-03-02T05:00:00", 2, connections=connections).rows["customers"] == 1
    again = bank.promote("2026-03-02T05:00:00", 2).tables["customers"]
    assert (again.staged, again.duplicates, again.quarantined) == (1, 1, 0)
    core_bank((3, 10, "M"))
    bank.ingest("2026-03-02T06:00:00", 3, connections=connections)
    assert bank.promote("2026-03-02T06:00:00", 3).tables["customers"].replaced == 1
    assert bank.rows("SELECT customer_id, sex FROM source.customers") == [(10, "M")]
    assert bank.rows("SELECT state FROM quarantine.customers") == [("open",)]


def test_rows_that_tie_with_the_watermark_and_come_later_are_not_lost(bank, make_contract, core_bank):
    bank.contracts["customers"] = make_contract("customers", source=ATTACHED)
    connections = {"CORE_BANK": core_bank.path}
    core_bank((1, 10, "F"), (2, 11, "F"), (2, 12, "X"))
    bank.ingest(NOW, connections=connections)
    bank.promote(NOW)
    core_bank((2, 13, "M"), (2, 14, "Y"))
    for run_no, counts in ((2, (1, 2, 1)), (3, (0, 4, 0))):
        as_of = f"2026-03-02T0{run_no + 4}:00:00"
        bank.ingest(as_of, run_no, connections=connections)
        moved = bank.promote(as_of, run_no).tables["customers"]
        assert (moved.added, moved.duplicates, moved.quarantined) == counts
        assert moved.staged == sum(counts)
    assert bank.rows("SELECT customer_id FROM source.customers ORDER BY 1") == [(10,), (11,), (13,)]
    assert bank.rows("SELECT row->>'$.customer_id' FROM quarantine.customers ORDER BY 1") == [("12",), ("14",)]
    assert bank.rows("SELECT count(*) FROM history.customers") == [(0,)]


def test_a_row_that_is_written_again_after_its_rule_was_corrected_comes_in(bank, make_contract, core_bank):
    bank.contracts["customers"] = make_contract("customers", source=ATTACHED)
    connections = {"CORE_BANK": core_bank.path}
    core_bank((1, 10, "X"))
    bank.ingest(NOW, connections=connections)
    bank.promote(NOW)
    columns = bank.contracts["customers"].model_dump(exclude_none=True)["columns"]
    columns["sex"]["values"] = ("F", "M", "X")
    bank.contracts["customers"] = make_contract("customers", source=ATTACHED, columns=columns)
    core_bank((2, 10, "X"))
    bank.ingest("2026-03-02T05:00:00", 2, connections=connections)
    bank.promote("2026-03-02T05:00:00", 2)
    assert bank.rows("SELECT customer_id, sex FROM source.customers") == [(10, "X")]


def test_a_row_on_the_watermark_that_was_let_out_of_quarantine_is_not_set_aside_again(bank, make_contract, core_bank):
    bank.contracts["customers"] = make_contract("customers", source=ATTACHED)
    connections = {"CORE_BANK": core_bank.path}
    core_bank((1, 10, "X"))
    bank.ingest(NOW, connections=connections)
    bank.promote(NOW)
    [(one,)] = bank.rows("SELECT quarantine_id FROM quarantine.customers")
    said = {"reason": "confirmed", "by": "li", "at": datetime.fromisoformat(NOW)}
    quarantine_release(bank.warehouse, bank.contracts, [one], **said, override=True)
    for run_no in (2, 3):
        as_of = f"2026-03-02T0{run_no + 4}:00:00"
        bank.ingest(as_of, run_no, connections=connections)
        bank.promote(as_of, run_no)
    assert bank.rows("SELECT customer_id, sex FROM source.customers") == [(10, "X")]
    assert bank.rows("SELECT state FROM quarantine.customers") == [("restaged",)]


def test_rows_of_a_run_that_did_not_commit_are_read_again(bank, make_contract, core_bank):
    bank.contracts["customers"] = make_contract("customers", source=ATTACHED)
    core_bank((1, 10, "F"))
    for _ in range(2):
        assert bank.ingest(NOW, connections={"CORE_BANK": core_bank.path}).rows["customers"] == 1


def test_a_connection_that_is_not_set_is_a_finding(bank, make_contract):
    bank.contracts["customers"] = make_contract("customers", source=ATTACHED)
    with pytest.raises(InputError, match="Set CORE_BANK in the environment"):
        bank.ingest(NOW)


def test_a_database_that_cannot_be_reached_is_unavailable_and_its_connection_is_not_shown(bank, make_contract, tmp_path):
    bank.contracts["customers"] = make_contract("customers", source=ATTACHED)
    secret = tmp_path / "hunter2" / "core.duckdb"
    with pytest.raises(Unavailable) as caught:
        bank.ingest(NOW, connections={"CORE_BANK": str(secret)})
    assert "CORE_BANK" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.fixture
def postgres(tmp_path):
    """A throw-away local server on a Unix socket."""
    program, init = shutil.which("pg_ctl"), shutil.which("initdb")
    pytest.importorskip("duckdb_extension_postgres_scanner")
    if program is None or init is None:
        pytest.skip("no PostgreSQL server is installed")
    as_other = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
    if as_other and shutil.which("setpriv") is None:
        pytest.skip("PostgreSQL does not run as root, and setpriv is not there")
    folder = Path("/tmp") / f"tonglu-pg-{tmp_path.name}-{os.getpid()}"  # a socket's path must be short
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    try:
        subprocess.run(
            [*as_other, init, "-D", str(folder / "data"), "-U", "core", "--auth=trust", "-N"],
            check=True,
            capture_output=True,
            timeout=60,
        )
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        start = [program, "-D", str(folder / "data"), "-w", "-o", options, "-l", str(folder / "log"), "start"]
        subprocess.run([*as_other, *start], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        yield f"host={folder} user=core dbname=postgres"
    finally:
        subprocess.run(
            [*as_other, program, "-D", str(folder / "data"), "-m", "immediate", "stop"], check=False, capture_output=True
        )
        shutil.rmtree(folder, ignore_errors=True)


def test_a_table_of_postgresql_is_read(bank, make_contract, postgres):
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("psql is not installed")
    made = "CREATE TABLE customers (seq bigint, customer_id bigint, birth_date date, sex text, income bigint);"
    made += "INSERT INTO customers VALUES (1, 10, '1980-05-06', 'F', 5)"
    subprocess.run([psql, postgres, "-c", made], check=True, capture_output=True, timeout=60)
    bank.contracts["customers"] = make_contract("customers", source={**ATTACHED, "attach": "postgres"})
    bank.ingest(NOW, connections={"CORE_BANK": postgres})
    assert bank.promote(NOW).tables["customers"].added == 1
    assert bank.rows("SELECT birth_date::VARCHAR, income FROM source.customers") == [("1980-05-06", 5)]
