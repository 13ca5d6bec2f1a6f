"""Opt-outs by purpose, by answer and of profiling; withdrawn consents and complaints, for touches in the outbox too."""

import json
from datetime import timedelta

import pytest

from tonglu.testing import TITLE, at

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
T = at("2026-03-02 10:00")
NIGHT = at("2026-03-02 22:00")
OPENING = at("2026-03-03 08:00")
HOURS = {"per_run": 9, "open_hours": {"sms": "08:00-21:00"}}


def made(tiny, policy=None, channels=("sms", "call")):
    def touching(event, purpose, via):
        steps = [{"hi": {"touch": f"by_{via}", "via": [via], "valid_for": "9 days"}}, {"rest": {"wait": "90 days"}}]
        return {"enter": {"event": event}, "steps": steps, "purpose": purpose}

    journeys = {
        "offer": touching("ordered", "marketing", "sms"),
        "notice": touching("ordered", "service", "sms"),
        "phone": touching("called", "marketing", "call"),
        "again": touching("asked", "marketing", "sms"),
    }
    bank = tiny(
        journeys=journeys,
        policy=policy or {"per_run": 9},
        channels=channels,
        events={"opt_out": {"channel": "text", "purpose": "text"}},
    )
    bank.customers(1)
    return bank


def told(bank, run_no):
    return dict(bank.rows("SELECT journey, reason FROM tonglu.decision WHERE run_no = $n", n=run_no))


def key_of(bank, journey):
    [(key,)] = bank.rows("SELECT touch_key FROM tonglu.touch WHERE journey = $journey", journey=journey)
    return key


def test_an_opt_out_of_one_purpose_leaves_the_others(tiny):
    bank = made(tiny)
    bank.event("opt_out", 1, T - HOUR, purpose="marketing")
    bank.event("ordered", 1, T)
    bank.run(T)
    assert told(bank, 1) == {"offer": "opted_out", "notice": "passed"}
    optouts = bank.place.mailroom.optouts
    assert (optouts.stops(1, "sms", "marketing"), optouts.stops(1, "sms", "service")) == (True, False)


def test_a_consent_for_one_purpose_lifts_an_opt_out_of_all_at_the_deliverer_for_that_purpose_alone(tiny):
    bank = made(tiny, HOURS)
    bank.event("ordered", 1, NIGHT)
    bank.run(NIGHT)
    bank.event("opt_out", 1, NIGHT + HOUR, channel="sms")
    bank.consent(1, "sms", granted=True, when=NIGHT + 2 * HOUR, purpose="service")
    bank.run(NIGHT + 3 * HOUR)
    bank.deliver(OPENING)
    assert [row["message"] for row in bank.handed_over()] == ["by_sms"]
    bank.run(OPENING + HOUR)
    assert bank.rows(
        "SELECT t.journey, d.state FROM tonglu.delivery AS d JOIN tonglu.touch AS t USING (touch_key) ORDER BY 1"
    ) == [
        ("notice", "accepted"),
        ("offer", "cancelled"),
    ]


@pytest.mark.parametrize(
    ("said", "out"), [("TD", True), (" t。", True), ("退订", True), ("Ｒ", True), ("谢谢 T", False), ("好", False)]
)
def test_a_stop_word_in_a_reply_is_an_opt_out_of_marketing_on_that_channel_at_once(tiny, said, out):
    bank = made(tiny)
    bank.event("ordered", 1, T)
    bank.run(T)
    row = {"receipt_id": "r1", "touch_key": key_of(bank, "offer"), "receipt": "replied", "occurred_at": T + HOUR, "detail": said}
    bank.land("receipts", [row])
    bank.event("asked", 1, T + HOUR)
    bank.run(T + HOUR)
    assert told(bank, 2) == {"again": "opted_out" if out else "passed"}
    optouts = bank.place.mailroom.optouts
    assert (optouts.stops(1, "sms"), optouts.stops(1, "sms", "service"), optouts.stops(1, "call")) == (out, False, False)


def test_a_refused_call_ends_marketing_calls(tiny):
    bank = made(tiny)
    bank.event("called", 1, T)
    bank.run(T)
    bank.receipt(key_of(bank, "phone"), "refused", T + HOUR)
    bank.run(T + HOUR)
    optouts = bank.place.mailroom.optouts
    assert (optouts.stops(1, "call"), optouts.stops(1, "sms")) == (True, False)
    assert bank.rows("SELECT channel, purpose, word FROM tonglu.opt_out") == [("call", "marketing", "out")]


def test_who_wants_no_personalised_marketing_gets_none_until_they_take_it_back_whatever_they_consent_to(tiny):
    bank = made(tiny, HOURS)
    bank.event("ordered", 1, NIGHT)
    bank.run(NIGHT)
    bank.place.mailroom.optouts.record(1, "*", NIGHT + HOUR, "profiling")
    bank.consent(1, "sms", granted=True, when=NIGHT + 2 * HOUR)
    bank.event("asked", 1, NIGHT + 2 * HOUR)
    bank.run(NIGHT + 2 * HOUR)
    assert told(bank, 2) == {"again": "profiling_refused"}
    bank.deliver(OPENING)
    assert len(bank.handed_over()) == 1
    bank.place.mailroom.optouts.lift(1, "*", OPENING, "profiling")
    assert not bank.place.mailroom.optouts.stops(1, "sms")


def test_a_consent_that_is_withdrawn_by_file_takes_back_what_waits_for_exactly_that_purpose(tiny):
    bank = made(tiny, HOURS)
    bank.event("ordered", 1, NIGHT)
    bank.run(NIGHT)
    bank.consent(1, "sms", granted=False, when=NIGHT + HOUR)
    bank.run(NIGHT + HOUR)
    bank.deliver(OPENING)
    assert [row["touch_key"] for row in bank.handed_over()] == [key_of(bank, "notice")]


def test_a_complaint_holds_marketing_until_it_is_closed_and_so_long_after(tiny):
    bank = complaining(tiny)
    complain(bank, None, NIGHT + HOUR)
    bank.event("asked", 1, NIGHT + HOUR)
    bank.run(NIGHT + HOUR)
    assert told(bank, 2) == {"again": "complaint_hold"}
    bank.deliver(OPENING)
    assert [row["touch_key"] for row in bank.handed_over()] == [key_of(bank, "notice")]


def complaining(tiny):
    """A bank with a table of complaints, and a customer for whom two touches wait for the morning."""
    from tonglu.testing import TinyBank

    bank: TinyBank = made(tiny)
    bank.close()
    columns = {"complaint_id": "bigint", "customer_id": "bigint", "opened_at": "instant", "closed_at": "instant"}
    contract = {"table": "complaints", "title": TITLE, "keep": "latest", "key": ["complaint_id"]}
    contract["columns"] = {name: {"type": kind} for name, kind in columns.items()}
    (bank.root / "data/contracts/complaints.yaml").write_text(json.dumps(contract), encoding="utf-8")
    bank.edit(policy={**HOURS, "consent": {"complaint_hold": "30 days"}})
    bank.event("ordered", 1, NIGHT)
    bank.run(NIGHT)
    return bank


def complain(bank, closed, opened):
    folder = bank.root / "data/landing/complaints/2020-01-01"
    folder.mkdir(parents=True, exist_ok=True)
    name = "open" if closed is None else "closed"
    written = f"complaint_id,customer_id,opened_at,closed_at\n1,1,{opened},{closed or ''}\n"
    (folder / f"{name}.csv").write_text(written, encoding="utf-8")


@pytest.mark.parametrize(("days", "reason"), [(30, "complaint_hold"), (31, "passed")])
def test_a_closed_complaint_holds_for_its_days(tiny, days, reason):
    bank = complaining(tiny)
    complain(bank, T, T - DAY)
    bank.event("asked", 1, T + days * DAY - HOUR)
    bank.run(T + days * DAY - HOUR)
    assert told(bank, 2) == {"again": reason}
