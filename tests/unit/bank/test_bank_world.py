import json
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tonglu.bank import OPENING, Goal, World
from tonglu.bank.effects import effects, side_effects

Read = Callable[..., pa.Table]
HandOver = Callable[..., Path]
START = datetime(OPENING.year, OPENING.month, OPENING.day)
DAY = timedelta(days=1)
PLAN = Goal("product_opened", "salary_plan", timedelta(days=7))


def _landed(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file() and "handover" not in str(p)
    }


def _events(folder: Path, since: datetime = START) -> pa.Table:
    files = sorted((folder / "landing" / "events").glob("*/*.parquet"))
    return pa.concat_tables([pq.read_table(f) for f in files]).filter(pc.field("occurred_at") >= pa.scalar(since))


def _receipts(folder: Path) -> pa.Table:
    return pa.concat_tables([pq.read_table(f) for f in sorted((folder / "landing" / "receipts").glob("*/*.parquet"))])


def _new_payroll(read: Read) -> list[int]:
    wages = read("transactions").filter(pc.field("code") == "工资").group_by("customer_id").aggregate([("occurred_at", "min")])
    return sorted(wages.filter(pc.field("occurred_at_min") > pa.scalar(START - 50 * DAY))["customer_id"].to_pylist())


def _assignments(customers: list[int], at: datetime = START, journey: str = "companion", group: str = "treated") -> pa.Table:
    return pa.table({
        "entry_id": [f"{journey}-{c}" for c in customers], "journey": [journey] * len(customers), "customer_id": customers,
        "assigned_at": pa.array([at] * len(customers), pa.timestamp("us")), "group": [group] * len(customers),
    })  # fmt: skip


def test_a_day_lands_inside_its_span_under_its_local_date(bank: Path) -> None:
    rows = World(bank).play(START, START + DAY, [])
    for name in ("transactions", "events", "receipts"):
        table = pq.read_table(bank / "landing" / name / OPENING.isoformat() / f"{name}-0800.parquet")
        assert table.num_rows == rows[name]
        if table.num_rows:
            span = pc.min_max(table["occurred_at"]).as_py()
            assert START <= span["min"] <= span["max"] < START + DAY
    assert rows["transactions"] > 50
    assert rows["events"] > 20
    assert not list(bank.rglob("*.tmp"))


def test_playing_a_span_again_changes_nothing(bank: Path, hand_over: HandOver, read: Read) -> None:
    files = [hand_over("b1", _new_payroll(read), START + timedelta(hours=2))]
    world = World(bank)
    world.play(START, START + DAY, files)
    world.play(START + DAY, START + 2 * DAY, files)
    once = _landed(bank)
    world.play(START + DAY, START + 2 * DAY, files)
    World(bank).play(START, START + DAY, files)
    assert _landed(bank) == once


def test_two_days_in_one_call_are_two_days(bank: Path, made: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(made, tmp_path / "other"))
    World(bank).play(START, START + 2 * DAY, [])
    world = World(other)
    for d in range(2):
        world.play(START + d * DAY, START + (d + 1) * DAY, [])
    assert _landed(bank) == _landed(other)


def test_hours_bring_the_same_facts_as_their_day(bank: Path, made: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(made, tmp_path / "other"))
    World(bank).play(START, START + DAY, [])
    world = World(other)
    for h in range(0, 24, 6):
        world.play(START + timedelta(hours=h), START + timedelta(hours=h + 6), [])
    for name, columns in (
        ("events", ["event_id", "occurred_at", "properties"]),
        ("transactions", ["customer_id", "occurred_at", "amount"]),
    ):
        day, hours = (
            pa.concat_tables(
                [pq.read_table(f, columns=columns) for f in sorted((folder / "landing" / name).glob("*/*-??00.parquet"))]
            )
            for folder in (bank, other)
        )
        keys = [(c, "ascending") for c in columns]
        assert day.num_rows > 0
        assert day.sort_by(keys).equals(hours.sort_by(keys))
    ids = pa.concat_tables([pq.read_table(f) for f in (other / "landing" / "transactions").glob("*/*.parquet")])["transaction_id"]
    assert pc.count_distinct(ids).as_py() == len(ids)


def test_receipts_come_after_not_before_and_once_per_touch(bank: Path, hand_over: HandOver, read: Read) -> None:
    customers = read("customers")["customer_id"].to_pylist()
    due = START + timedelta(hours=5)
    files = [
        hand_over(f"c-{c}", customers[:600], due, channel=c)
        for c in ("app_push", "sms", "wecom", "call", "email", "mini_program")
    ]
    world = World(bank)
    for d in range(3):
        world.play(START + d * DAY, START + (d + 1) * DAY, files)
    receipts = _receipts(bank)
    assert pc.min(receipts["occurred_at"]).as_py() >= due
    assert pc.count_distinct(receipts["receipt_id"]).as_py() == receipts.num_rows
    kinds = set(receipts["receipt"].to_pylist())
    assert kinds == {
        "confirmed",
        "delivered",
        "failed",
        "expired",
        "answered",
        "no_answer",
        "refused",
        "call_back",
        "opened",
        "clicked",
    }
    first: dict[str, datetime] = {}
    for key, kind, at in zip(*[receipts[n].to_pylist() for n in ("touch_key", "receipt", "occurred_at")], strict=True):
        if kind == "delivered":
            first[key] = at
    for key, kind, at in zip(*[receipts[n].to_pylist() for n in ("touch_key", "receipt", "occurred_at")], strict=True):
        if kind in ("opened", "clicked", "answered", "no_answer", "refused", "call_back"):
            assert at > first[key]
    ended = receipts.filter(pc.field("receipt").isin(["delivered", "failed", "expired"]))
    assert pc.count_distinct(ended["touch_key"]).as_py() == ended.num_rows == 6 * 600


def test_an_expired_touch_is_not_delivered(bank: Path, hand_over: HandOver) -> None:
    late = hand_over("late", range(1_000_001, 1_000_051), START - 2 * DAY, expires=(START - DAY).isoformat())
    World(bank).play(START, START + DAY, [late])
    assert set(_receipts(bank)["receipt"].to_pylist()) == {"expired"}


def test_a_file_without_manifest_is_left_alone_until_it_has_one(bank: Path, hand_over: HandOver) -> None:
    customers = range(1_000_001, 1_000_101)
    open_file = hand_over("open", customers, START, complete=False)
    world = World(bank)
    assert world.play(START, START + DAY, [open_file.parent])["receipts"] == 0
    hand_over("open", customers, START)
    assert world.play(START + DAY, START + 2 * DAY, [open_file.parent])["receipts"] >= 100
    assert world.play(START + 2 * DAY, START + 3 * DAY, [open_file.parent])["receipts"] < 20, "a batch is received once"


def test_a_batch_that_differs_from_its_manifest_is_refused(bank: Path, hand_over: HandOver) -> None:
    file = hand_over("bad", [1_000_001], START)
    file.write_text(file.read_text(encoding="utf-8") + "x", encoding="utf-8")
    with pytest.raises(ValueError, match="checksum"):
        World(bank).play(START, START + DAY, [file])


def test_a_span_before_the_opening_or_beyond_the_calendar_is_refused(bank: Path) -> None:
    world = World(bank)
    with pytest.raises(ValueError, match="opens at"):
        world.play(START - DAY, START, [])
    with pytest.raises(ValueError, match="opens at"):
        world.play(START, START, [])
    with pytest.raises(ValueError, match="calendar"):
        world.play(datetime(2027, 1, 1), datetime(2027, 1, 2), [])


def test_without_touches_the_truth_is_exactly_zero(bank: Path, read: Read) -> None:
    world = World(bank)
    until = START + 10 * DAY
    world.play(START, until, [])
    customers = read("customers")["customer_id"].to_pylist()
    goals = {
        "plan": PLAN, "pension": Goal("product_opened", "pension_deposit", timedelta(days=7)),
        "returns": Goal("funds_returned", None, timedelta(days=5)), "login": Goal("app_login", None, timedelta(days=3)),
    }  # fmt: skip
    at = START + timedelta(hours=7, minutes=13)
    entries = pa.concat_tables([_assignments(customers, at, journey) for journey in goals])
    result = world.truth(entries, goals, until).to_pylist()
    assert [r["journey"] for r in result] == sorted(goals)
    for row in result:
        assert row["n_treated"] == len(customers)
        assert row["true_lift"] == 0.0
        assert row["rate_treated"] == row["rate_untreated"]
    assert {r["journey"] for r in result if r["rate_treated"] > 0} >= {"plan", "login"}


def test_touching_some_changes_nothing_for_the_others(
    bank: Path, made: Path, tmp_path: Path, hand_over: HandOver, read: Read
) -> None:
    other = Path(shutil.copytree(made, tmp_path / "other"))
    customers = read("customers")["customer_id"].to_pylist()
    touched = customers[:1000]
    files = [hand_over("some", touched, START + timedelta(hours=2), channel="sms")]
    World(bank).play(START, START + 5 * DAY, files)
    World(other).play(START, START + 5 * DAY, [])
    with_touches, without = (_events(f).sort_by("event_id") for f in (bank, other))
    assert not with_touches.equals(without)
    untouched = ~pc.field("customer_id").isin(touched)
    assert with_touches.filter(untouched).equals(without.filter(untouched))


def test_touched_customers_convert_more_and_the_truth_says_by_how_much(bank: Path, hand_over: HandOver, read: Read) -> None:
    customers = _new_payroll(read)
    files = [hand_over(f"t{d}", customers, START + d * DAY + timedelta(hours=2), arm="warm") for d in range(0, 20, 4)]
    world = World(bank)
    for d in range(21):
        world.play(START + d * DAY, START + (d + 1) * DAY, files[: d // 4 + 1])
    goal = Goal("product_opened", "salary_plan", timedelta(days=20))
    row = world.truth(_assignments(customers), {"companion": goal}, START + 21 * DAY).to_pylist()[0]
    assert row["n_treated"] == len(customers) > 50
    assert row["true_lift"] > 0.04
    assert row["true_lift"] == pytest.approx(row["rate_treated"] - row["rate_untreated"])
    opened = _events(bank).filter(
        (pc.field("name") == "product_opened") & pc.match_substring(pc.field("properties"), "salary_plan")
    )
    until = pa.scalar(START + 20 * DAY)
    seen = set(opened.filter(pc.field("occurred_at") <= until)["customer_id"].to_pylist()) & set(customers)
    assert row["rate_treated"] == pytest.approx(len(seen) / len(customers))


def test_holdouts_open_windows_and_unknown_messages_count_for_nothing(bank: Path, hand_over: HandOver, read: Read) -> None:
    customers = _new_payroll(read)
    world = World(bank)
    world.play(START, START + 8 * DAY, [hand_over("u", customers, START, message="never_heard_of", channel="sms")])
    entries = pa.concat_tables([
        _assignments(customers, journey="unknown"), _assignments(customers, group="holdout", journey="held"),
        _assignments(customers, START + 3 * DAY, journey="open"),
    ])  # fmt: skip
    result = {
        r["journey"]: r
        for r in world.truth(entries, dict.fromkeys(("unknown", "held", "open"), PLAN), START + 8 * DAY).to_pylist()
    }
    assert result["unknown"]["true_lift"] == 0.0
    assert result["unknown"]["n_treated"] == len(customers)
    assert result["held"] == {"journey": "held", "n_treated": 0, "true_lift": None, "rate_treated": None, "rate_untreated": None}
    assert result["open"]["n_treated"] == 0


def test_a_goal_that_is_not_simulated_is_refused(bank: Path) -> None:
    with pytest.raises(ValueError, match="no truth"):
        World(bank).truth(_assignments([1_000_001]), {"companion": Goal("loan_stage", None, DAY)}, START)


def test_a_product_is_opened_once_per_customer(bank: Path, hand_over: HandOver, read: Read) -> None:
    customers = _new_payroll(read)
    world = World(bank)
    for d in range(0, 15, 3):
        world.play(START + d * DAY, START + (d + 3) * DAY, [hand_over(f"o{d}", customers, START + d * DAY, arm="")])
    opened = _events(bank, START - 900 * DAY).filter(
        (pc.field("name") == "product_opened") & pc.match_substring(pc.field("properties"), "salary_plan")
    )
    assert pc.count_distinct(opened["customer_id"]).as_py() == opened.num_rows > 0
    holdings = pa.concat_tables([pq.read_table(f) for f in (bank / "landing" / "holdings").glob("*/*.parquet")])
    plans = holdings.filter(pc.field("product") == "salary_plan")
    assert set(opened["customer_id"].to_pylist()) <= set(plans["customer_id"].to_pylist())


def test_an_opt_out_withdraws_the_marketing_consent_of_its_channel(bank: Path, hand_over: HandOver, read: Read) -> None:
    customers = read("customers")["customer_id"].to_pylist()
    world = World(bank)
    world.play(START, START + 2 * DAY, [hand_over("calls", customers, START + timedelta(hours=2), channel="call")])
    opted = _events(bank).filter(pc.field("name") == "opt_out")
    assert opted.num_rows >= 5
    assert {json.loads(p)["channel"] for p in opted["properties"].to_pylist()} == {"call"}
    changes = pa.concat_tables([pq.read_table(f) for f in (bank / "landing" / "consents").glob("*/*-0800.parquet")])
    withdrawn = changes.filter((pc.field("purpose") == "marketing") & (pc.field("channel") == "call") & (~pc.field("granted")))
    by_customer = dict(zip(withdrawn["customer_id"].to_pylist(), withdrawn["changed_at"].to_pylist(), strict=True))
    for customer, at in zip(opted["customer_id"].to_pylist(), opted["occurred_at"].to_pylist(), strict=True):
        assert by_customer[customer] == at


def test_every_week_brings_new_wages_pensions_and_outflows(bank: Path) -> None:
    World(bank).play(START, START + 28 * DAY, [])
    rows = pa.concat_tables([pq.read_table(f) for f in sorted((bank / "landing" / "transactions").glob("*/*.parquet"))])
    since = START
    first = rows.filter(pc.field("code") == "工资").group_by("customer_id").aggregate([("occurred_at", "min")])["occurred_at_min"]
    for week in range(4):
        begin, end = pa.scalar(since + 7 * week * DAY), pa.scalar(since + 7 * (week + 1) * DAY)
        inside = rows.filter((pc.field("occurred_at") >= begin) & (pc.field("occurred_at") < end))
        assert pc.sum(pc.and_(pc.greater_equal(first, begin), pc.less(first, end))).as_py() > 0
        assert inside.filter(pc.field("code") == "养老金").num_rows > 20
        assert inside.filter(pc.field("counterparty_kind").isin(["own_account", "wallet"])).num_rows > 3


def test_people_join_and_complaints_and_loans_move(bank: Path, read: Read) -> None:
    rows = World(bank).play(START, START + 20 * DAY, [])
    assert rows["customers"] > 0
    assert rows["complaints"] > 0
    assert rows["loans"] > 0
    joined = pa.concat_tables([pq.read_table(f) for f in (bank / "landing" / "contacts").glob("*/*-0800.parquet")])["customer_id"]
    assert not set(joined.to_pylist()) & set(read("customers")["customer_id"].to_pylist())


def test_the_truth_table_holds_zero_and_harmful_effects(made: Path) -> None:
    written = json.loads((made / "hidden" / "effects.json").read_text(encoding="utf-8"))
    assert written["effects"] == [vars(e) for e in effects()]
    assert written["side_effects"] == [vars(s) for s in side_effects()]
    goals = [e for e in effects() if e.goal != "app_login"]
    assert sum(e.multiplier == 1.0 for e in goals) >= 10
    assert sum(e.multiplier < 1.0 for e in goals) >= 5
    assert sum(e.multiplier > 1.5 for e in goals) >= 20
    messages = {e.message for e in goals}
    assert messages == {"payroll_welcome", "payroll_plan_offer", "payroll_plan_reminder", "pension_day_greeting",
                        "pension_deposit_offer", "outflow_care", "outflow_call", "outflow_offer"}  # fmt: skip
    size = {(e.message, e.arm, e.channel, e.group): e.multiplier for e in goals}
    assert all(
        size["payroll_welcome", "warm", "app_push", g] > size["payroll_welcome", "plain", "app_push", g]
        for g in ("young", "prime")
    )
    assert (
        np.sign(
            size["payroll_plan_offer", "yield", "app_push", "young"]
            - size["payroll_plan_offer", "convenience", "app_push", "young"]
        )
        > 0
    )
    assert (
        np.sign(size["payroll_plan_offer", "yield", "sms", "mature"] - size["payroll_plan_offer", "convenience", "sms", "mature"])
        < 0
    )
