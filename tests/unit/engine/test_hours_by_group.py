"""Quiet hours by channel, group and kind of day, with several windows a day; the deliverer keeps the same hours."""

from datetime import timedelta

from tonglu.testing import at

HOUR = timedelta(hours=1)
RULE = {
    "default": "08:00-21:00",
    "groups": [{"segment": "elder", "hours": "08:00-12:00, 14:00-21:00"}, {"segment": "shy", "hours": "20:00-21:00"}],
    "weekends": "10:00-19:00",
}
SEGMENTS = {
    "elder": "SELECT c.customer_id FROM customers AS c WHERE c.kind IN ('elder', 'both')",
    "shy": "SELECT c.customer_id FROM customers AS c WHERE c.kind IN ('shy', 'both')",
}
PEOPLE = ("plain", "elder", "shy", "both")
NAP = at("2026-03-02 12:30")  # a Monday


def made(tiny, purpose="marketing", **policy):
    steps = [{"hi": {"touch": "hello", "via": ["sms"], "valid_for": "9 days"}}, {"rest": {"wait": "90 days"}}]
    journey = {"enter": {"event": "ordered"}, "steps": steps, "purpose": purpose}
    policy = {"per_run": 9, "open_hours": {"sms": RULE}, **policy}
    bank = tiny(journeys={"offer": journey}, policy=policy, segments=SEGMENTS, attributes={"kind": "text"})
    bank.customers(*({"customer_id": number, "kind": kind} for number, kind in enumerate(PEOPLE, 1)))
    return bank


def planned(bank, when):
    bank.events([("ordered", number, when) for number in range(1, 5)])
    bank.run(when)
    return dict(bank.rows("SELECT customer_id, not_before FROM tonglu.decision WHERE outcome = 'sent'"))


def test_the_first_group_that_a_customer_is_in_has_the_hours(tiny):
    bank = made(tiny)
    assert planned(bank, NAP) == {1: NAP, 2: at("2026-03-02 14:00"), 3: at("2026-03-02 20:00"), 4: at("2026-03-02 14:00")}
    assert bank.rows(
        "SELECT h.segment, e.customer_id FROM tonglu.hours_group AS h JOIN tonglu.entry AS e USING (entry_id) ORDER BY 2"
    ) == [
        ("elder", 2),
        ("shy", 3),
        ("elder", 4),
    ]


def test_a_day_that_is_not_worked_has_hours_of_its_own_and_a_make_up_day_is_worked(tiny):
    assert planned(made(tiny), at("2026-03-07 08:30"))[1] == at("2026-03-07 10:00")  # a Saturday
    assert planned(made(tiny), at("2026-02-28 08:30"))[1] == at("2026-02-28 08:30")  # a Saturday that is worked
    assert planned(made(tiny), at("2026-10-01 20:00"))[1] == at("2026-10-02 10:00")  # a holiday


def test_of_a_day_that_the_calendar_does_not_know_only_what_both_kinds_allow_is_open(tiny):
    assert planned(made(tiny), at("2027-03-02 08:30"))[1] == at("2027-03-02 10:00")
    assert planned(made(tiny), at("2027-03-02 19:30"))[1] == at("2027-03-03 10:00")


def test_the_deliverer_keeps_the_hours_of_the_group_when_a_touch_comes_late(tiny):
    bank = made(tiny)
    when = at("2026-03-02 11:00")
    planned(bank, when)
    bank.throw("pause", when, scope="channel", name="sms")
    assert bank.deliver(when) == {}
    bank.throw("resume", when, scope="channel", name="sms")
    bank.deliver(NAP)
    assert [row["customer_id"] for row in bank.handed_over()] == ["1"]
    bank.deliver(at("2026-03-02 14:00"))
    assert {row["customer_id"] for row in bank.handed_over()} == {"1", "2", "4"}
    bank.deliver(at("2026-03-02 20:00"))
    assert len(bank.handed_over()) == 4


def test_a_purpose_that_skips_quiet_hours_has_none_by_group_either(tiny):
    bank = made(tiny, purpose="service", purposes={"service": {"skips": ["quiet_hours"]}})
    assert planned(bank, NAP) == dict.fromkeys((1, 2, 3, 4), NAP)
    assert bank.rows("SELECT * FROM tonglu.hours_group") == []


def test_hours_that_never_open_give_no_instant(tiny):
    bank = made(tiny)
    bank.edit(policy={"per_run": 9, "open_hours": {"sms": {"default": "08:00-21:00", "workdays": "closed"}}})
    when = at("2027-03-02 08:30")  # of no day to come the calendar knows whether it is worked
    bank.event("ordered", 1, when)
    bank.run(when)
    assert bank.rows("SELECT outcome, reason, detail, not_before FROM tonglu.decision") == [
        ("deferred", "closed", "never opens", None)
    ]
