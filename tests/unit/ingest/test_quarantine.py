"""Rows leave quarantine by a corrected file, by a release after the rule changed, or by an override; always on record."""

from datetime import datetime

import pytest

from tonglu.core.errors import InputError
from tonglu.stages.quarantine import quarantine_list, quarantine_release

DAY = "2026-03-02"
NOW = "2026-03-02T04:00:00"
LATER = "2026-03-03T04:00:00"
AT = datetime(2026, 3, 2, 9)
HEADER = "customer_id,birth_date,sex,income\n"


@pytest.fixture
def aside(bank):
    """A bank with one row in quarantine: an unknown sex."""
    bank.drop("customers", DAY, "a.csv", HEADER + "1,1980-05-06,X,100\n2,1980-05-06,F,100\n")
    bank.run(NOW)
    return bank


def release(bank, ids, reason="the branch confirmed it", **more):
    return quarantine_release(bank.warehouse, bank.contracts, ids, reason, "wang", at=AT, **more)


def test_the_list_shows_rule_file_line_and_values(aside):
    (row,) = quarantine_list(aside.warehouse, aside.contracts)
    assert (row.quarantine_id, row.table, row.rule, row.file, row.row_no) == (
        "customers-1-1", "customers", "values:sex", "customers/2026-03-02/a.csv", 2,
    )  # fmt: skip
    assert row.row == {"customer_id": 1, "birth_date": "1980-05-06", "sex": "X", "income": 100}


def test_the_list_masks_personal_tables(aside, make_contract):
    contracts = {"customers": make_contract("customers", personal=True)}
    (row,) = quarantine_list(aside.warehouse, contracts)
    assert set(row.row.values()) == {"***"}


def test_a_released_row_is_judged_again_and_returns_when_it_is_still_broken(aside):
    assert release(aside, ["customers-1-1"]) == 1
    assert aside.run(LATER, 2).tables["customers"].quarantined == 1
    states = {row.quarantine_id: row.state for row in quarantine_list(aside.warehouse, aside.contracts, state="all")}
    assert states == {"customers-1-1": "restaged", "customers-2-1": "open"}


def test_an_overridden_row_is_accepted_in_spite_of_its_rule(aside):
    release(aside, ["customers-1-1"], override=True)
    assert aside.run(LATER, 2).tables["customers"].added == 1
    assert aside.rows("SELECT sex, birth_date::VARCHAR FROM source.customers WHERE customer_id = 1") == [("X", "1980-05-06")]
    assert aside.rows("SELECT quarantine_id, action, reason, done_by, done_at FROM tonglu.quarantine_action") == [
        ("customers-1-1", "overridden", "the branch confirmed it", "wang", AT)
    ]
    assert quarantine_list(aside.warehouse, aside.contracts) == []


def test_a_row_without_its_key_cannot_be_overridden(bank):
    bank.drop("customers", DAY, "a.csv", HEADER + ",1980-05-06,F,100\n")
    bank.run(NOW)
    release(bank, ["customers-1-1"], override=True)
    assert bank.run(LATER, 2).tables["customers"].quarantined == 1


def test_a_corrected_file_supersedes_its_own_rows(aside):
    aside.drop("customers", DAY, "a.csv", HEADER + "1,1980-05-06,M,100\n2,1980-05-06,F,100\n")
    aside.run(LATER, 2)
    assert aside.rows("SELECT customer_id, sex FROM source.customers ORDER BY 1") == [(1, "M"), (2, "F")]
    assert aside.rows("SELECT state, settled_run FROM quarantine.customers") == [("superseded", 2)]


def test_a_release_needs_a_reason_and_open_rows_and_takes_all_or_none(aside):
    with pytest.raises(InputError) as caught:
        release(aside, ["customers-1-1", "customers-9-9", "nothing"], reason=" ")
    assert sorted(finding.code for finding in caught.value.findings) == ["TL732", "TL733", "TL733"]
    assert aside.rows("SELECT state FROM quarantine.customers") == [("open",)]
    release(aside, ["customers-1-1"])
    with pytest.raises(InputError, match="is released, not open"):
        release(aside, ["customers-1-1"])
