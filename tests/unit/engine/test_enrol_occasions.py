"""Who enters a journey, and with which clock (semantics 7 to 10)."""

from datetime import timedelta

from tonglu.testing import at

DAY = timedelta(days=1)
T = at("2026-03-02 08:00")
REST = [{"rest": {"wait": "300 days"}}]
VIP = {"vip": "SELECT c.customer_id FROM customers AS c WHERE c.vip"}


def by_segment(**more):
    return {"enter": {"segment": "vip", **more}, "steps": REST}


def test_a_segment_brings_those_who_join_those_who_are_in_or_both(tiny):
    journeys = {name: by_segment(enrolment=name) for name in ("future", "current", "both")}
    bank = tiny(journeys=journeys, segments=VIP, attributes={"vip": "boolean"})
    bank.customers({"customer_id": 1, "vip": True}, {"customer_id": 2, "vip": False})
    bank.run(T)
    assert bank.entries() == [(1, "both", 1, "treated", T), (1, "current", 1, "treated", T)]
    bank.customers({"customer_id": 2, "vip": True}, {"customer_id": 3, "vip": True})
    bank.run(T + DAY)
    assert {name: bank.entered(name) for name in journeys} == {"future": [2, 3], "current": [1], "both": [1, 2, 3]}
    bank.run(T + 2 * DAY)
    assert len(bank.entries()) == 6


def test_a_journey_that_is_new_takes_the_members_of_that_day_only_when_it_says_so(tiny):
    bank = tiny(journeys={"first": by_segment()}, segments=VIP, attributes={"vip": "boolean"})
    bank.customers({"customer_id": 1, "vip": True})
    bank.run(T)
    bank.edit(journeys={"late_future": by_segment(), "late_both": by_segment(enrolment="both")})
    bank.customers({"customer_id": 2, "vip": True})
    bank.run(T + DAY)
    assert bank.entered("late_future") == [2]
    assert bank.entered("late_both") == [1, 2]


def test_a_condition_on_the_customer_keeps_the_others_out_of_a_segment_journey(tiny):
    journey = by_segment(enrolment="current", where="age >= 60")
    bank = tiny(journeys={"old": journey}, segments=VIP, attributes={"vip": "boolean", "age": "integer"})
    people = [(1, 59), (2, 60), (3, None)]
    bank.customers(*({"customer_id": number, "vip": True, "age": age} for number, age in people))
    bank.run(T)
    assert bank.entered("old") == [2]


def test_an_event_brings_its_customer_at_its_own_instant(tiny):
    bank = tiny(
        journeys={"order": {"enter": {"event": "ordered", "where": "amount >= 100"}, "steps": REST}},
        events={"ordered": {"amount": "bigint"}},
    )
    bank.customers(1, 2, 3, 4)
    bank.event("ordered", 1, T - timedelta(hours=3), amount=100)
    bank.event("ordered", 2, T - timedelta(hours=3), amount=99)
    bank.event("ordered", 3, T - timedelta(hours=3))
    bank.event("ordered", 99, T - timedelta(hours=3), amount=100)
    bank.run(T)
    assert bank.entries() == [(1, "order", 1, "treated", T - timedelta(hours=3))]


def test_an_event_that_is_no_longer_fresh_brings_nobody_however_late_it_is_loaded(tiny):
    enter = {"event": "ordered"}
    bank = tiny(
        journeys={
            "a_day": {"enter": enter, "steps": REST},
            "three_days": {"enter": {**enter, "fresh": "3 days"}, "steps": REST},
        }
    )
    bank.customers(1, 2, 3)
    bank.run(T)
    bank.event("ordered", 1, T + DAY - timedelta(hours=23))
    bank.event("ordered", 2, T + DAY - timedelta(hours=25))
    bank.event("ordered", 3, T + DAY - timedelta(days=4))
    bank.run(T + DAY)
    assert bank.entered("a_day") == [1]
    assert bank.entered("three_days") == [1, 2]


def test_of_several_events_in_a_run_the_earliest_counts_and_the_others_are_used_up(tiny):
    journey = {"enter": {"event": "ordered", "again": "always"}, "steps": [{"rest": {"wait": "1 hour"}}]}
    bank = tiny(journeys={"order": journey})
    bank.customers(1)
    for hours in (5, 3, 1):
        bank.event("ordered", 1, T - timedelta(hours=hours))
    bank.run(T)
    bank.run(T + timedelta(hours=1))
    assert bank.entries() == [(1, "order", 1, "treated", T - timedelta(hours=5))]
    assert bank.ended() == [(1, "order", 1, T - timedelta(hours=4), "completed")]


def test_re_entry_is_never_or_always_or_after_a_time_since_the_last_end(tiny):
    def again(rule):
        return {"enter": {"event": "ordered", "again": rule}, "steps": [{"rest": {"wait": "1 hour"}}]}

    bank = tiny(journeys={"never": again("never"), "always": again("always"), "after": again("after 2 days")})
    bank.customers(1, 2)
    first = T - timedelta(hours=4)
    edge = first + timedelta(hours=1) + 2 * DAY
    for customer, instants in {1: [first, first + DAY, edge], 2: [first, edge - timedelta(microseconds=1)]}.items():
        for instant in instants:
            bank.event("ordered", customer, instant)
    for day in range(4):
        bank.run(T + day * DAY)
    entered = {name: bank.entered(name) for name in ("never", "always", "after")}
    assert entered == {"never": [1, 2], "always": [1, 1, 1, 2, 2], "after": [1, 1, 2]}
    assert (1, "after", 2, "treated", edge) in bank.entries()


def test_who_reached_the_goal_does_not_come_again_where_the_journey_says_so(tiny):
    journey = {
        "enter": {"event": "ordered", "again": "unless goal reached"},
        "goal": {"event": "paid", "within": "2 days"},
        "steps": [{"rest": {"wait": "2 hours"}}],
    }
    bank = tiny(journeys={"order": journey})
    bank.customers(1, 2)
    for customer in (1, 2):
        bank.event("ordered", customer, T - timedelta(hours=4))
    bank.event("paid", 1, T - timedelta(hours=3))
    bank.run(T)
    for customer in (1, 2):
        bank.event("ordered", customer, T + timedelta(hours=20))
    bank.run(T + DAY)
    assert bank.entered("order") == [1, 2, 2]


def test_a_customer_has_one_open_entry_however_many_occasions_there_are(tiny):
    bank = tiny(journeys={"order": {"enter": {"event": "ordered", "again": "always"}, "steps": REST}})
    bank.customers(1)
    for day in range(3):
        bank.event("ordered", 1, T + day * DAY - timedelta(hours=1))
        bank.run(T + day * DAY)
    assert bank.entered("order") == [1]


def test_leaving_a_segment_and_joining_it_again_is_a_new_occasion(tiny):
    short = {"steps": [{"rest": {"wait": "1 hour"}}]}
    journeys = {"once": {**by_segment(), **short}, "always": {**by_segment(again="always"), **short}}
    bank = tiny(journeys=journeys, segments=VIP, attributes={"vip": "boolean"})
    for day, vip in enumerate([False, True, False, True]):
        bank.customers({"customer_id": 1, "vip": vip})
        bank.run(T + day * DAY)
    assert bank.entered("once") == [1]
    assert bank.entered("always") == [1, 1]


def test_a_paused_journey_enrols_nobody_and_keeps_its_candidates(tiny):
    journeys = {
        "order": {"enter": {"event": "ordered", "fresh": "3 days"}, "steps": REST},
        "other": {"enter": {"event": "ordered"}, "steps": REST},
    }
    bank = tiny(journeys=journeys)
    bank.customers(1, 2)
    bank.event("ordered", 1, T - timedelta(hours=1))
    bank.throw("pause", T, scope="journey", name="order")
    bank.run(T)
    assert (bank.entered("order"), bank.entered("other")) == ([], [1])
    assert bank.rows("SELECT run_no, journey, reason, customers FROM tonglu.left_out") == [(1, "order", "paused", 1)]
    bank.throw("resume", T + DAY, scope="journey", name="order")
    bank.run(T + DAY)
    assert bank.entries()[0] == (1, "order", 1, "treated", T - timedelta(hours=1))
    assert bank.rows("SELECT count(*) FROM tonglu.candidate") == [(0,)]


def test_a_journey_enrols_between_its_dates_only(tiny):
    live = {"from": "2026-03-03", "until": "2026-03-04"}
    bank = tiny(journeys={"spring": {"enter": {"event": "ordered", "fresh": "30 seconds"}, "live": live, "steps": REST}})
    bank.customers(*range(1, 6))
    instants = ["2026-03-02 23:59", "2026-03-03 00:00", "2026-03-03 23:59", "2026-03-04 00:00"]
    for customer, instant in enumerate(instants, 1):
        bank.event("ordered", customer, at(instant))
        bank.run(at(instant))
    assert bank.entered("spring") == [2, 3]
