"""Great Expectations judges staging over the live connection; what it says agrees with the rows that were set aside."""

import json
import subprocess
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tonglu.core.errors import InputError
from tonglu.language.contract import Contract
from tonglu.quality.judge import ExpectationsJudge
from tonglu.quality.report import as_html, as_json, as_markdown
from tonglu.quality.suite import suite_of
from tonglu.stages.check import ContractBroken, check
from tonglu.stages.ingest import ingest
from tonglu.stages.promote import promote
from tonglu.stages.tables import prepare
from tonglu.warehouse.connection import DuckDBWarehouse
from tonglu.warehouse.landing import DuckDBLanding

NOW = datetime(2026, 3, 2, 4)
COLUMNS = {
    "customer_id": {"type": "bigint", "min": 1},
    "birth_date": {"type": "date", "min": "1900-01-01"},
    "sex": {"type": "text", "values": ["F", "M"]},
    "phone": {"type": "text", "matches": "[0-9]{3,20}"},
}
HEADER = "customer_id,birth_date,sex,phone\n"
ROWS = HEADER + "1,1980-05-06,F,138000\n2,1980-05-06,X,138001\n3,1880-05-06,M,12\n4,,F,\n,1990-01-01,F,138002\n"


def made(**changes):
    fields = {
        "table": "people",
        "title": {"zh": "人", "en": "People"},
        "keep": "latest",
        "key": ["customer_id"],
        "columns": COLUMNS,
    }
    return Contract.model_validate({**fields, **changes})


@pytest.fixture
def judged(tmp_path):
    """A function: stage rows under a contract in a warehouse file, and check them with Great Expectations."""
    warehouse = DuckDBWarehouse(tmp_path / "w.duckdb")

    def judge(rows=ROWS, **changes):
        contracts = {"people": made(**changes)}
        folder = tmp_path / "landing" / "people" / "2026-03-02"
        folder.mkdir(parents=True)
        (folder / "a.csv").write_text(rows)
        prepare(warehouse, contracts)
        zone = ZoneInfo("Asia/Shanghai")
        ingest(warehouse, DuckDBLanding(warehouse), contracts, tmp_path / "landing", as_of=NOW, run_no=1, zone=zone)
        summary = check(warehouse, contracts, 1, as_of=NOW, judge=ExpectationsJudge(warehouse.connection))
        with warehouse.transaction():
            moved = promote(warehouse, contracts, 1, NOW)
        return summary, moved

    judge.warehouse = warehouse
    yield judge
    warehouse.close()


def test_every_rule_runs_as_its_named_expectation_and_counts_what_sql_set_aside(judged):
    summary, moved = judged()
    found = {verdict.expectation: verdict for verdict in summary.verdicts}
    assert {
        "expect_column_values_to_not_be_null(customer_id)",
        "expect_column_values_to_be_between(customer_id)",
        "expect_column_values_to_be_between(birth_date)",
        "expect_column_values_to_be_in_set(sex)",
        "expect_column_values_to_match_regex(phone)",
    } <= found.keys()
    for expectation, sample in [
        ("expect_column_values_to_be_in_set(sex)", ("X",)),
        ("expect_column_values_to_be_between(birth_date)", ("***",)),
        ("expect_column_values_to_match_regex(phone)", ("***",)),
        ("expect_column_values_to_not_be_null(customer_id)", ("***",)),
    ]:
        verdict = found[expectation]
        assert (verdict.success, verdict.unexpected, verdict.severity, verdict.sample) == (False, 1, "quarantine", sample), (
            expectation
        )
    assert found["expect_column_values_to_be_between(customer_id)"].success
    # The third row breaks two rules and is set aside once.
    assert (moved.tables["people"].added, moved.tables["people"].quarantined) == (2, 3)


def test_a_pattern_must_match_the_whole_value(judged):
    summary, moved = judged(rows="customer_id,birth_date,sex,phone\n1,1980-05-06,F,x138000x\n")
    assert moved.tables["people"].quarantined == 1
    assert "expect_column_values_to_match_regex(phone)" in {verdict.expectation for verdict in summary.breaches}


def test_a_blocking_expectation_stops_the_run_and_the_report_says_why(judged):
    extra = [{"type": "expect_column_distinct_values_to_contain_set", "kwargs": {"column": "sex", "value_set": ["F", "M", "Q"]}}]
    with pytest.raises(ContractBroken) as caught:
        judged(expectations=extra)
    summary = caught.value.summary
    assert [verdict.expectation for verdict in summary.blocking] == ["expect_column_distinct_values_to_contain_set(sex)"]
    assert "expect_column_distinct_values_to_contain_set(sex)" in as_markdown(summary)
    assert "was stopped" in as_html(summary)
    assert json.loads(as_json(summary))["stopped"] is True
    assert judged.warehouse.fetch("SELECT count(*) FROM source.people") == [(0,)]


def test_an_expectation_that_only_warns_lets_the_run_go_on(judged):
    extra = [{"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1000}, "breach": "warn"}]
    summary, moved = judged(expectations=extra)
    (verdict,) = [verdict for verdict in summary.verdicts if verdict.expectation == "expect_table_row_count_to_be_between"]
    assert (verdict.success, verdict.observed) == (False, "5")
    assert moved.tables["people"].added == 2


@pytest.mark.parametrize(
    "extra",
    [
        {"type": "expect_nothing_of_the_kind", "kwargs": {}},
        {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "no_such_column", "min_value": 1}},
    ],
)
def test_an_expectation_that_does_not_exist_is_an_input_error_and_not_a_breach(judged, extra):
    with pytest.raises(InputError, match="TL721"):
        judged(expectations=[extra])


def test_samples_of_personal_tables_are_masked(judged):
    summary, _ = judged(personal=True)
    assert {sample for verdict in summary.breaches for sample in verdict.sample} == {"***"}
    assert "138001" not in as_json(summary) + as_html(summary) + as_markdown(summary)


def test_what_an_expectation_observed_is_masked_unless_it_is_a_code_or_an_aggregate(judged):
    extra = [
        {"type": "expect_column_max_to_be_between", "kwargs": {"column": "customer_id", "max_value": 1}, "breach": "warn"},
        {
            "type": "expect_column_most_common_value_to_be_in_set",
            "kwargs": {"column": "phone", "value_set": ["0"]},
            "breach": "warn",
        },
        {
            "type": "expect_column_most_common_value_to_be_in_set",
            "kwargs": {"column": "sex", "value_set": ["Q"]},
            "breach": "warn",
        },
        {
            "type": "expect_column_unique_value_count_to_be_between",
            "kwargs": {"column": "phone", "max_value": 1},
            "breach": "warn",
        },
    ]
    summary, _ = judged(expectations=extra)
    observed = {verdict.expectation: verdict.observed for verdict in summary.verdicts}
    assert observed["expect_column_max_to_be_between(customer_id)"] == "***"
    assert observed["expect_column_most_common_value_to_be_in_set(phone)"] == "***"
    assert "F" in observed["expect_column_most_common_value_to_be_in_set(sex)"]
    assert observed["expect_column_unique_value_count_to_be_between(phone)"] == "4"
    assert "13800" not in as_json(summary) + as_html(summary) + as_markdown(summary)


def test_values_are_escaped_in_the_html_report(judged):
    summary, _ = judged(rows="customer_id,birth_date,sex,phone\n1,1980-05-06,<script>,138000\n")
    assert "&lt;script&gt;" in as_html(summary)
    assert "<script>" not in as_html(summary)


def test_the_judge_leaves_no_files_and_no_open_transaction(judged, tmp_path, monkeypatch, capfd):
    elsewhere = tmp_path / "cwd"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    judged()
    assert list(elsewhere.iterdir()) == []
    assert capfd.readouterr().err == ""
    judged.warehouse.execute("CHECKPOINT")


def test_every_kind_of_rule_has_its_expectation():
    types = [one.type for one in suite_of(made())]
    assert types == [
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_be_in_set",
        "expect_column_values_to_be_between",
        "expect_column_values_to_be_between",
        "expect_column_values_to_match_regex",
    ]


def test_without_great_expectations_the_judge_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "great_expectations", None)
    monkeypatch.setitem(sys.modules, "great_expectations.execution_engine.sqlalchemy_execution_engine", None)
    monkeypatch.delitem(sys.modules, "tonglu.quality.engine", raising=False)
    monkeypatch.delattr("tonglu.quality.engine", raising=False)
    with pytest.raises(InputError) as caught:
        ExpectationsJudge(None)
    assert "tonglu[quality]" in caught.value.findings[0].hint


def test_the_stages_and_the_suite_do_not_import_great_expectations():
    modules = "tonglu.stages.ingest, tonglu.stages.check, tonglu.stages.promote, tonglu.stages.quarantine, tonglu.quality.suite"
    script = f"import sys, tonglu.stages, tonglu.quality.report, tonglu.quality.judge, {modules}\n"
    script += "heavy = {'great_expectations', 'sqlalchemy', 'duckdb'} & set(sys.modules)\nassert not heavy, heavy"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
