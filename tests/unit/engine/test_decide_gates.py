"""Each gate stops for its own reason, and the first that stops is the one reason (semantics 21)."""

from datetime import timedelta

from tonglu.testing import at

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
T = at("2026-03-02 10:00")


def touching(*via, purpose="marketing", touch=(), **header):
    steps = [
        {"hi": {"touch": "hello", "via": list(via or ("app_push", "sms")), "otherwise": "missed", **dict(touch)}},
        {"after": {"wait": "30 days"}},
        {"missed": {"wait": "40 days"}},
    ]
    return {"enter": {"event": "ordered", "fresh": "30 days"}, "purpose": purpose, "steps": steps, **header}


def outcome(bank, run_no=1):
    """(outcome, gate, reason, channel) by customer."""
    rows = bank.rows("SELECT customer_id, outcome, gate, reason, channel FROM tonglu.decision WHERE run_no = $n", n=run_no)
    return {customer: tuple(rest) for customer, *rest in rows}


def test_every_gate_gives_its_reason_and_the_entry_goes_on_accordingly(tiny):
    bank = tiny(journeys={"offer": touching(touch={"when": "age >= 18"})}, attributes={"age": "integer"})
    adult = [{"customer_id": number, "age": 30} for number in range(1, 10)]
    bank.customers(adult[0], {"customer_id": 2, "age": 17}, {"customer_id": 3, "age": None}, adult[3])
    bank.customers(adult[4], purposes=["service"])
    bank.customers(adult[5], reached_by=[])
    bank.customers(adult[6], reached_by=["sms"])
    bank.customers(adult[7])
    bank.consent(8, "app_push", granted=False, when=T - DAY)
    bank.consent(4, "app_push", granted=False, when=T - DAY)
    bank.consent(4, "sms", granted=False, when=T - DAY)
    bank.events([("ordered", number, T) for number in range(1, 9)])
    bank.run(T)
    assert outcome(bank) == {
        1: ("sent", None, "passed", "app_push"),
        2: ("dropped", "eligible", "not_eligible", None),
        3: ("dropped", "eligible", "not_eligible", None),
        4: ("dropped", "consent", "no_consent", None),
        5: ("dropped", "consent", "no_consent", None),
        6: ("dropped", "reachable", "no_address", None),
        7: ("sent", None, "passed", "sms"),
        8: ("sent", None, "passed", "sms"),
    }
    rests = {number: step for number, _, step, _ in bank.resting()}
    assert rests == {number: "after" if number in (1, 7, 8) else "missed" for number in range(1, 9)}
    assert bank.rows("SELECT customer_id, channel, message FROM tonglu.touch ORDER BY 1") == [
        (1, "app_push", "hello"),
        (7, "sms", "hello"),
        (8, "sms", "hello"),
    ]


def test_a_customer_who_opted_out_is_not_touched_on_that_channel_and_can_allow_it_again(tiny):
    bank = tiny(journeys={"offer": touching(), "only_sms": touching("sms")}, events={"opt_out": {"channel": "text"}})
    bank.customers(1, 2, 3)
    bank.events([("ordered", number, T) for number in (1, 2, 3)])
    bank.event("opt_out", 1, T - HOUR, channel="app_push")
    bank.event("opt_out", 2, T - HOUR)
    bank.event("opt_out", 3, T - 2 * HOUR, channel="sms")
    bank.consent(3, "sms", granted=True, when=T - HOUR)
    bank.run(T)
    found = {
        (journey, customer): (reason, channel)
        for journey, customer, reason, channel in bank.rows("SELECT journey, customer_id, reason, channel FROM tonglu.decision")
    }
    assert found == {
        ("offer", 1): ("passed", "sms"),
        ("only_sms", 1): ("passed", "sms"),
        ("offer", 2): ("opted_out", None),
        ("only_sms", 2): ("opted_out", None),
        ("offer", 3): ("passed", "app_push"),
        ("only_sms", 3): ("passed", "sms"),
    }


def test_opting_out_of_another_channel_is_not_the_reason_of_a_consent_that_was_never_given(tiny):
    bank = tiny(journeys={"only_sms": touching("sms")}, events={"opt_out": {"channel": "text"}})
    bank.customers(1, purposes=["service"])
    bank.event("opt_out", 1, T - HOUR, channel="app_push")
    bank.event("ordered", 1, T)
    bank.run(T)
    assert outcome(bank)[1][:3] == ("dropped", "consent", "no_consent")


def test_a_purpose_skips_only_the_gates_that_policy_names(tiny):
    policy = {
        "per_run": 1,
        "purposes": {
            "service": {"skips": ["contact_policy", "arbitration"]},
            "regulatory": {"skips": ["consent", "quiet_hours"]},
        },
        "open_hours": {"sms": "12:00-13:00", "app_push": "12:00-13:00"},
        "caps": [{"purpose": "service", "at_most": 1, "within": "9 days"}],
        "priority": ["regulatory", "service", "marketing"],
    }
    journeys = {
        "notice": touching("sms", purpose="regulatory"),
        "one": touching("sms", purpose="service"),
        "two": touching("sms", purpose="service"),
        "offer": touching("sms"),
    }
    bank = tiny(journeys=journeys, policy=policy)
    bank.customers(1)
    bank.customers(2, purposes=[])
    bank.events([("ordered", 1, T), ("ordered", 2, T)])
    bank.run(T)
    found = {
        (journey, customer): (reason, not_before)
        for journey, customer, reason, not_before in bank.rows(
            "SELECT journey, customer_id, reason, not_before FROM tonglu.decision"
        )
    }
    noon = at("2026-03-02 12:00")
    assert found["notice", 1] == found["notice", 2] == ("passed", T)
    assert found["one", 1] == found["two", 1] == ("passed", noon)
    assert found["offer", 1] == ("outranked", noon)
    assert {found[name, 2][0] for name in ("one", "two", "offer")} == {"no_consent"}


def test_switches_stop_a_channel_a_journey_or_everything(tiny):
    bank = tiny(journeys={"offer": touching(), "other": touching("sms")})
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.throw("pause", T, scope="channel", name="sms")
    bank.throw("kill", T, scope="journey", name="offer")
    bank.run(T)
    assert bank.entered("offer") == []
    assert bank.decided() == [(1, "other", "hi", "deferred", "channel_paused")]
    bank.throw("resume", T + HOUR, scope="channel", name="sms")
    bank.throw("resume", T + HOUR, scope="journey", name="offer")
    bank.run(T + HOUR)
    assert bank.entered("offer") == [1]
    bank.throw("pause", T + 2 * HOUR)
    bank.run(T + 2 * HOUR)
    assert bank.decided(3) == []
    assert bank.rows("SELECT run_no, scope, name, position FROM tonglu.switch_position ORDER BY ALL") == [
        (1, "channel", "sms", "pause"),
        (1, "journey", "offer", "kill"),
        (3, "all", "", "pause"),
    ]


def test_a_killed_journey_drops_its_proposals_and_a_paused_one_lets_them_rest(tiny):
    closed = {"open_hours": {"sms": "20:00-21:00"}, "per_run": 9}
    journey = touching("sms", touch={"valid_for": "2 hours"})
    bank = tiny(journeys={"killed": journey, "paused": journey, "plain": journey}, policy=closed)
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T)
    assert {row[3:] for row in bank.decided()} == {("deferred", "closed")}
    bank.throw("kill", T, scope="journey", name="killed")
    bank.throw("pause", T, scope="journey", name="paused")
    bank.run(T + HOUR)
    assert bank.decided(2) == [(1, "killed", "hi", "dropped", "killed"), (1, "plain", "hi", "deferred", "closed")]
    bank.run(T + 5 * HOUR)
    bank.throw("resume", T + 5 * HOUR, scope="journey", name="paused")
    assert bank.decided(3) == [(1, "plain", "hi", "dropped", "expired")]
    # valid_for stood still while the journey was paused
    bank.run(T + 5 * HOUR + HOUR / 2)
    assert bank.decided(4) == [(1, "paused", "hi", "deferred", "closed")]


def test_a_touch_is_decided_once_per_run_and_the_next_one_waits_for_the_next_run(tiny):
    steps = [{"hi": {"touch": "hello", "via": ["sms"]}}, {"again": {"touch": "more", "via": ["sms"]}}]
    bank = tiny(journeys={"offer": {"enter": {"event": "ordered"}, "steps": steps}})
    bank.customers(1)
    bank.event("ordered", 1, T - HOUR)
    bank.run(T)
    assert bank.decided() == [(1, "offer", "hi", "sent", "passed")]
    assert bank.resting() == [(1, "offer", "again", T)]
    bank.run(T + HOUR)
    assert bank.decided(2) == [(1, "offer", "again", "sent", "passed")]
    assert bank.ended() == [(1, "offer", 1, T + HOUR, "completed")]


def test_a_step_that_is_come_back_to_makes_another_visit_with_another_key(tiny):
    steps = [{"hi": {"touch": "hello", "via": ["sms"]}}, {"rest": {"wait": "1 day", "next": "hi"}}]
    bank = tiny(journeys={"offer": {"enter": {"event": "ordered"}, "steps": steps}})
    bank.customers(1)
    bank.event("ordered", 1, T)
    for day in range(3):
        bank.run(T + day * DAY)
    assert bank.rows("SELECT run_no, visit FROM tonglu.touch ORDER BY 1") == [(1, 1), (2, 2), (3, 3)]
    assert bank.rows("SELECT count(DISTINCT touch_key) FROM tonglu.touch") == [(3,)]


def test_texts_are_drawn_as_arms_once_for_an_entry_and_step(tiny):
    journey = touching("sms", touch={"experiment": {"arms": ["warm", "plain"]}, "valid_for": "3 days"})
    bank = tiny(journeys={"offer": journey}, policy={"open_hours": {"sms": "20:00-21:00"}, "per_run": 9})
    people = range(1, 31)
    bank.customers(*people)
    bank.events([("ordered", number, T) for number in people])
    late = at("2026-03-02 21:30")
    bank.run(late)
    arms = dict(bank.rows("SELECT customer_id, arm FROM tonglu.exposure"))
    assert len(arms) == 30
    assert set(arms.values()) == {"warm", "plain"}
    assert dict(bank.rows("SELECT customer_id, arm FROM tonglu.touch")) == arms
    assert bank.rows("SELECT DISTINCT exposed_at FROM tonglu.exposure") == [(late,)]
