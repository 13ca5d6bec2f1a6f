"""Pensions and salaries found on a real bank without labels, held against the bank's own label for pensions."""

from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from tests.real_bank.detection import BERKA, Bank
from tests.real_bank.mapping import LANDING, Landed, land

CHRISTMAS = date(1993, 12, 31)
SPRING = date(1994, 3, 31)

pytestmark = pytest.mark.skipif(not BERKA.is_dir(), reason=f"the Berka data are not here: {BERKA}")


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Landed]:
    root = tmp_path_factory.mktemp("berka")
    return root, land(BERKA, root)


@pytest.fixture(scope="module")
def bank(landed: tuple[Path, Landed]) -> Bank:
    return Bank(landed[0] / "data" / "landing")


def test_every_transaction_lands_on_its_own_day_and_nothing_is_left_unfinished(landed: tuple[Path, Landed]) -> None:
    root, summary = landed
    assert summary.rows["transactions"] == 49_102
    assert summary.rows["customers"] == summary.rows["accounts"] == summary.rows["consents"] == 1_229
    assert summary.days == 455
    landing = root / "data" / "landing"
    assert sorted(path.name for path in landing.iterdir()) == sorted(LANDING)
    one_day = duckdb.read_parquet(str(landing / "transactions" / "1993-02-05" / "*.parquet"))
    assert one_day.aggregate("min(occurred_at), max(occurred_at)").fetchone() == (datetime(1993, 2, 5, 11),) * 2


def test_money_and_counterparties_come_through_unchanged(bank: Bank) -> None:
    koruna = duckdb.read_parquet(str(BERKA / "trans_1993_1994q1.parquet")).aggregate("sum(amount)").fetchone()
    assert koruna is not None
    assert bank.number("SELECT sum(amount) FROM source.transactions") == int(koruna[0] * 100)
    payers = "SELECT count(DISTINCT counterparty_id) FROM source.transactions WHERE code = 'DUCHOD'"
    assert bank.number(payers) == 213


def test_without_the_age_split_fewer_than_half_of_the_steady_incomes_are_pensions(bank: Bank) -> None:
    for day, sizes in ((CHRISTMAS, (316, 336)), (SPRING, (420, 440))):
        bank.segments_on(day)
        found = bank.found("steady_income", "pension_labelled")
        assert sizes[0] <= found.size <= sizes[1]
        assert 0.42 <= found.precision <= 0.50


def test_with_the_age_split_pensions_are_told_from_salaries(bank: Bank) -> None:
    for day, recall in ((CHRISTMAS, (0.77, 0.82)), (SPRING, (0.91, 0.95))):
        bank.segments_on(day)
        found = bank.found("pension_detected", "pension_labelled")
        assert found.precision >= 0.99
        assert recall[0] <= found.recall <= recall[1]


def test_whoever_has_had_three_labelled_pensions_is_found(bank: Bank) -> None:
    for day in (date(1993, 6, 30), CHRISTMAS, SPRING):
        bank.segments_on(day)
        bank.label_those_with_three_months()
        assert bank.found("steady_income", "ripe").recall == 1.0
        assert bank.found("pension_detected", "ripe").recall >= 0.96


def test_salary_like_incomes_hold_almost_no_labelled_pension(bank: Bank) -> None:
    for day, sizes in ((CHRISTMAS, (175, 190)), (SPRING, (225, 240))):
        bank.segments_on(day)
        assert sizes[0] <= bank.size("salary_detected") <= sizes[1]
        assert bank.found("salary_detected", "pension_labelled").precision <= 0.03


def test_each_labelled_pension_of_a_month_is_seen_on_its_pension_day(bank: Bank) -> None:
    seen: set[int] = set()
    for day in range(1, 29):
        bank.segments_on(date(1993, 11, day))
        seen |= {row[0] for row in bank.connection.execute("SELECT customer_id FROM segment.pension_day").fetchall()}
    labelled = bank.connection.execute(
        "SELECT DISTINCT customer_id FROM source.transactions"
        " WHERE code = 'DUCHOD' AND strftime(occurred_at, '%Y-%m') = '1993-11'"
    ).fetchall()
    assert {row[0] for row in labelled} <= seen
    assert len(labelled) == 165


def test_the_profile_has_one_row_per_customer_with_the_age_as_of_the_day(bank: Bank) -> None:
    bank.segments_on(CHRISTMAS)
    assert bank.number("SELECT count(*) FROM segment.profile") == bank.number("SELECT count(*) FROM source.customers")
    assert bank.number("SELECT min(age) FROM segment.profile WHERE is_pensioner") >= 55
