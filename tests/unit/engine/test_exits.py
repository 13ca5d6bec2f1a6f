"""Exits and goals end an entry, wherever it rests (semantics 19)."""

from datetime import timedelta

from tonglu.mailroom.inbox import InboxItem
from tonglu.testing import at

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
T = at("2026-03-02 08:00")
RESTED = [{"a": {"wait": "2 hours"}}, {"b": {"wait": "2 hours"}}, {"c": {"wait": "30 days"}}]
VIP = {"vip": "SELECT c.customer_id FROM customers AS c WHERE c.vip"}


def journey(*steps, exits=(), **header):
    return {"enter": {"event": "ordered", "fresh": "30 days"}, "exit": list(exits), "steps": list(steps or RESTED), **header}


COMPLAINT = {"event": "complained"}


def test_an_exit_takes_the_events_instant_after_the_moves_that_come_before_it(tiny):
    bank = tiny(journeys={"order": journey(exits=[COMPLAINT])})
    instants = {1: T + HOUR, 2: T + 2 * HOUR, 3: T + 2 * HOUR + TICK, 4: T + 5 * HOUR}
    bank.customers(*instants)
    bank.events([("ordered", number, T) for number in instants])
    bank.run(T)
    bank.events([("complained", number, instant) for number, instant in instants.items()])
    bank.run(T + DAY)
    assert bank.ended() == [(number, "order", 1, instant, "exit_complained") for number, instant in instants.items()]
    # at one instant the exit beats the move: customer 2 never comes to b
    assert {number: [to for to, _ in bank.walked(number)] for number in instants} == {1: [], 2: [], 3: ["b"], 4: ["b", "c"]}


def test_the_exits_of_an_entry_that_this_run_enrolled_are_judged_too(tiny):
    bank = tiny(
        journeys={"order": journey({"hi": {"touch": "hello", "via": ["sms"]}}, {"rest": {"wait": "1 day"}}, exits=[COMPLAINT])}
    )
    bank.customers(1, 2, 3)
    bank.events([("ordered", number, T) for number in (1, 2, 3)])
    bank.events([("complained", 1, T + HOUR), ("complained", 2, T), ("complained", 3, T - HOUR)])
    bank.run(T + 2 * HOUR)
    assert bank.ended() == [(1, "order", 1, T + HOUR, "exit_complained")]
    assert [(row[0], row[3]) for row in bank.decided()] == [(2, "sent"), (3, "sent")]


def test_no_touch_is_proposed_for_an_entry_whose_exit_is_known(tiny):
    steps = [{"a": {"wait": "1 hour"}}, {"hi": {"touch": "hello", "via": ["sms"]}}]
    bank = tiny(journeys={"order": journey(*steps, exits=[COMPLAINT])})
    bank.customers(1, 2)
    bank.events([("ordered", number, T) for number in (1, 2)])
    bank.run(T)
    bank.event("complained", 1, T + 3 * HOUR)
    bank.run(T + DAY)
    assert bank.decided() == [(2, "order", "hi", "sent", "passed")]
    assert bank.walked(1) == [("hi", T + HOUR)]
    assert bank.ended()[0] == (1, "order", 1, T + 3 * HOUR, "exit_complained")


def test_at_one_instant_the_goal_beats_other_exits_which_go_by_written_order(tiny):
    goal = {"event": "paid", "within": "7 days"}
    exits = [{"event": "moved"}, COMPLAINT]
    bank = tiny(journeys={"order": journey(exits=exits, goal=goal)})
    bank.customers(1, 2, 3)
    bank.events([("ordered", number, T) for number in (1, 2, 3)])
    bank.run(T)
    bank.events([("complained", number, T + HOUR) for number in (1, 2, 3)])
    bank.events([("moved", 1, T + HOUR), ("moved", 2, T + HOUR), ("paid", 1, T + HOUR), ("paid", 3, T + HOUR + TICK)])
    bank.run(T + DAY)
    assert [(number, reason) for number, *_, reason in bank.ended()] == [(1, "goal"), (2, "exit_moved"), (3, "exit_complained")]


def test_an_entry_goes_on_after_its_goal_where_the_journey_says_so(tiny):
    goal = {"event": "paid", "within": "7 days", "value": 12.5}
    bank = tiny(journeys={"ends": journey(goal=goal), "goes_on": journey(goal=goal, on_goal="continue")})
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T)
    bank.event("paid", 1, T + HOUR)
    bank.run(T + 3 * HOUR)
    assert bank.ended() == [(1, "ends", 1, T + HOUR, "goal")]
    assert bank.rows("SELECT count(*), min(value), max(occurred_at) FROM tonglu.conversion") == [(2, 1250, T + HOUR)]


def test_a_goal_between_the_event_and_the_run_ends_the_entry_and_is_no_conversion(tiny):
    goal = {"event": "paid", "within": "1 day"}
    bank = tiny(journeys={"order": journey(goal=goal)})
    bank.customers(*range(1, 5))
    bank.events([("ordered", number, T) for number in range(1, 5)])
    bank.event("paid", 1, T + HOUR)
    bank.run(T + 2 * HOUR)
    assigned = T + 2 * HOUR
    bank.events([("paid", 2, assigned + TICK), ("paid", 3, assigned + DAY), ("paid", 4, assigned + DAY + TICK)])
    bank.run(T + 2 * DAY)
    assert [(number, reason) for number, *_, reason in bank.ended()] == [(number, "goal") for number in range(1, 5)]
    converted = bank.rows(
        "SELECT e.customer_id, c.occurred_at FROM tonglu.conversion AS c JOIN tonglu.entry AS e USING (entry_id) ORDER BY 1"
    )
    assert converted == [(2, assigned + TICK), (3, assigned + DAY)]


def test_a_conversion_that_is_loaded_late_counts_all_the_same(tiny):
    bank = tiny(journeys={"order": journey({"a": {"end": "short"}}, goal={"event": "paid", "within": "1 day"})})
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T)
    bank.event("paid", 1, T + HOUR)
    bank.run(T + 10 * DAY)
    assert bank.rows("SELECT run_no, occurred_at FROM tonglu.conversion") == [(2, T + HOUR)]
    assert bank.ended() == [(1, "order", 1, T, "short")]


def test_an_exit_by_segment_ends_the_entry_as_it_stands_at_the_run(tiny):
    exits = [{"segment": "vip"}]
    bank = tiny(
        journeys={"into": journey(exits=exits), "out_of": journey(exits=[{"left": "vip"}])},
        segments=VIP,
        attributes={"vip": "boolean"},
    )
    bank.customers({"customer_id": 1, "vip": False}, {"customer_id": 2, "vip": True})
    bank.events([("ordered", 1, T), ("ordered", 2, T)])
    bank.run(T)
    assert bank.ended() == [(1, "out_of", 1, T, "exit_left_vip"), (2, "into", 1, T, "exit_segment_vip")]
    bank.customers({"customer_id": 1, "vip": True}, {"customer_id": 2, "vip": False})
    bank.run(T + DAY)
    assert bank.ended()[0] == (1, "into", 1, T + DAY, "exit_segment_vip")
    assert bank.walked(1) == []
    assert bank.ended()[-1] == (2, "out_of", 1, T + DAY, "exit_left_vip")


def test_an_earlier_event_exit_wins_over_a_segment_of_the_run(tiny):
    bank = tiny(journeys={"order": journey(exits=[{"segment": "vip"}, COMPLAINT])}, segments=VIP, attributes={"vip": "boolean"})
    bank.customers({"customer_id": 1, "vip": False})
    bank.event("ordered", 1, T)
    bank.run(T)
    bank.customers({"customer_id": 1, "vip": True})
    bank.event("complained", 1, T + HOUR)
    bank.run(T + DAY)
    assert bank.ended() == [(1, "order", 1, T + HOUR, "exit_complained")]


def test_an_operator_takes_a_customer_out_as_they_stand(tiny):
    bank = tiny(journeys={"order": journey(), "other": journey()})
    bank.customers(1, 2)
    bank.events([("ordered", 1, T), ("ordered", 2, T)])
    bank.run(T)
    payload = {"journey": "order", "reason": "asked by telephone", "by": "branch 12"}
    bank.place.mailroom.inbox.post([InboxItem("eject", "eject-1", 1, payload, T + HOUR)])
    bank.run(T + DAY)
    assert bank.ended() == [(1, "order", 1, T + DAY, "ejected")]
    assert bank.rows("SELECT customer_id, journey, reason, ejected_by FROM tonglu.ejection") == [
        (1, "order", "asked by telephone", "branch 12")
    ]
    bank.run(T + 2 * DAY)
    assert len(bank.ended()) == 1


def test_after_its_last_day_a_journey_finishes_or_stops(tiny):
    live = {"until": "2026-03-04"}
    journeys = {"finishes": journey(live=live), "stops": journey(live={**live, "then": "stop"})}
    bank = tiny(journeys=journeys)
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(at("2026-03-03 23:59"))
    assert bank.ended() == []
    bank.run(at("2026-03-04 00:00"))
    assert bank.ended() == [(1, "stops", 1, at("2026-03-04 00:00"), "journey_over")]


def test_an_exit_takes_back_a_touch_that_is_planned_and_has_not_left(tiny):
    hello = {"hi": {"touch": "hello", "via": ["sms"]}}
    journeys = {"order": journey(hello, {"rest": {"wait": "3 days"}}, exits=[COMPLAINT]), "short": journey(hello)}
    bank = tiny(journeys=journeys, policy={"open_hours": {"sms": "08:00-21:00"}, "per_run": 9})
    bank.customers(1, 2)
    bank.events([("ordered", 1, at("2026-03-02 22:00")), ("ordered", 2, at("2026-03-02 22:00"))])
    bank.run(at("2026-03-02 22:30"))
    opening = at("2026-03-03 08:00")
    assert {not_before for (not_before,) in bank.rows("SELECT not_before FROM tonglu.touch")} == {opening}
    bank.event("complained", 1, at("2026-03-03 05:00"))
    bank.run(at("2026-03-03 06:00"))
    assert bank.ended() == [(1, "order", 1, opening, "exit_complained")]  # the clock of a decided entry is its not_before
    bank.deliver(opening)
    keys = [row["touch_key"] for row in bank.handed_over()]
    left = bank.rows(
        "SELECT journey, customer_id FROM tonglu.touch WHERE list_contains($keys, touch_key) ORDER BY ALL", keys=keys
    )
    assert left == [("order", 2), ("short", 1), ("short", 2)]


def test_a_guardrail_is_nothing_to_reach(tiny):
    goals = [{"event": "paid", "within": "9 days"}, {"event": "complained", "within": "9 days", "role": "guardrail"}]
    order = journey(goals=goals)
    again = journey(
        goals=goals, enter={"event": "ordered", "fresh": "30 days", "again": "unless goal reached"}, on_goal="continue"
    )
    again["steps"] = [{"a": {"wait": "1 hour"}}]
    bank = tiny(journeys={"order": order, "again": again})
    bank.customers(1, 2)
    bank.events([("ordered", 1, T), ("ordered", 2, T)])
    bank.run(T)
    bank.events([("complained", 1, T + HOUR), ("paid", 2, T + HOUR)])
    bank.run(T + DAY)
    assert [row[:2] + row[4:] for row in bank.ended() if row[1] == "order"] == [(2, "order", "goal")]
    bank.events([("ordered", 1, T + 2 * DAY), ("ordered", 2, T + 2 * DAY)])
    bank.run(T + 3 * DAY)
    assert bank.rows("SELECT customer_id, count(*) FROM tonglu.entry WHERE journey = 'again' GROUP BY ALL ORDER BY ALL") == [
        (1, 2),
        (2, 1),
    ]
