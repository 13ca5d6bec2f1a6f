"""What an entry pinned stays, and what it names must stay (semantics 9)."""

from datetime import timedelta

import pytest

from tonglu.core.errors import InputError
from tonglu.testing import at

DAY = timedelta(days=1)
T = at("2026-03-02 10:00")
ENTER = {"event": "ordered", "fresh": "30 days"}


def test_an_open_entry_keeps_the_purpose_and_the_value_that_it_entered_with(tiny):
    steps = [{"rest": {"wait": "1 day"}}, {"hi": {"touch": "hello", "via": ["sms"]}}, {"stay": {"wait": "9 days"}}]
    body = {"enter": ENTER, "steps": steps, "goal": {"event": "paid", "value": 100, "within": "7 days"}}
    policy = {"per_run": 9, "purposes": {"service": {"skips": ["consent"]}}}
    bank = tiny(journeys={"offer": body}, policy=policy)
    bank.customers(1, 2, purposes=())
    bank.event("ordered", 1, T)
    bank.run(T)
    bank.edit(journeys={"offer": {**body, "purpose": "service", "goal": {**body["goal"], "value": 900}}})
    bank.event("ordered", 2, T + DAY)
    bank.run(T + DAY)
    bank.run(T + 2 * DAY)
    rows = bank.rows("SELECT customer_id, outcome, reason, score FROM tonglu.decision ORDER BY 1")
    assert [(customer, outcome, reason) for customer, outcome, reason, _ in rows] == [
        (1, "dropped", "no_consent"),
        (2, "sent", "passed"),
    ]
    assert rows[1][3] == 9 * rows[0][3]


def test_a_run_refuses_when_an_attribute_that_open_entries_need_is_gone(tiny):
    steps = [{"rest": {"wait": "1 day"}}, {"hi": {"touch": "hello", "via": ["sms"], "when": "age >= 18"}}]
    bank = tiny(journeys={"offer": {"enter": ENTER, "steps": steps}}, attributes={"age": "integer"})
    bank.customers({"customer_id": 1, "age": 40})
    bank.event("ordered", 1, T)
    bank.run(T)
    bank.edit(journeys={"offer": {"enter": ENTER, "steps": [{"hi": {"touch": "hello", "via": ["sms"]}}]}})
    profile = bank.root / "segments/profile.sql"
    profile.write_text(profile.read_text().replace("c.age", "1 AS years"))
    before = bank.rows("SELECT count(*) FROM tonglu.move")
    bank.close()
    with pytest.raises(InputError, match="'age'") as refused:
        bank.run(T + DAY)
    assert {finding.code for finding in refused.value.findings} == {"TL416"}
    assert bank.rows("SELECT count(*) FROM tonglu.move") == before


def test_a_segment_that_is_gone_is_neither_read_stale_nor_forgotten(tiny):
    body = {"enter": ENTER, "exit": [{"segment": "left_us"}], "steps": [{"rest": {"wait": "9 days"}}]}
    bank = tiny(journeys={"offer": body}, segments={"left_us": "SELECT customer_id FROM customers WHERE customer_id < 0"})
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T)
    bank.edit(journeys={"offer": {key: value for key, value in body.items() if key != "exit"}})
    (bank.root / "segments/left_us.sql").unlink()
    bank.close()
    with pytest.raises(InputError, match="segment 'left_us'"):
        bank.run(T + DAY)
    (bank.root / "segments/left_us.sql").write_text(
        "-- segment: left_us\n-- title: 离开 / Left\n-- owner: t\n-- grain: customer\nSELECT customer_id FROM customers\n"
    )
    bank.close()
    bank.run(T + DAY)
    assert bank.ended() == [(1, "offer", 1, T + DAY, "exit_segment_left_us")]
    (bank.root / "segments/left_us.sql").unlink()
    bank.close()
    bank.run(T + 2 * DAY)
    assert bank.rows("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'segment'") == []


def test_a_journey_with_open_entries_cannot_be_deleted(tiny):
    body = {"enter": ENTER, "steps": [{"rest": {"wait": "9 days"}}]}
    bank = tiny(journeys={"offer": body, "other": body})
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T)
    bank.remove_journey("offer")
    with pytest.raises(InputError, match="still open"):
        bank.run(T + DAY)
