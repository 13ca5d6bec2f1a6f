"""Limits choose; who is left out stays a candidate for as long as they qualify (semantics 10)."""

from datetime import timedelta

from tonglu.core.chance import draw
from tonglu.testing import at

DAY = timedelta(days=1)
T = at("2026-03-02 08:00")
REST = [{"rest": {"wait": "300 days"}}]
VIP = {"vip": "SELECT c.customer_id FROM customers AS c WHERE c.vip"}


def limited(limit, **more):
    return {"enter": {"segment": "vip", "enrolment": "current", "limit": limit, **more}, "steps": REST}


def test_who_is_left_out_by_a_limit_enters_later_in_the_order_of_the_hash(tiny):
    bank = tiny(journeys={"few": limited("2 per run"), "total": limited("3 total")}, segments=VIP, attributes={"vip": "boolean"})
    bank.customers(*({"customer_id": number, "vip": True} for number in range(1, 8)))
    by_hash = {name: sorted(range(1, 8), key=lambda number: draw("entry_order", name, number, "")) for name in ("few", "total")}
    for run in range(4):
        bank.run(T + run * DAY)
        assert sorted(bank.entered("few")) == sorted(by_hash["few"][: 2 * (run + 1)])
        assert sorted(bank.entered("total")) == sorted(by_hash["total"][:3])
    left = bank.rows("SELECT run_no, customers FROM tonglu.left_out WHERE journey = 'few' AND reason = 'limit' ORDER BY ALL")
    assert left == [(1, 5), (2, 3), (3, 1)]
    assert bank.rows("SELECT count(*) FROM tonglu.candidate WHERE journey = 'total'") == [(4,)]


def test_a_daily_limit_counts_the_banks_day_and_not_the_run(tiny):
    bank = tiny(journeys={"few": limited(["3 per day", "2 per run"])}, segments=VIP, attributes={"vip": "boolean"})
    bank.customers(*({"customer_id": number, "vip": True} for number in range(1, 10)))
    counts = []
    for instant in ("2026-03-02 08:00", "2026-03-02 12:00", "2026-03-02 23:59", "2026-03-03 00:00"):
        counts.append(bank.run(at(instant))["entered"])
    assert counts == [2, 1, 0, 2]


def test_the_journeys_own_order_goes_before_the_hash_and_a_missing_value_goes_last(tiny):
    journey = limited("2 per run", order="assets desc")
    bank = tiny(journeys={"rich": journey}, segments=VIP, attributes={"vip": "boolean", "assets": "bigint"})
    for number, assets in enumerate([5, None, 9, 7], 1):
        bank.customers({"customer_id": number, "vip": True, "assets": assets})
    bank.run(T)
    assert bank.entered("rich") == [3, 4]
    bank.run(T + DAY)
    assert bank.entered("rich") == [1, 2, 3, 4]


def test_a_candidate_who_no_longer_qualifies_does_not_enter(tiny):
    journeys = {"segment": limited("1 per run"), "event": {"enter": {"event": "ordered", "limit": "1 per run"}, "steps": REST}}
    bank = tiny(journeys=journeys, segments=VIP, attributes={"vip": "boolean"})
    bank.customers(*({"customer_id": number, "vip": True} for number in (1, 2, 3)))
    for number in (1, 2, 3):
        bank.event("ordered", number, T - timedelta(hours=number))
    bank.run(T)
    first = bank.entered("segment")[0]
    leaver, stayer = sorted({1, 2, 3} - {first})
    bank.customers({"customer_id": leaver, "vip": False})
    bank.run(T + DAY)
    assert bank.entered("segment") == sorted([first, stayer])
    assert len(bank.entered("event")) == 1  # the others' events are more than a day old by now
    assert bank.rows("SELECT count(*) FROM tonglu.candidate") == [(0,)]


def test_the_clock_of_a_member_who_waited_for_room_starts_when_they_enter(tiny):
    bank = tiny(journeys={"few": limited("1 per run")}, segments=VIP, attributes={"vip": "boolean"})
    bank.customers(*({"customer_id": number, "vip": True} for number in (1, 2)))
    bank.run(T)
    bank.run(T + DAY)
    assert sorted(since for *_, since in bank.entries()) == [T, T + DAY]


def test_the_clock_of_an_event_that_waited_for_room_is_the_events_own(tiny):
    bank = tiny(journeys={"few": {"enter": {"event": "ordered", "limit": "1 per run", "fresh": "5 days"}, "steps": REST}})
    bank.customers(1, 2)
    for number in (1, 2):
        bank.event("ordered", number, T - timedelta(hours=number))
    bank.run(T)
    bank.run(T + DAY)
    assert sorted(since for *_, since in bank.entries()) == [T - timedelta(hours=2), T - timedelta(hours=1)]
