"""What lies in the landing folder: what is taken, what waits, and what is refused with a place and a hint."""

from typing import Any

import pyarrow as pa
import pytest

from tonglu.core.errors import InputError

DAY = "2026-03-02"
NOW = "2026-03-02T04:00:00"
HEADER = "customer_id,birth_date,sex,income\n"


def refused(bank: Any, as_of: str = NOW) -> InputError:
    with pytest.raises(InputError) as caught:
        bank.ingest(as_of)
    return caught.value


def test_a_csv_with_a_byte_order_mark_and_chinese_is_read(bank):
    bank.drop("customers", DAY, "a.csv", "\ufeff" + HEADER + "1,1980-05-06,F,100\n2,,M,\n")
    bank.run(NOW)
    assert bank.rows("SELECT customer_id, birth_date::VARCHAR, sex, income, loaded_run FROM source.customers ORDER BY 1") == [
        (1, "1980-05-06", "F", 100, 1),
        (2, None, "M", None, 1),
    ]


def test_temporary_hidden_and_future_files_wait(bank):
    for name in ("b.csv.tmp", ".c.csv"):
        bank.drop("customers", DAY, name, "not finished")
    bank.drop("customers", "2026-03-03", "tomorrow.csv", HEADER + "1,1980-05-06,F,100\n")
    assert bank.ingest("2026-03-02T15:59:59").files == ()
    # 16:00 UTC is midnight in Shanghai: the next day has begun.
    assert [file.path for file in bank.ingest("2026-03-02T16:00:00").files] == ["customers/2026-03-03/tomorrow.csv"]


def test_a_file_is_taken_once_and_again_only_when_its_content_changed(bank):
    path = bank.drop("customers", DAY, "a.csv", HEADER + "1,1980-05-06,F,100\n")
    bank.run(NOW)
    path.touch()
    assert bank.ingest("2026-03-02T05:00:00", 2).files == ()
    path.write_text(HEADER + "1,1980-05-06,F,250\n")
    bank.run("2026-03-02T06:00:00", 3)
    assert bank.rows("SELECT income, loaded_run FROM source.customers") == [(250, 3)]
    assert bank.rows("SELECT income, loaded_run, replaced_run FROM history.customers") == [(100, 1, 3)]


def test_a_file_that_is_not_utf8_is_refused_with_its_line(bank):
    bank.drop("customers", DAY, "a.csv", (HEADER + "1,1980-05-06,中文,100\n").encode("gbk"))
    finding = refused(bank).findings[0]
    assert (finding.code, finding.place.line) == ("TL714", 2)
    assert finding.place.path.endswith("customers/2026-03-02/a.csv")
    assert "UTF-8" in finding.hint


def test_a_ragged_line_is_refused_with_its_line(bank):
    bank.drop("customers", DAY, "a.csv", HEADER + "1,1980-05-06,F,100\n2,1980-05-06,F,1,5\n")
    finding = refused(bank).findings[0]
    assert finding.place.line == 3
    assert "5 values" in finding.message


def test_a_truncated_parquet_file_is_refused_and_nothing_changes(bank, make_events):
    bank.drop("events", DAY, "a.parquet", make_events(("e1", 1, "app_login", "2026-03-01T01:00:00", None)))
    bank.run(NOW)
    whole = bank.drop("events", DAY, "b.parquet", make_events(("e2", 1, "app_login", "2026-03-01T02:00:00", None))).read_bytes()
    bank.drop("events", DAY, "b.parquet", whole[:-30])
    bank.drop("customers", DAY, "good.csv", HEADER + "1,1980-05-06,F,100\n")
    error = refused(bank)
    assert [finding.code for finding in error.findings] == ["TL714"]
    assert "b.parquet" in str(error)
    assert "Parquet" in str(error)
    assert bank.rows("SELECT event_id FROM source.events") == [("e1",)]
    assert bank.rows("SELECT count(*) FROM staging.customers") == [(0,)]
    assert bank.rows("SELECT count(*) FROM tonglu.staged_file") == [(0,)]


def test_among_files_that_are_read_together_the_damaged_one_is_named(bank, make_events):
    rows = [(f"e{number}", number, "app_login", "2026-03-01T01:00:00", None) for number in range(5000)]
    whole = bank.drop("events", DAY, "a.parquet", make_events(*rows[:10])).read_bytes()
    assert whole
    damaged = bytearray(bank.drop("events", DAY, "b.parquet", make_events(*rows)).read_bytes())
    damaged[4:4000] = bytes(3996)
    bank.drop("events", DAY, "b.parquet", bytes(damaged))
    (finding,) = refused(bank).findings
    assert finding.code == "TL714"
    assert finding.place.path.endswith("b.parquet")
    assert bank.rows("SELECT count(*) FROM staging.events") == [(0,)]


def test_a_bad_line_deep_in_one_file_leaves_the_other_files_out_too(bank):
    bank.drop("customers", DAY, "a.csv", HEADER + "1,1980-05-06,F,100\n")
    bank.drop("customers", DAY, "b.csv", HEADER + '2,1980-05-06,"F,100\n')
    assert "b.csv" in str(refused(bank))
    assert bank.rows("SELECT count(*) FROM staging.customers") == [(0,)]


def test_every_finding_comes_at_once_with_a_hint(bank, make_events):
    bank.drop("custmers", DAY, "a.csv", HEADER)
    bank.drop("customers", "last-week", "a.csv", HEADER)
    bank.drop("customers", DAY, "a.csv", "customer_id,birthdate,sex,income\n")
    bank.drop("events", DAY, "a.parquet", make_events(("e", 1, "app_login", NOW, None)).drop_columns(["customer_id"]))
    findings = refused(bank).findings
    assert sorted(finding.code for finding in findings if finding.severity == "error") == ["TL711", "TL712", "TL715", "TL715"]
    hints = " ".join(finding.hint for finding in findings)
    assert "Did you mean 'customers'?" in hints
    assert "Did you mean 'birthdate'?" in hints


def test_an_extra_column_and_a_strange_file_are_only_warned_about(bank):
    bank.drop("customers", DAY, "a.csv", HEADER.strip() + ",shoe_size\n1,1980-05-06,F,100,42\n")
    bank.drop("customers", DAY, "notes.txt", "hello")
    summary = bank.ingest(NOW)
    assert sorted(warning.code for warning in summary.warnings) == ["TL713", "TL717"]
    assert summary.rows["customers"] == 1


def test_a_parquet_type_that_cannot_be_read_as_promised_is_refused(bank):
    table = pa.table({"customer_id": [1], "birth_date": [[1, 2]], "sex": ["F"], "income": [1]})
    bank.drop("customers", DAY, "a.parquet", table)
    finding = refused(bank).findings[0]
    assert finding.code == "TL716"
    assert "birth_date" in finding.message


def test_an_empty_file_is_refused(bank):
    bank.drop("customers", DAY, "a.csv", b"")
    assert "empty" in str(refused(bank))
