"""What an entry waits for: since < occurred_at <= since + within, the earliest wins (semantics 14)."""

from datetime import timedelta

import pytest

from tonglu.testing import at

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
T = at("2026-03-02 08:00")
ENDS = [{"seen": {"end": "seen"}}, {"paid": {"end": "paid"}}, {"late": {"end": "late"}}, {"dear": {"end": "dear"}}]


def waiting(*alternatives, before=(), **fields):
    step = {"wait_for": list(alternatives), "within": "1 day", "otherwise": "late", **fields}
    return {"enter": {"event": "ordered", "fresh": "30 days"}, "steps": [*before, {"watch": step}, *ENDS]}


LOGIN = {"event": "app_login", "go": "seen"}
PAID = {"event": "paid", "go": "paid"}


@pytest.mark.parametrize("loaded", ["with its run", "before the entry looks back", "a run late"])
def test_an_event_counts_after_since_and_up_to_the_end_of_the_window(tiny, loaded):
    """Customers by the edge at which their event lies: at since, a tick after, inside, at the end, a tick after the end."""
    edges = {1: T, 2: T + TICK, 3: T + 5 * HOUR, 4: T + DAY, 5: T + DAY + TICK}
    bank = tiny(journeys={"order": waiting(LOGIN)})
    bank.customers(*edges)
    bank.events([("ordered", number, T) for number in edges])
    if loaded == "before the entry looks back":
        bank.events([("app_login", number, instant) for number, instant in edges.items()])
        bank.run(T + 2 * DAY)
    else:
        bank.run(T)
        bank.run(T + HOUR if loaded == "with its run" else T + DAY - TICK)
        bank.events([("app_login", number, instant) for number, instant in edges.items()])
        bank.run(T + 2 * DAY)
    won = {2: (T + TICK, "seen"), 3: (T + 5 * HOUR, "seen"), 4: (T + DAY, "seen")}
    late = (T + DAY, "late")
    assert {number: (clock, reason) for number, _, _, clock, reason in bank.ended()} == {1: late, 5: late, **won}


def test_the_earliest_event_wins_and_at_one_instant_the_alternative_written_first(tiny):
    bank = tiny(journeys={"order": waiting(LOGIN, PAID), "turned": waiting(PAID, LOGIN)})
    bank.customers(1, 2, 3)
    bank.events([("ordered", number, T) for number in (1, 2, 3)])
    bank.events([("app_login", 1, T + 2 * HOUR), ("paid", 1, T + HOUR)])
    bank.events([("app_login", 2, T + HOUR), ("paid", 2, T + 2 * HOUR)])
    bank.events([("paid", 3, T + HOUR), ("app_login", 3, T + HOUR)])
    bank.run(T + 3 * HOUR)
    reasons = {(journey, number): (reason, clock) for number, journey, _, clock, reason in bank.ended()}
    soon = T + HOUR
    assert reasons == {
        ("order", 1): ("paid", soon),
        ("turned", 1): ("paid", soon),
        ("order", 2): ("seen", soon),
        ("turned", 2): ("seen", soon),
        ("order", 3): ("seen", soon),
        ("turned", 3): ("paid", soon),
    }


def test_an_event_that_comes_late_changes_no_path_that_was_walked(tiny):
    bank = tiny(journeys={"order": waiting(LOGIN)})
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T + DAY)
    before = bank.paths()
    assert [move[-1] for move in before] == ["timed out"]
    bank.event("app_login", 1, T + HOUR)
    bank.run(T + 2 * DAY)
    assert bank.paths() == before


def test_the_time_limit_is_reached_at_its_instant_and_not_before(tiny):
    bank = tiny(journeys={"order": waiting(LOGIN)})
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T + DAY - TICK)
    assert bank.ended() == []
    bank.run(T + DAY)
    assert bank.ended() == [(1, "order", 1, T + DAY, "late")]


def test_without_otherwise_the_limit_leads_on_to_the_next_step(tiny):
    journey = {
        "enter": {"event": "ordered"},
        "steps": [{"watch": {"wait_for": {"event": "app_login"}, "within": "1 hour"}}, {"on": {"end": "on"}}],
    }
    bank = tiny(journeys={"order": journey})
    bank.customers(1, 2)
    bank.events([("ordered", 1, T), ("ordered", 2, T), ("app_login", 2, T + HOUR / 2)])
    bank.run(T + HOUR)
    assert bank.ended() == [(1, "order", 1, T + HOUR, "on"), (2, "order", 1, T + HOUR / 2, "on")]


def test_a_filter_narrows_the_event_and_a_missing_property_does_not_match(tiny):
    journey = waiting({"event": "paid", "where": "amount >= 100", "go": "paid"})
    bank = tiny(journeys={"order": journey}, events={"paid": {"amount": "bigint"}})
    bank.customers(1, 2, 3)
    bank.events([("ordered", number, T) for number in (1, 2, 3)])
    bank.event("paid", 1, T + HOUR, amount=99)
    bank.event("paid", 1, T + 2 * HOUR, amount=100)
    bank.event("paid", 2, T + HOUR)
    bank.event("paid", 3, T + HOUR, amount=5)
    bank.run(T + DAY)
    assert [(number, clock, reason) for number, _, _, clock, reason in bank.ended()] == [
        (1, T + 2 * HOUR, "paid"),
        (2, T + DAY, "late"),
        (3, T + DAY, "late"),
    ]


def test_an_event_serves_one_wait_and_the_next_needs_a_later_one(tiny):
    steps = [
        {"first": {"wait_for": {"event": "app_login"}, "within": "1 day", "otherwise": "late"}},
        {"second": {"wait_for": {"event": "app_login", "go": "seen"}, "within": "1 day", "otherwise": "late"}},
        *ENDS,
    ]
    bank = tiny(journeys={"order": {"enter": {"event": "ordered", "fresh": "9 days"}, "steps": steps}})
    bank.customers(1, 2)
    bank.events(
        [
            ("ordered", 1, T),
            ("ordered", 2, T),
            ("app_login", 1, T + HOUR),
            ("app_login", 2, T + HOUR),
            ("app_login", 2, T + 2 * HOUR),
        ]
    )
    bank.run(T + 3 * DAY)
    assert bank.ended() == [(1, "order", 1, T + HOUR + DAY, "late"), (2, "order", 1, T + 2 * HOUR, "seen")]


def test_a_segment_or_a_condition_wins_at_the_run_and_only_inside_the_window(tiny):
    bank = tiny(
        journeys={
            "member": waiting({"segment": "vip", "go": "dear"}),
            "aged": waiting({"when": "age >= 60", "go": "dear"}),
            "left": waiting({"left": "vip", "go": "dear"}),
        },
        attributes={"vip": "boolean", "age": "integer"},
        segments={"vip": "SELECT c.customer_id FROM customers AS c WHERE c.vip"},
    )
    numbers = (1, 2, 3)
    bank.customers(*({"customer_id": number, "vip": False, "age": None} for number in numbers))
    bank.events([("ordered", number, T) for number in numbers])
    bank.customers({"customer_id": 3, "vip": True, "age": 70})
    bank.run(T + HOUR)
    bank.customers({"customer_id": 1, "vip": True, "age": 60})
    bank.run(T + DAY)
    bank.customers({"customer_id": 2, "vip": True, "age": 60})
    bank.run(T + DAY + HOUR)
    found = {(journey, number): (clock, reason) for number, journey, _, clock, reason in bank.ended()}
    assert {number: found["member", number] for number in numbers} == {
        1: (T + DAY, "dear"),
        2: (T + DAY, "late"),
        3: (T + HOUR, "dear"),
    }
    assert {number: found["aged", number] for number in numbers} == {number: found["member", number] for number in numbers}
    assert found["left", 1] == found["left", 2] == (T + HOUR, "dear")


def test_receipts_of_a_touch_are_waited_for_like_events(tiny):
    steps = [
        {"greet": {"touch": "hello", "via": ["sms"]}},
        {"watch": {"wait_for": {"event": "touch.clicked", "go": "seen"}, "within": "1 day", "otherwise": "late"}},
        *ENDS,
    ]
    bank = tiny(journeys={"order": {"enter": {"event": "ordered"}, "steps": steps}})
    bank.customers(1, 2)
    bank.events([("ordered", 1, T), ("ordered", 2, T)])
    bank.run(T)
    keys = dict(bank.rows("SELECT customer_id, touch_key FROM tonglu.touch"))
    bank.receipt(keys[1], "clicked", T + HOUR)
    bank.receipt(keys[2], "delivered", T + HOUR)
    bank.run(T + DAY)
    assert bank.ended() == [(1, "order", 1, T + HOUR, "seen"), (2, "order", 1, T + DAY, "late")]
