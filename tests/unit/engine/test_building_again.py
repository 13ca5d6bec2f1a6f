"""Segments are built again only when what they are made from has changed, and are right all the same."""

from datetime import timedelta

import pytest

from tonglu.testing import TinyBank, at

DAY = timedelta(days=1)
NINE = at("2026-03-02 09:00")
SEGMENTS = {
    "grown": "SELECT c.customer_id FROM customers AS c WHERE c.age >= 18",
    "busy_today": "SELECT e.customer_id FROM events AS e WHERE e.occurred_at >= as_of_date()",
    "busy_now": "SELECT e.customer_id FROM events AS e WHERE e.occurred_at > as_of() - INTERVAL 1 HOUR",
    "grown_and_busy": "SELECT g.customer_id FROM segment.grown AS g JOIN segment.busy_now AS b ON b.customer_id = g.customer_id",
    "known": "SELECT p.customer_id FROM profile AS p",
}
STEPS = [{"settle": {"wait": "3 days"}}]


@pytest.fixture
def bank(tmp_path):
    journeys = {"watch": {"enter": {"segment": "busy_now", "again": "always"}, "steps": STEPS}}
    with TinyBank(
        tmp_path, journeys=journeys, segments=SEGMENTS, attributes={"age": "integer"}, events={"app_login": {}}
    ) as bank:
        bank.customers({"customer_id": 1, "age": 30}, {"customer_id": 2, "age": 12})
        yield bank


def built(bank, run_no):
    rows = bank.rows("SELECT segment FROM tonglu.segment_built WHERE run_no = $run_no ORDER BY segment", run_no=run_no)
    return [name for (name,) in rows]


def members(bank, run_no):
    return dict(bank.rows("SELECT segment, members FROM tonglu.segment_size WHERE run_no = $run_no", run_no=run_no))


def test_a_run_without_news_builds_only_what_asks_for_the_instant(bank):
    bank.run(NINE)
    bank.run(NINE + timedelta(minutes=10))
    assert built(bank, 1) == ["busy_now", "busy_today", "grown", "grown_and_busy", "known", "profile"]
    assert built(bank, 2) == ["busy_now"]  # and it has the same members, so what reads it stands
    assert members(bank, 2) == members(bank, 1) == {"busy_now": 0, "busy_today": 0, "grown": 1, "grown_and_busy": 0, "known": 2}


def test_a_new_day_builds_what_asks_for_the_day(bank):
    bank.run(NINE)
    bank.run(NINE + DAY)
    assert built(bank, 2) == ["busy_now", "busy_today"]


def test_new_facts_build_what_reads_them_and_nothing_else(bank):
    bank.run(NINE)
    bank.event("app_login", 1, NINE + timedelta(minutes=5))
    bank.run(NINE + timedelta(minutes=10))
    assert built(bank, 2) == ["busy_now", "busy_today", "grown_and_busy"]
    bank.customers({"customer_id": 2, "age": 18})
    bank.run(NINE + timedelta(minutes=20))
    assert built(bank, 3) == ["busy_now", "grown", "grown_and_busy", "known", "profile"]
    assert members(bank, 3)["grown"] == 2
    assert bank.entered("watch") == [1]


def test_a_receipt_changes_the_events(bank):
    bank.edit(
        journeys={
            "greet": {
                "enter": {"segment": "busy_now", "enrolment": "both"},
                "steps": [{"hi": {"touch": "hello", "via": ["sms"]}}],
            }
        }
    )
    bank.event("app_login", 1, NINE)
    bank.run(NINE + timedelta(minutes=1))
    bank.run(NINE + timedelta(hours=3))
    [(key,)] = bank.rows("SELECT touch_key FROM tonglu.touch")
    bank.receipt(key, "clicked", NINE + timedelta(hours=4))
    bank.run(NINE + timedelta(hours=5))
    assert "busy_today" in built(bank, 3)


def test_edited_sql_is_built_again_and_a_segment_that_is_gone_is_left(bank, tmp_path):
    bank.run(NINE)
    path = tmp_path / "segments/grown.sql"
    path.write_text(path.read_text().replace("18", "10"))
    (tmp_path / "segments/known.sql").unlink()
    bank.close()
    bank.run(NINE + timedelta(minutes=10))
    assert "grown" in built(bank, 2)
    assert members(bank, 2) == {"busy_now": 0, "busy_today": 0, "grown": 2, "grown_and_busy": 0}
    assert bank.rows("SELECT count(*) FROM tonglu.membership WHERE segment = 'known' AND left_run IS NULL") == [(0,)]


def test_comments_and_layout_build_nothing(bank, tmp_path):
    bank.run(NINE)
    path = tmp_path / "segments/grown.sql"
    path.write_text(path.read_text() + "\n-- adults\n")
    bank.close()
    bank.run(NINE + timedelta(minutes=10))
    assert "grown" not in built(bank, 2)
