"""A run is a function of definitions, facts, instant and state (semantics 1 to 4)."""

from datetime import timedelta

import apsw
import pytest

from tonglu.core.errors import CheckFailed
from tonglu.mailroom.inbox import InboxItem
from tonglu.testing import at

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
T = at("2026-03-02 10:00")


def journeys():
    steps = [
        {"hi": {"touch": "hello", "via": ["sms", "app_push"], "experiment": {"arms": ["a", "b"], "learn": "thompson"}}},
        {"watch": {"wait_for": {"event": "app_login", "go": "more"}, "within": "1 day", "otherwise": "done"}},
        {"more": {"touch": "more", "via": ["app_push"]}},
        {"done": {"end": "done"}},
    ]
    goal = {"event": "paid", "within": "1 day"}
    return {"offer": {"enter": {"event": "ordered", "again": "always"}, "holdout": "20%", "goal": goal, "steps": steps}}


def mailroom_rows(bank):
    connection = apsw.Connection(str(bank.root / "data/mailroom.sqlite"), flags=apsw.SQLITE_OPEN_READONLY)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1").fetchall()]
    return {table: sorted(map(repr, connection.execute(f"SELECT * FROM {table}"))) for table in tables}


def test_running_a_finished_instant_again_changes_nothing(tiny):
    bank = tiny(journeys=journeys())
    people = range(1, 31)
    bank.customers(*people)
    bank.events([("ordered", number, T - HOUR) for number in people])
    bank.run(T)
    bank.deliver(T)
    bank.events([("app_login", number, T + HOUR) for number in range(1, 16)] + [("paid", 3, T + 2 * HOUR)])
    first = bank.run_whole(T + DAY)
    bank.events([("ordered", 1, T + 2 * DAY)])  # lands between, and must wait for a later run
    before = bank.state(), mailroom_rows(bank)
    again = bank.run_whole(T + DAY)
    assert again["again"] is True
    assert {key: again[key] for key in ("run_no", "entered", "sent")} == {
        key: first[key] for key in ("run_no", "entered", "sent")
    }
    assert (bank.state(), mailroom_rows(bank)) == before
    bank.close()
    assert bank.run(T)["run_no"] == 1
    assert (bank.state(), mailroom_rows(bank)) == before


def test_runs_rise(tiny):
    bank = tiny(journeys=journeys())
    bank.customers(1)
    bank.run(T)
    with pytest.raises(CheckFailed, match="runs rise"):
        bank.run(T - TICK)
    assert bank.run(T + TICK)["run_no"] == 2


def test_the_same_days_in_another_warehouse_come_to_the_same_rows(tiny):
    states = []
    for _ in range(2):
        bank = tiny(journeys=journeys())
        bank.customers(*range(1, 31))
        bank.events([("ordered", number, T - HOUR) for number in range(1, 31)])
        bank.run(T)
        bank.events([("app_login", number, T + HOUR) for number in range(1, 16)])
        bank.run(T + DAY)
        states.append({name: digest for name, digest in bank.state().items() if name != "tonglu.ingested_file"})
    assert states[0] == states[1]


def test_facts_of_the_future_wait_for_their_time(tiny):
    bank = tiny(journeys=journeys())
    bank.customers(1, 2)
    bank.events([("ordered", 1, T), ("ordered", 2, T + TICK)])
    bank.run(T)
    assert bank.entered("offer") == [1]
    assert bank.rows("SELECT count(*) FROM held.events") == [(1,)]
    bank.run(T + TICK)
    assert bank.entered("offer") == [1, 2]
    assert bank.rows("SELECT customer_id, loaded_run FROM source.events ORDER BY 1") == [(1, 1), (2, 2)]


def test_an_event_that_comes_twice_counts_once_and_one_id_with_two_contents_counts_not_at_all(tiny):
    bank = tiny(journeys=journeys())
    bank.customers(1, 2, 3)
    bank.event("ordered", 1, T - HOUR, event_id="one")
    bank.event("ordered", 1, T - HOUR, event_id="one")
    bank.event("ordered", 2, T - HOUR, event_id="two")
    bank.event("ordered", 3, T - HOUR, event_id="two")
    bank.run(T)
    assert bank.entered("offer") == [1]
    assert bank.rows("SELECT rule FROM quarantine.events") == [("copies_differ",)] * 2
    bank.event("ordered", 1, T - HOUR, event_id="one")
    bank.run(T + HOUR)
    assert bank.rows("SELECT count(*) FROM source.events") == [(1,)]


def test_an_event_from_the_inbox_is_a_fact_of_the_next_run_and_of_that_alone(tiny):
    bank = tiny(journeys=journeys())
    bank.customers(1, 2, 3)
    bank.run(T - DAY)

    def post(number):
        row = {
            "event_id": f"in{number}",
            "customer_id": number,
            "name": "ordered",
            "occurred_at": (T - HOUR).isoformat(),
            "properties": "{}",
        }
        bank.place.mailroom.inbox.post([InboxItem("event", f"in{number}", number, row, T)])

    post(1)
    loop = bank.open(T)
    for name, stage in loop.stages:
        if name == "segment":
            post(2)  # comes while the run is under way: too late for this one, and not lost
        if name != "publish":
            stage()
    assert bank.entered("offer") == [1]
    bank.run(T + HOUR)
    assert bank.entered("offer") == [1, 2]
    bank.run(T + 2 * HOUR)
    assert bank.rows("SELECT customer_id, loaded_run FROM source.events ORDER BY 1") == [(1, 2), (2, 3)]
