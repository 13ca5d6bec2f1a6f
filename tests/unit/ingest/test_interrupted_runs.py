"""A run that dies between staging and its commit, started again, ends where the undisturbed run would have ended."""

import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from tonglu.stages.promote import promote

DAY = "2026-03-02"
NOW = "2026-03-02T04:00:00"
HEADER = "customer_id,birth_date,sex,income\n"
STATE = (
    "SELECT 'source', customer_id, income, loaded_run FROM source.customers UNION ALL "
    "SELECT 'quarantine', row_no, run_no, NULL FROM quarantine.customers UNION ALL "
    "SELECT 'held', count(*), NULL, NULL FROM held.events UNION ALL "
    "SELECT 'events', count(*), NULL, NULL FROM source.events UNION ALL "
    "SELECT 'files', count(*), sum(rows), NULL FROM tonglu.ingested_file ORDER BY ALL"
)


def fill(bank, make_events):
    bank.drop("customers", DAY, "a.csv", HEADER + "1,1980-05-06,F,100\n2,1980-05-06,X,100\n")
    rows = [("e1", 1, "app_login", "2026-03-01T01:00:00", None), ("e2", 1, "app_login", "2026-03-09T01:00:00", None)]
    bank.drop("events", DAY, "a.parquet", make_events(*rows))


def die_after_promote(bank, as_of, run_no):
    with bank.warehouse.transaction():
        promote(bank.warehouse, bank.contracts, run_no, datetime.fromisoformat(as_of))
        raise ZeroDivisionError


def test_a_process_killed_between_staging_and_promote_changes_nothing(bank, make_events):
    fill(bank, make_events)
    bank.warehouse.close()
    script = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from conftest import Bank\n"
        f"bank = Bank(Path({str(bank.path.parent)!r}))\nbank.ingest({NOW!r})\nbank.check({NOW!r})\n"
        "bank.warehouse.connection.execute('BEGIN')\nfrom tonglu.stages.promote import promote\nfrom datetime import datetime\n"
        f"promote(bank.warehouse, bank.contracts, 1, datetime.fromisoformat({NOW!r}))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr
    bank.open()
    assert bank.rows("SELECT count(*) FROM source.customers") == [(0,)]
    assert bank.rows("SELECT count(*) FROM staging.customers") == [(2,)]
    bank.run(NOW)
    assert bank.rows(STATE) == [
        ("events", 1, None, None),
        ("files", 2, 4, None),
        ("held", 1, None, None),
        ("quarantine", 3, 1, None),
        ("source", 1, 100, 1),
    ]


def test_ingest_twice_gives_the_same_staging(bank, make_events):
    fill(bank, make_events)
    staged = "SELECT * FROM staging.customers ORDER BY _file, _row"
    bank.ingest(NOW)
    once = bank.rows(staged)
    bank.ingest(NOW)
    assert bank.rows(staged) == once
    assert bank.rows("SELECT count(*) FROM tonglu.staged_file") == [(2,)]


def test_a_promote_that_fails_half_way_is_rolled_back_whole(bank, make_events):
    fill(bank, make_events)
    bank.ingest(NOW)
    bank.check(NOW)
    with pytest.raises(ZeroDivisionError):
        die_after_promote(bank, NOW, 1)
    assert bank.rows("SELECT (SELECT count(*) FROM source.events) + (SELECT count(*) FROM held.events)") == [(0,)]
    assert bank.run(NOW).tables["events"].held == 1


def test_a_held_fact_survives_a_failed_run_in_which_it_was_due(bank, make_events):
    fill(bank, make_events)
    bank.run(NOW)
    due = "2026-03-10T00:00:00"
    bank.ingest(due, 2)
    with pytest.raises(ZeroDivisionError):
        die_after_promote(bank, due, 2)
    assert bank.run(due, 2).tables["events"].added == 1
    assert bank.rows("SELECT count(*) FROM source.events") == [(2,)]
