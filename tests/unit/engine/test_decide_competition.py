"""Caps and arbitration: proposals of all journeys compete together (semantics 20 to 23)."""

from datetime import timedelta

from tonglu.testing import at

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
T = at("2026-03-02 10:00")


def touching(*via, event="ordered", value=0, touch=(), **header):
    steps = [
        {"hi": {"touch": "hello", "via": list(via or ("sms",)), "otherwise": "missed", "valid_for": "5 days", **dict(touch)}},
        {"after": {"wait": "300 days"}},
        {"missed": {"wait": "300 days"}},
    ]
    goal = {"event": "paid", "value": value, "within": "7 days"}
    return {"enter": {"event": event, "fresh": "30 days", "again": "never"}, "goal": goal, "steps": steps, **header}


def outcomes(bank, run_no):
    rows = bank.rows("SELECT journey, outcome, reason, detail FROM tonglu.decision WHERE run_no = $n ORDER BY 1", n=run_no)
    return {journey: tuple(rest) for journey, *rest in rows}


def test_a_cap_counts_what_was_planned_within_its_window_and_opens_again_after_it(tiny):
    policy = {"per_run": 9, "caps": [{"name": "daily", "purpose": "marketing", "at_most": 1, "within": "1 day"}]}
    journeys = {f"j{number}": touching(event=f"e{number}") for number in range(4)}
    bank = tiny(journeys=journeys, policy=policy)
    bank.customers(1)
    for number, instant in enumerate([T, T + DAY - TICK, T + DAY, T + 2 * DAY]):
        bank.event(f"e{number}", 1, instant)
        bank.run(instant)
    assert outcomes(bank, 1)["j0"] == ("sent", "passed", None)
    assert outcomes(bank, 2)["j1"] == ("dropped", "cap_reached", "daily")
    assert outcomes(bank, 3)["j2"] == ("sent", "passed", None)
    assert outcomes(bank, 4)["j3"] == ("sent", "passed", None)


def test_within_a_run_the_better_ranked_proposals_take_the_caps_and_the_rest_name_the_cap(tiny):
    policy = {
        "per_run": 9,
        "caps": [
            {"name": "weekly", "purpose": "marketing", "at_most": 3, "within": "7 days"},
            {"name": "texts", "channel": "sms", "at_most": 2, "within": "7 days"},
        ],
    }
    values = {"first": 500, "second": 400, "third": 300, "fourth": 200, "fifth": 100}
    channels = {"first": "sms", "second": "sms", "third": "sms", "fourth": "app_push", "fifth": "app_push"}
    journeys = {name: touching(channels[name], value=value) for name, value in values.items()}
    bank = tiny(journeys=journeys, policy=policy)
    bank.customers(1, 2)
    bank.events([("ordered", 1, T), ("ordered", 2, T)])
    bank.run(T)
    found = bank.rows("SELECT customer_id, journey, reason, detail FROM tonglu.decision ORDER BY customer_id, score DESC")
    expected = [
        ("first", "passed", None),
        ("second", "passed", None),
        ("third", "cap_reached", "texts"),
        ("fourth", "passed", None),
        ("fifth", "cap_reached", "weekly"),
    ]
    assert found == [(customer, *row) for customer in (1, 2) for row in expected]


def test_a_cap_of_another_purpose_or_channel_does_not_count(tiny):
    policy = {
        "per_run": 9,
        "caps": [
            {"purpose": "service", "at_most": 1, "within": "1 day"},
            {"channel": "app_push", "at_most": 1, "within": "1 day"},
        ],
    }
    journeys = {"a": touching(), "b": touching(), "c": touching("app_push"), "s": touching(purpose="service")}
    bank = tiny(journeys=journeys, policy=policy)
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T)
    assert {row[3] for row in bank.decided()} == {"sent"}


def test_what_was_not_delivered_in_time_gives_its_place_in_the_cap_back(tiny):
    policy = {"per_run": 9, "caps": [{"purpose": "marketing", "at_most": 1, "within": "30 days"}]}
    bank = tiny(journeys={"a": touching(event="e1", touch={"valid_for": "1 hour"}), "b": touching(event="e2")}, policy=policy)
    bank.customers(1, 2)
    bank.events([("e1", 1, T), ("e1", 2, T)])
    bank.run(T)
    assert bank.deliver(T + 2 * HOUR) == {"expired": 1}
    bank.events([("e2", 1, T + DAY), ("e2", 2, T + DAY)])
    bank.run(T + DAY)
    assert {row[3] for row in bank.decided(2)} == {"sent"}


def test_arbitration_lets_the_best_ranked_through_and_the_others_name_the_winner(tiny):
    policy = {"per_run": 1, "priority": ["care", "offer"]}
    journeys = {
        "poor": touching(value=10, priority="offer"),
        "rich": touching(value=900, priority="offer"),
        "caring": touching(value=1, priority="care"),
        "patient": touching(value=5, priority="offer", touch={"wait": True}),
    }
    bank = tiny(journeys=journeys, policy=policy)
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T)
    winner = "caring.hi"
    assert outcomes(bank, 1) == {
        "caring": ("sent", "passed", None),
        "rich": ("dropped", "outranked", winner),
        "poor": ("dropped", "outranked", winner),
        "patient": ("deferred", "outranked", winner),
    }
    bank.run(T + HOUR)
    assert outcomes(bank, 2) == {"patient": ("sent", "passed", None)}


def test_a_tie_is_broken_by_hash_and_not_by_name(tiny):
    bank = tiny(journeys={"a": touching(), "b": touching()}, policy={"per_run": 1})
    people = range(1, 41)
    bank.customers(*people)
    bank.events([("ordered", number, T) for number in people])
    bank.run(T)
    [(sent_a,)] = bank.rows("SELECT count(*) FROM tonglu.touch WHERE journey = 'a'")
    assert 8 <= sent_a <= 32
    order = bank.rows("SELECT customer_id, arg_min(journey, tie) FROM tonglu.decision GROUP BY ALL ORDER BY 1")
    assert order == bank.rows("SELECT customer_id, journey FROM tonglu.touch ORDER BY 1")


def test_a_deferred_proposal_competes_again_until_its_validity_ends(tiny):
    policy = {"per_run": 9, "caps": [{"purpose": "marketing", "at_most": 1, "within": "2 days"}]}
    journeys = {
        "first": touching(value=9),
        "waits": touching(touch={"wait": True, "valid_for": "3 days"}),
        "gives_up": touching(touch={"wait": True, "valid_for": "1 day"}),
    }
    bank = tiny(journeys=journeys, policy=policy)
    bank.customers(1)
    bank.event("ordered", 1, T)
    for day in range(3):
        bank.run(T + day * DAY)
    assert [outcomes(bank, run)["waits"][0] for run in (1, 2, 3)] == ["deferred", "deferred", "sent"]
    assert [outcomes(bank, run)["gives_up"][:2] for run in (1, 2, 3)] == [("deferred", "cap_reached")] * 2 + [
        ("dropped", "expired")
    ]


def test_controls_walk_as_ghosts_are_never_touched_and_use_nothing_up(tiny):
    policy = {"per_run": 1, "caps": [{"at_most": 1, "within": "9 days"}]}
    bank = tiny(journeys={"held": touching(value=900, holdout="100%"), "plain": touching(value=1)}, policy=policy)
    bank.customers(1, 2)
    bank.customers(3, purposes=["service"])
    bank.events([("ordered", number, T) for number in (1, 2, 3)])
    bank.run(T)
    assert bank.rows("SELECT DISTINCT journey FROM tonglu.touch") == [("plain",)]
    assert [row[:2] + row[3:] for row in bank.decided()] == [
        (1, "plain", "sent", "passed"),
        (2, "plain", "sent", "passed"),
        (3, "plain", "dropped", "no_consent"),
    ]
    ghosts = bank.rows("SELECT customer_id, would_send, gate, reason, channel FROM tonglu.ghost ORDER BY 1")
    assert [row[:2] for row in ghosts] == [(1, True), (2, True), (3, False)]
    assert ghosts[2][2:] == ("consent", "no_consent", None)
    assert {(number, step) for number, journey, step, _ in bank.resting() if journey == "held"} == {
        (1, "after"),
        (2, "after"),
        (3, "missed"),
    }


def test_a_ghost_whose_channel_does_not_open_resolves_in_its_first_run(tiny):
    policy = {"per_run": 1, "open_hours": {"sms": "20:00-21:00"}}
    bank = tiny(journeys={"held": touching(holdout="100%", touch={"valid_for": "1 hour"})}, policy=policy)
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T)
    assert bank.rows("SELECT would_send, gate, reason FROM tonglu.ghost") == [(False, "quiet_hours", "closed")]
    assert bank.resting() == [(1, "held", "missed", T)]


def test_touches_of_a_purpose_that_skips_the_caps_are_counted_in_caps_of_any_purpose(tiny):
    policy = {
        "per_run": 9,
        "purposes": {"service": {"skips": ["contact_policy", "arbitration"]}},
        "caps": [{"name": "all", "at_most": 1, "within": "1 day"}],
    }
    bank = tiny(journeys={"alert": touching(purpose="service"), "offer": touching(value=900)}, policy=policy)
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T)
    assert outcomes(bank, 1) == {"alert": ("sent", "passed", None), "offer": ("dropped", "cap_reached", "all")}


def test_two_channels_that_open_further_apart_than_a_cap_reaches_are_both_used(tiny):
    policy = {
        "per_run": 9,
        "open_hours": {"sms": "08:00-21:00", "app_push": "11:00-21:00"},
        "caps": [{"name": "hourly", "at_most": 1, "within": "1 hour"}],
    }
    bank = tiny(journeys={"early": touching("sms", value=900), "later": touching("app_push")}, policy=policy)
    bank.customers(1)
    night = at("2026-03-02 23:00")
    bank.event("ordered", 1, night)
    bank.run(night)
    assert bank.rows("SELECT journey, not_before FROM tonglu.touch ORDER BY 1") == [
        ("early", at("2026-03-03 08:00")),
        ("later", at("2026-03-03 11:00")),
    ]
