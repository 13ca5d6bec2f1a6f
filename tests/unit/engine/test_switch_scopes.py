"""Switches of products and branches: in the decision, and for touches that wait in the outbox."""

from datetime import timedelta

from tonglu.testing import at

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
T = at("2026-03-02 10:00")
NIGHT = at("2026-03-02 22:00")
OPENING = at("2026-03-03 08:00")
SAID = {"text": {"app_push": {"body": "x"}, "sms": {"body": "x"}}}
MESSAGES = {"saving": {"product": {"kind": "deposit"}, **SAID}, "plain": SAID}
POLICY = {"per_run": 9, "open_hours": {"sms": "08:00-21:00"}}


def made(tiny):
    def touching(message):
        steps = [{"hi": {"touch": message, "via": ["sms"], "valid_for": "9 days"}}, {"rest": {"wait": "90 days"}}]
        return {"enter": {"event": "ordered"}, "steps": steps}

    journeys = {"saver": touching("saving"), "greeter": touching("plain")}
    bank = tiny(journeys=journeys, policy=POLICY, messages=MESSAGES, attributes={"branch_id": "bigint"})
    bank.customers({"customer_id": 1, "branch_id": 17}, {"customer_id": 2, "branch_id": 18})
    return bank


def ordered(bank, when):
    bank.events([("ordered", 1, when), ("ordered", 2, when)])


def told(bank):
    return bank.rows(
        "SELECT customer_id, journey, outcome, reason, detail FROM tonglu.decision ORDER BY run_no, customer_id, journey"
    )


def test_a_paused_product_waits_and_goes_on_when_it_is_resumed(tiny):
    bank = made(tiny)
    bank.throw("pause", T, scope="product", name="deposit")
    ordered(bank, T)
    bank.run(T)
    assert told(bank) == [
        (1, "greeter", "sent", "passed", None),
        (1, "saver", "deferred", "product_paused", "deposit"),
        (2, "greeter", "sent", "passed", None),
        (2, "saver", "deferred", "product_paused", "deposit"),
    ]
    bank.throw("resume", T, scope="product", name="deposit")
    bank.run(T + HOUR)
    assert told(bank)[4:] == [(1, "saver", "sent", "passed", None), (2, "saver", "sent", "passed", None)]


def test_a_killed_branch_drops_what_its_customers_would_get_and_a_kill_goes_before_a_pause(tiny):
    bank = made(tiny)
    bank.throw("pause", T, scope="product", name="deposit")
    bank.throw("kill", T, scope="branch", name="17")
    ordered(bank, T)
    bank.run(T)
    assert told(bank) == [
        (1, "greeter", "dropped", "branch_killed", "17"),
        (1, "saver", "dropped", "branch_killed", "17"),
        (2, "greeter", "sent", "passed", None),
        (2, "saver", "deferred", "product_paused", "deposit"),
    ]


def test_a_paused_product_holds_its_batch_in_the_outbox_and_loses_nothing(tiny):
    bank = made(tiny)
    ordered(bank, NIGHT)
    bank.run(NIGHT)
    bank.throw("pause", NIGHT, scope="product", name="deposit")
    assert bank.deliver(OPENING) == {"accepted": 1}
    assert len(bank.handed_over()) == 2
    bank.throw("resume", OPENING, scope="product", name="deposit")
    assert bank.deliver(OPENING + HOUR) == {"accepted": 1}
    assert len(bank.handed_over()) == 4


def test_a_killed_product_is_cancelled_in_the_outbox(tiny):
    bank = made(tiny)
    ordered(bank, NIGHT)
    bank.run(NIGHT)
    bank.throw("kill", NIGHT, scope="product", name="deposit")
    assert bank.deliver(OPENING) == {"accepted": 1}
    assert len(bank.handed_over()) == 2


def test_the_touches_of_a_branch_that_was_killed_are_left_out_of_their_batch_even_after_a_resume(tiny):
    bank = made(tiny)
    ordered(bank, NIGHT)
    bank.run(NIGHT)
    bank.throw("kill", NIGHT, scope="branch", name="17")
    bank.throw("resume", NIGHT, scope="branch", name="17")
    bank.deliver(OPENING)
    assert [row["customer_id"] for row in bank.handed_over()] == ["2", "2"]
    bank.run(OPENING + HOUR)
    assert bank.rows("SELECT DISTINCT detail FROM tonglu.delivery WHERE state = 'cancelled'") == [("branch 17 is stopped",)]
