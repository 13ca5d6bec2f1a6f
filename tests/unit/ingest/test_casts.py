"""Casts never round and never guess: what a text or number does not say plainly is set aside."""

import pytest

DAY = "2026-03-02"
NOW = "2026-03-02T04:00:00"
HEADER = "customer_id,birth_date,sex,income\n"


@pytest.mark.parametrize("value", ["1.5", "1e3", "0x1F", "1_000", "abc", "99999999999999999999"])
def test_a_text_that_is_not_a_plain_whole_number_is_set_aside(bank, value):
    bank.drop("customers", DAY, "a.csv", HEADER + f"1,1980-05-06,F,{value}\n2,1980-05-06,F,7\n")
    bank.run(NOW)
    assert bank.rows("SELECT customer_id FROM source.customers") == [(2,)]
    assert bank.rows("SELECT rule, file, row_no, row->>'$.income' FROM quarantine.customers") == [
        ("type:income", "customers/2026-03-02/a.csv", 2, value)
    ]


@pytest.mark.parametrize("value", ["2026-02-30", "yesterday", "06.05.1980", "1980-05-06 10:00"])
def test_a_text_that_is_no_date_is_set_aside(bank, value):
    bank.drop("customers", DAY, "a.csv", HEADER + f"1,{value},F,5\n")
    assert bank.run(NOW).tables["customers"].quarantined == 1


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("2026-03-01T09:00:00+08:00", "2026-03-01 01:00:00"),
        ("2026-03-01 01:00:00Z", "2026-03-01 01:00:00"),
        ("2026-03-01 01:00:00", "2026-03-01 01:00:00"),
        ("2026-03-01 09:00:00.5+0800", "2026-03-01 01:00:00.5"),
    ],
)
def test_an_instant_with_an_offset_becomes_utc_and_one_without_is_utc(bank, written, stored):
    bank.drop("consents", DAY, "a.csv", f"customer_id,channel,granted,changed_at\n1,sms,true,{written}\n")
    bank.run(NOW)
    assert bank.rows("SELECT changed_at::VARCHAR FROM source.consents") == [(stored,)]


def test_a_fraction_in_a_parquet_column_of_whole_numbers_is_set_aside(bank):
    import pyarrow as pa

    table = pa.table({"customer_id": [1, 2], "birth_date": [None, None], "sex": ["F", "M"], "income": [1.5, 2.0]})
    bank.drop("customers", DAY, "a.parquet", table)
    bank.run(NOW)
    assert bank.rows("SELECT customer_id, income FROM source.customers") == [(2, 2)]
    assert bank.rows("SELECT rule FROM quarantine.customers") == [("type:income",)]
