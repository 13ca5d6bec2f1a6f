"""Switches of products and branches: in the decision, and for touches that wait in the outbox."""

from datetime import timedelta

import pyarrow.parquet as pq
import pytest

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


def waiting_at_night(tiny):
    bank = made(tiny)
    ordered(bank, NIGHT)
    bank.run(NIGHT)
    bank.throw("pause", NIGHT, scope="branch", name="17")
    assert bank.deliver(OPENING) == {"accepted": 2}
    assert handed(bank) == ["2", "2"]
    return bank


def handed(bank):
    return [row["customer_id"] for row in sorted(bank.handed_over(), key=lambda row: row["customer_id"])]


def states(bank, customer):
    return bank.rows(
        "SELECT DISTINCT d.state, d.detail FROM tonglu.delivery AS d JOIN tonglu.touch AS t USING (touch_key) "
        "WHERE t.customer_id = $customer AND d.seq = (SELECT max(seq) FROM tonglu.delivery AS l WHERE l.touch_key = d.touch_key)",
        customer=customer,
    )


def test_a_paused_branch_waits_in_bulk_channels_and_leaves_once_when_it_is_resumed(tiny):
    bank = waiting_at_night(tiny)
    assert bank.deliver(OPENING + HOUR) == {}
    bank.run(OPENING + HOUR)
    assert states(bank, 1) == [("waiting", "branch 17 is paused")]
    assert {state for state, _ in states(bank, 2)} == {"accepted"}
    bank.throw("resume", OPENING + HOUR, scope="branch", name="17")
    assert bank.deliver(OPENING + 2 * HOUR) == {"accepted": 2}
    assert handed(bank) == ["1", "1", "2", "2"]
    assert bank.deliver(OPENING + 3 * HOUR) == {}
    bank.run(OPENING + 3 * HOUR)
    assert {state for state, _ in states(bank, 1)} == {"accepted"}


def test_a_pause_and_its_resume_between_two_runs_leave_no_trace_but_the_later_file(tiny):
    bank = waiting_at_night(tiny)
    bank.throw("resume", OPENING, scope="branch", name="17")
    bank.deliver(OPENING + HOUR)
    bank.run(OPENING + 2 * HOUR)
    assert {state for state, _ in states(bank, 1)} == {"accepted"}
    assert handed(bank) == ["1", "1", "2", "2"]


def test_a_branch_that_is_killed_while_it_waits_is_cancelled_for_good(tiny):
    bank = waiting_at_night(tiny)
    bank.throw("kill", OPENING + HOUR, scope="branch", name="17")
    bank.throw("resume", OPENING + HOUR, scope="branch", name="17")
    assert bank.deliver(OPENING + 2 * HOUR) == {}
    bank.run(OPENING + 3 * HOUR)
    assert handed(bank) == ["2", "2"]
    assert states(bank, 1) == [("cancelled", "killed by tester")]


def test_what_waits_for_a_paused_branch_heeds_opt_outs_withdrawals_and_its_end(tiny):
    bank = waiting_at_night(tiny)
    bank.consent(1, "sms", granted=False, when=OPENING + HOUR)
    bank.run(OPENING + 2 * HOUR)
    bank.throw("resume", OPENING + 2 * HOUR, scope="branch", name="17")
    bank.deliver(OPENING + 3 * HOUR)
    bank.run(OPENING + 4 * HOUR)
    assert handed(bank) == ["2", "2"]
    assert states(bank, 1) == [("cancelled", "consent withdrawn")]


def test_a_customer_of_a_paused_branch_who_opts_out_meanwhile_gets_nothing(tiny):
    bank = waiting_at_night(tiny)
    bank.place.mailroom.optouts.record(1, "sms", OPENING + HOUR)
    bank.throw("resume", OPENING + 2 * HOUR, scope="branch", name="17")
    bank.deliver(OPENING + 3 * HOUR)
    bank.run(OPENING + 4 * HOUR)
    assert handed(bank) == ["2", "2"]
    assert states(bank, 1) == [("cancelled", "opted out")]


def test_a_branch_that_stays_paused_expires_at_the_end_of_its_touches(tiny):
    bank = waiting_at_night(tiny)
    assert bank.deliver(OPENING + 20 * DAY)["expired"] == 2
    bank.run(OPENING + 20 * DAY)
    assert states(bank, 1) == [("expired", "past its end")]


def test_who_is_forgotten_while_their_branch_is_paused_is_in_no_staged_file(tiny):
    bank = waiting_at_night(tiny)
    place = bank.place
    place.mailroom.forget(1, OPENING + HOUR, place.staged)
    bank.throw("resume", OPENING + 2 * HOUR, scope="branch", name="17")
    bank.deliver(OPENING + 3 * HOUR)
    assert handed(bank) == ["2", "2"]
    kept = [pq.read_table(place.staged / one.path)["customer_id"].to_pylist() for one in place.mailroom.batches.kept()]
    assert not any(1 in customers for customers in kept)


def test_what_left_with_a_file_before_the_deliverer_died_and_the_branch_was_paused_does_not_leave_again(tiny, monkeypatch):
    bank = made(tiny)
    ordered(bank, NIGHT)
    bank.run(NIGHT)
    with monkeypatch.context() as dying:
        dying.setattr("tonglu.mailroom.outbox.Outbox.settle", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            bank.deliver(OPENING)
    bank.throw("pause", OPENING, scope="branch", name="17")
    bank.deliver(OPENING + HOUR)
    bank.throw("resume", OPENING + HOUR, scope="branch", name="17")
    bank.deliver(OPENING + 2 * HOUR)
    assert handed(bank) == ["1", "1", "2", "2"]


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
