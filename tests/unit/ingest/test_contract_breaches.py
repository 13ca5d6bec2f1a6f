"""Blocking breaches stop a run before anything moves; quarantining ones set rows aside; both say what was expected."""

import pytest

from tonglu.core.errors import CheckFailed
from tonglu.stages.check import ContractBroken

DAY = "2026-03-02"
NOW = "2026-03-02T04:00:00"
HEADER = "customer_id,birth_date,sex,income\n"
CONSENT = "customer_id,channel,granted,changed_at\n"


def test_a_quarantining_breach_sets_rows_aside_with_rule_file_and_content(bank):
    bank.drop(
        "customers", DAY, "a.csv", HEADER + "1,1980-05-06,X,100\n,1980-05-06,F,1\n3,1880-01-01,F,1\n4,1980-05-06,F,-1\n5,,F,\n"
    )
    summary = bank.ingest(NOW)
    checked = bank.check(NOW)
    assert summary.rows["customers"] == 5
    assert checked.aside == {"customers": 4}
    moved = bank.promote(NOW, checked=checked).tables["customers"]
    assert (moved.added, moved.quarantined) == (1, 4)
    assert bank.rows("SELECT rule, row_no, row->>'$.sex', state FROM quarantine.customers ORDER BY row_no") == [
        ("values:sex", 2, "X", "open"),
        ("required:customer_id", 3, "F", "open"),
        ("range:birth_date", 4, "F", "open"),
        ("range:income", 5, "F", "open"),
    ]
    kept = bank.rows("SELECT source_table, expectation, severity, success, observed FROM tonglu.check_result ORDER BY 2")
    assert ("customers", "values:sex", "quarantine", False, "1 row(s)") in kept


def test_a_blocking_breach_stops_the_run_with_a_readable_report_and_moves_nothing(bank):
    bank.drop("customers", DAY, "a.csv", HEADER + "1,1980-05-06,F,100\n")
    bank.drop("consents", DAY, "a.csv", CONSENT + "1,pigeon,true,2026-03-01 00:00:00\n")
    bank.ingest(NOW)
    with pytest.raises(CheckFailed) as caught:
        bank.check(NOW)
    for word in ("consents", "values:channel", "one of sms, call", "pigeon", "a.csv:2"):
        assert word in str(caught.value)
    assert bank.rows("SELECT count(*) FROM source.customers") == [(0,)]
    assert bank.rows("SELECT count(*) FROM quarantine.consents") == [(0,)]
    assert bank.rows("SELECT count(*) FROM tonglu.ingested_file") == [(0,)]


def test_a_corrected_delivery_after_a_stop_goes_through(bank):
    path = bank.drop("consents", DAY, "a.csv", CONSENT + "1,pigeon,true,2026-03-01 00:00:00\n")
    with pytest.raises(ContractBroken):
        bank.run(NOW)
    path.write_text(CONSENT + "1,sms,true,2026-03-01 00:00:00\n")
    assert bank.run(NOW).tables["consents"].added == 1


def test_samples_of_personal_tables_are_masked(bank, make_contract):
    bank.contracts["customers"] = make_contract("customers", personal=True, breach="block")
    bank.warehouse.close()
    bank.open()
    bank.drop("customers", DAY, "a.csv", HEADER + "1,1980-05-06,secret,100\n")
    bank.ingest(NOW)
    with pytest.raises(ContractBroken) as caught:
        bank.check(NOW)
    assert "secret" not in str(caught.value)
    assert "***" in str(caught.value)
    assert "secret" not in repr(caught.value.summary)


def test_values_of_customers_are_masked_in_what_is_logged_and_codes_are_shown(bank, make_contract, make_events):
    bank.contracts["customers"] = make_contract("customers", breach="block")
    bank.contracts["events"] = make_contract("events", breach="block")
    bank.drop("customers", DAY, "a.csv", HEADER + "1,1980-05-06,X,100\n2,1815-12-10,F,100\n3,1980-05-06,F,8600x\n")
    wrong = [("e1", 1, "danced", None), ("e2", 1, "product_opened", '{"amount": "secret"}')]
    bank.drop("events", DAY, "a.parquet", make_events(*((*one[:3], "2026-03-01T01:00:00", one[3]) for one in wrong)))
    bank.ingest(NOW)
    with pytest.raises(ContractBroken) as caught:
        bank.check(NOW)
    told = str(caught.value)
    assert not [value for value in ("1815", "8600", "secret") if value in told]
    for word in (
        "for example X (",
        "for example danced (",
        "range:birth_date",
        "a.csv:3",
        "type:income",
        "a.csv:4",
        "property:amount",
    ):
        assert word in told


def volumes(bank, counts, **volume):
    """Deliver days of so many rows; the verdict on the last one's ratio."""
    contract = bank.contracts["customers"]
    bank.contracts["customers"] = contract.model_validate({**contract.model_dump(exclude_none=True), "volume": volume})
    for number, count in enumerate(counts, 1):
        rows = "".join(f"{number * 1000 + row},1980-05-06,F,1\n" for row in range(count))
        bank.drop("customers", f"2026-03-{number:02}", "a.csv", HEADER + rows)
        as_of = f"2026-03-{number:02}T04:00:00"
        bank.ingest(as_of, number)
        checked = bank.check(as_of, number)
        bank.promote(as_of, number, checked)
    return {verdict.expectation: verdict for verdict in checked.verdicts}


@pytest.mark.parametrize(("counts", "success"), [([500, 10, 9], True), ([500, 10, 4], False), ([500, 10, 21], False)])
def test_volume_is_held_against_the_delivery_before_but_not_against_the_first_load(bank, counts, success):
    verdict = volumes(bank, counts, against_yesterday=(0.5, 2.0), breach="warn")["volume:against_yesterday"]
    assert verdict.success is success
    assert verdict.observed.startswith(f"{counts[-1]} row(s)")


def test_the_second_delivery_has_nothing_to_be_held_against(bank):
    assert "volume:against_yesterday" not in volumes(bank, [500, 3], against_yesterday=(0.5, 2.0))


def test_a_volume_that_blocks_stops_the_run(bank):
    with pytest.raises(ContractBroken, match="at least 5 row"):
        volumes(bank, [500, 3], min_rows=5, breach="block")


@pytest.mark.parametrize(("as_of", "success"), [("2026-03-03T01:00:00", True), ("2026-03-03T01:00:01", False)])
def test_freshness_is_the_age_of_the_newest_row_even_when_nothing_came(bank, make_contract, make_events, as_of, success):
    bank.contracts["events"] = make_contract("events", freshness={"newest_within": "2 days", "breach": "warn"})
    bank.drop("events", DAY, "a.parquet", make_events(("e1", 1, "app_login", "2026-03-01T01:00:00", None)))
    bank.run(NOW)
    bank.ingest(as_of, 2)
    verdicts = [verdict for verdict in bank.check(as_of, 2).verdicts if verdict.expectation == "freshness"]
    assert [verdict.success for verdict in verdicts] == [success]
