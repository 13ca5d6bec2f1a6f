"""Contracts as files: the shipped ones, and what is said about broken ones."""

from pathlib import Path

import pytest

from tonglu.core.errors import InputError
from tonglu.language.contract import Breach, Keep, read_contracts

SHIPPED = Path(__file__).parents[3] / "data" / "contracts"
GOOD = """\
table: people
title: {zh: 人, en: People}
keep: latest
key: [id]
columns:
  id: {type: bigint}
"""


def broken(tmp_path: Path, text: str, name: str = "people.yaml") -> InputError:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_contracts(tmp_path, "data/contracts")
    return caught.value


def test_the_shipped_contracts_cover_the_bank():
    contracts = read_contracts(SHIPPED)
    assert set(contracts) == {
        "customers", "contacts", "addresses", "consents", "employers", "agreements", "accounts", "holdings",
        "transactions", "events", "receipts", "loans", "complaints", "risk_alerts", "lists", "employees",
    }  # fmt: skip
    assert {name for name, one in contracts.items() if one.personal} == {"contacts", "addresses"}
    assert {name for name, one in contracts.items() if one.keep is Keep.ALL} == {"transactions", "events", "receipts", "lists"}
    assert set(contracts["events"].names or {}) == {
        "app_login", "product_viewed", "product_opened", "service_call", "complaint_opened", "complaint_closed",
        "funds_returned", "loan_stage", "opt_out",
    }  # fmt: skip


def test_a_consent_that_cannot_be_read_blocks():
    rules = {rule.name: rule.breach for rule in read_contracts(SHIPPED)["consents"].rules()}
    assert rules["values:channel"] is rules["values:purpose"] is rules["required:granted"] is Breach.BLOCK


def test_rules_that_block_come_first(make_contract):
    rules = make_contract("consents").rules()
    assert [rule.breach for rule in rules] == sorted(
        (rule.breach for rule in rules), key=lambda breach: breach is not Breach.BLOCK
    )


def test_a_breach_may_be_named_per_kind_of_rule(make_contract):
    columns = {"id": {"type": "bigint", "required": True, "min": 1, "breach": {"range": "block"}}}
    rules = {rule.name: rule.breach for rule in make_contract("customers", key=["id"], columns=columns).rules()}
    assert rules == {"range:id": Breach.BLOCK, "type:id": Breach.QUARANTINE, "required:id": Breach.QUARANTINE}


def test_a_good_contract_is_read(tmp_path):
    (tmp_path / "people.yaml").write_text(GOOD, encoding="utf-8")
    assert read_contracts(tmp_path)["people"].schema_name == "source"


@pytest.mark.parametrize(
    ("before", "after", "words", "line"),
    [
        ("type: bigint", "type: bigit", "Did you mean 'bigint'?", 6),
        ("key: [id]", "key: [ident]", "'ident' is not among the columns", 0),
        ("keep: latest", "keep: all", "time: occurred_at", 0),
        ("keep: latest", "kept: latest", "Did you mean 'keep'?", 3),
        ("{type: bigint}", "{type: bigint, matches: x}", "'matches' is a rule for text", 6),
        ("table: people", "table: peoples", "the file is people.yaml", 1),
        ("  id:", "  loaded_run: {type: text}\n  id:", "'loaded_run' is a name that the warehouse needs", 0),
    ],
)
def test_what_is_wrong_is_said_with_file_line_and_hint(tmp_path, before, after, words, line):
    error = broken(tmp_path, GOOD.replace(before, after))
    assert words in str(error)
    assert error.findings[0].place.path == "data/contracts/people.yaml"
    if line:
        assert line in {finding.place.line for finding in error.findings}


def test_a_folder_without_contracts_is_refused(tmp_path):
    with pytest.raises(InputError, match="no contracts"):
        read_contracts(tmp_path)
