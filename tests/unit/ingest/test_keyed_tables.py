"""Keyed tables keep the latest version, and every version that it replaced."""

DAY = "2026-03-02"
NOW = "2026-03-02T04:00:00"
LATER = "2026-03-03T04:00:00"
HEADER = "customer_id,birth_date,sex,income\n"
CUSTOMER_COLUMNS = {
    "customer_id": {"type": "bigint", "min": 1},
    "birth_date": {"type": "date", "min": "1900-01-01"},
    "sex": {"type": "text", "values": ["F", "M"]},
    "income": {"type": "bigint", "min": 0},
}
CONSENT = "customer_id,channel,granted,changed_at\n"


def test_unchanged_rows_stay_and_changed_rows_leave_their_old_version_in_history(bank):
    bank.drop("customers", DAY, "a.csv", HEADER + "1,1980-05-06,F,100\n2,1980-05-06,M,\n")
    bank.run(NOW)
    bank.drop("customers", "2026-03-03", "a.csv", HEADER + "1,1980-05-06,F,100\n2,1980-05-06,M,5\n3,,F,1\n")
    moved = bank.run(LATER, 2).tables["customers"]
    assert (moved.added, moved.replaced, moved.duplicates) == (1, 1, 1)
    assert bank.rows("SELECT customer_id, income, loaded_run FROM source.customers ORDER BY 1") == [
        (1, 100, 1),
        (2, 5, 2),
        (3, 1, 2),
    ]
    assert bank.rows("SELECT customer_id, income, loaded_run, replaced_run FROM history.customers") == [(2, None, 1, 2)]


def test_the_newest_folder_wins_within_one_run_and_older_versions_are_kept(bank):
    bank.drop("customers", DAY, "a.csv", HEADER + "1,,F,100\n")
    bank.drop("customers", "2026-03-01", "z.csv", HEADER + "1,,F,50\n")
    moved = bank.run(NOW).tables["customers"]
    assert (moved.added, moved.older) == (1, 1)
    assert bank.rows("SELECT income FROM source.customers") == [(100,)]
    assert bank.rows("SELECT income FROM history.customers") == [(50,)]


def test_two_versions_that_nothing_puts_in_order_are_both_set_aside(bank):
    bank.drop("customers", DAY, "a.csv", HEADER + "1,,F,100\n1,,F,200\n2,,F,1\n2,,F,1\n")
    moved = bank.run(NOW).tables["customers"]
    assert (moved.added, moved.quarantined, moved.duplicates) == (1, 2, 1)


def test_a_late_older_consent_does_not_overwrite_the_newer_one(bank):
    bank.drop("consents", DAY, "a.csv", CONSENT + "1,sms,false,2026-03-02 03:00:00\n")
    bank.run(NOW)
    bank.drop("consents", "2026-03-03", "a.csv", CONSENT + "1,sms,true,2026-03-01 03:00:00\n")
    moved = bank.run(LATER, 2).tables["consents"]
    assert (moved.older, moved.replaced) == (1, 0)
    assert bank.rows("SELECT granted FROM source.consents") == [(False,)]
    assert bank.rows("SELECT granted, replaced_run FROM history.consents") == [(True, 2)]


def test_a_consent_of_the_future_is_held_and_then_replaces_the_present_one(bank):
    bank.drop("consents", DAY, "a.csv", CONSENT + "1,sms,true,2026-03-01 03:00:00\n1,sms,false,2026-03-02 23:00:00\n")
    assert bank.run(NOW).tables["consents"].held == 1
    assert bank.rows("SELECT granted FROM source.consents") == [(True,)]
    assert bank.run(LATER, 2).tables["consents"].replaced == 1
    assert bank.rows("SELECT granted FROM source.consents") == [(False,)]


def test_the_counts_of_what_became_of_the_rows_add_up(bank):
    bank.drop("customers", DAY, "a.csv", HEADER + "1,,F,1\n2,,F,1\n2,,F,1\n3,,X,1\n4,,F,1\n4,,F,2\n")
    moved = bank.run(NOW).tables["customers"]
    parts = (moved.added, moved.replaced, moved.older, moved.duplicates, moved.held, moved.quarantined)
    assert moved.staged == sum(parts) == 6


def test_a_contract_that_gains_a_column_rebuilds_the_table_with_its_rows(bank, make_contract):
    bank.drop("customers", DAY, "a.csv", HEADER + "1,1980-05-06,F,100\n")
    bank.run(NOW)
    bank.contracts["customers"] = make_contract("customers", columns={**CUSTOMER_COLUMNS, "city": {"type": "text"}})
    bank.warehouse.close()
    bank.open()
    assert bank.rows("SELECT customer_id, income, loaded_run, city FROM source.customers") == [(1, 100, 1, None)]
    bank.drop("customers", "2026-03-03", "a.csv", HEADER.strip() + ",city\n1,1980-05-06,F,100,杭州\n")
    assert bank.run(LATER, 2).tables["customers"].replaced == 1
