from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import chinese_calendar
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tonglu.bank import OPENING, make_bank

Read = Callable[..., pa.Table]
TABLES = {
    "customers", "contacts", "addresses", "consents", "employers", "employees", "agreements", "accounts", "holdings", "transactions", "events",
    "loans", "complaints", "risk_alerts",
}  # fmt: skip
OPENING_INSTANT = datetime(OPENING.year, OPENING.month, OPENING.day)


def _content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_same_seed_makes_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        make_bank(150, seed, tmp_path / name, months=3)
    assert _content(tmp_path / "a") == _content(tmp_path / "b")
    assert _content(tmp_path / "a") != _content(tmp_path / "c")


def test_every_table_lands_under_the_opening_day_and_nothing_hidden_does(made: Path) -> None:
    assert {p.name for p in (made / "landing").iterdir()} == TABLES
    assert {p.name for p in (made / "landing").glob("*/*")} == {OPENING.isoformat()}
    assert {p.name for p in (made / "hidden").iterdir()} == {"people.parquet", "employers.parquet", "bank.json", "effects.json"}
    landed = {p.name for p in (made / "landing").rglob("*.*")}
    assert not any(word in name for name in landed for word in ("people", "effects", "tmp"))


@pytest.mark.parametrize(
    ("table", "key"),
    [("customers", ["customer_id"]), ("addresses", ["customer_id", "channel"]),
     ("consents", ["customer_id", "purpose", "channel"]),
     ("accounts", ["account_id"]), ("holdings", ["holding_id"]), ("transactions", ["transaction_id"]), ("events", ["event_id"]),
     ("complaints", ["complaint_id"]), ("risk_alerts", ["alert_id"]), ("loans", ["loan_id"]), ("agreements", ["agreement_id"])],
)  # fmt: skip
def test_keys_are_unique(read: Read, table: str, key: list[str]) -> None:
    rows = read(table)
    assert rows.num_rows > 0
    assert rows.group_by(key).aggregate([]).num_rows == rows.num_rows


def test_history_is_twelve_months_and_ends_before_the_opening_instant(read: Read) -> None:
    for name in ("transactions", "events"):
        span = pc.min_max(read(name)["occurred_at"]).as_py()
        assert span["max"] < OPENING_INSTANT
        assert OPENING_INSTANT - timedelta(days=366) <= span["min"] < OPENING_INSTANT - timedelta(days=360)


def test_amounts_are_positive_whole_fen(read: Read) -> None:
    amount = read("transactions")["amount"]
    assert amount.type == pa.int64()
    assert pc.min(amount).as_py() > 0


def test_rows_point_at_customers_that_exist(read: Read) -> None:
    known = read("customers")["customer_id"]
    for name in TABLES - {"employers", "employees", "agreements"}:
        assert pc.all(pc.is_in(read(name)["customer_id"], value_set=known.combine_chunks())).as_py(), name


def test_marketing_consent_and_addresses_have_the_declared_shares(read: Read) -> None:
    consents = read("consents")
    for channel, share in (("app_push", 0.80), ("sms", 0.76), ("call", 0.70)):
        mine = consents.filter((pc.field("purpose") == "marketing") & (pc.field("channel") == channel))
        assert pc.mean(mine["granted"].cast(pa.int8())).as_py() == pytest.approx(share, abs=0.05)
    addresses = read("addresses")
    per_channel = dict(
        zip(*[c.to_pylist() for c in addresses.group_by("channel").aggregate([([], "count_all")]).columns], strict=True)
    )
    assert per_channel["sms"] > per_channel["app_push"] > per_channel["wecom"] > per_channel["email"] > 0
    assert per_channel["sms"] < read("customers").num_rows


def test_pensions_reach_the_old_and_never_the_young(read: Read) -> None:
    customers = read("customers")
    paid = set(read("transactions").filter(pc.field("code") == "养老金")["customer_id"].to_pylist())
    ages = {
        c: OPENING.year - b.year
        for c, b, closed in zip(*[customers[n].to_pylist() for n in ("customer_id", "birth_date", "closed_on")], strict=True)
        if closed is None
    }
    old = [c for c, age in ages.items() if age >= 67]
    assert sum(c in paid for c in old) / len(old) > 0.7
    assert not any(c in paid for c, age in ages.items() if age < 50)


def test_wages_under_a_shifting_agreement_come_on_working_days(read: Read, made: Path) -> None:
    import pyarrow.parquet as pq

    shifts = pq.read_table(made / "hidden" / "employers.parquet")["shifts"].to_numpy(zero_copy_only=False)
    wages = read("transactions").filter(pc.field("code") == "工资")
    employer = wages["counterparty_id"].to_numpy() - 700_001
    days = wages["occurred_at"].cast(pa.date32()).to_pylist()
    shifted = [d for d, e in zip(days, employer, strict=True) if shifts[e]]
    assert len(shifted) > 0.6 * len(days)
    assert all(chinese_calendar.is_workday(d) for d in set(shifted))
    assert any(not chinese_calendar.is_workday(d) for d in set(days)), "platforms pay on days off too"


def test_there_is_payroll_without_labels(read: Read) -> None:
    agreed = set(read("agreements")["employer_id"].to_pylist())
    transfers = read("transactions").filter((pc.field("code") == "转账") & (pc.field("direction") == "in"))
    per = transfers.group_by(["customer_id", "counterparty_id"]).aggregate(
        [("amount", "mean"), ("amount", "stddev"), ("amount", "count")]
    )
    steady = per.filter((pc.field("amount_count") >= 9) & (pc.field("amount_stddev") * pc.scalar(2) < pc.field("amount_mean")))
    unlabelled = {(c, p) for c, p in zip(steady["customer_id"].to_pylist(), steady["counterparty_id"].to_pylist(), strict=True)
                  if p not in agreed and not p >= 4_000_000_000}  # fmt: skip
    assert len(unlabelled) > 40
    labelled = read("transactions").filter(pc.field("code") == "工资")
    assert set(labelled["counterparty_id"].to_pylist()) <= agreed
    labelled_people = len(set(labelled["customer_id"].to_pylist()))
    assert 0.05 < len(unlabelled) / labelled_people < 0.5


def test_most_of_some_wages_leaves_within_48_hours(read: Read) -> None:
    rows = read("transactions")
    wages = rows.filter(pc.field("code") == "工资")
    away = rows.filter((pc.field("direction") == "out") & pc.field("counterparty_kind").isin(["own_account", "wallet"]))
    left: dict[int, list[tuple[datetime, int]]] = {}
    for c, at, amount in zip(*[away[n].to_pylist() for n in ("customer_id", "occurred_at", "amount")], strict=True):
        left.setdefault(c, []).append((at, amount))
    triples = list(zip(*[wages[n].to_pylist() for n in ("customer_id", "occurred_at", "amount")], strict=True))
    gone = sum(
        any(at <= t <= at + timedelta(hours=48) and out > 0.7 * amount for t, out in left.get(c, [])) for c, at, amount in triples
    )
    assert 0.08 < gone / len(triples) < 0.25


def test_first_wages_of_the_last_sixty_days_feed_a_new_payroll_group(read: Read) -> None:
    wages = read("transactions").filter(pc.field("code") == "工资").group_by("customer_id").aggregate([("occurred_at", "min")])
    fresh = pc.sum(pc.greater(wages["occurred_at_min"], pa.scalar(OPENING_INSTANT - timedelta(days=60)))).as_py()
    assert 0.02 < fresh / read("customers").num_rows < 0.08


def test_bonuses_come_in_january_and_february_only(read: Read) -> None:
    bonus = read("transactions").filter(pc.field("code") == "奖金")
    assert bonus.num_rows > 100
    assert set(pc.month(bonus["occurred_at"]).to_pylist()) <= {1, 2}


def test_ratings_are_partly_missing_and_partly_expired(read: Read) -> None:
    rated = read("customers")["risk_rated_on"].to_pylist()
    missing = sum(d is None for d in rated) / len(rated)
    expired = sum(d is not None and d < OPENING - timedelta(days=365) for d in rated) / len(rated)
    assert 0.08 < missing < 0.2
    assert 0.1 < expired < 0.4


def test_some_employment_ends_and_some_changes_payer(read: Read) -> None:
    wages = read("transactions").filter(pc.field("code") == "工资")
    payers = wages.group_by("customer_id").aggregate([("counterparty_id", "count_distinct"), ("occurred_at", "max")])
    assert np.sum(payers["counterparty_id_count_distinct"].to_numpy() > 1) >= 5
    stopped = pc.sum(pc.less(payers["occurred_at_max"], pa.scalar(OPENING_INSTANT - timedelta(days=60)))).as_py()
    assert stopped > 10


@pytest.mark.parametrize(("customers", "months", "opening"), [(0, 12, OPENING), (10, 2, OPENING), (10, 12, date(2031, 1, 1))])
def test_impossible_banks_are_refused(tmp_path: Path, customers: int, months: int, opening: date) -> None:
    with pytest.raises(ValueError, match=r"customer|months|calendar"):
        make_bank(customers, 1, tmp_path, opening=opening, months=months)
