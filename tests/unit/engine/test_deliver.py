"""From the commit to the channel: what is handed over, taken back, held, let through and erased (semantics 25)."""

import fcntl
import json
from contextlib import contextmanager
from datetime import timedelta

import pytest

from tonglu.core.errors import CheckFailed, InputError
from tonglu.settings import Settings
from tonglu.testing import QuietWorkplace, at

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
T = at("2026-03-02 10:00")
OPENING = at("2026-03-03 08:00")
HOURS = {"sms": "08:00-21:00", "app_push": "08:00-21:00"}
REGULATORY = {"regulatory": {"skips": ["consent", "quiet_hours"]}}
POLICY = {"per_run": 9, "open_hours": HOURS, "purposes": REGULATORY}


def touching(via="sms", **header):
    steps = [{"hi": {"touch": "hello", "via": [via], "valid_for": "9 days"}}, {"rest": {"wait": "60 days"}}]
    return {"enter": {"event": "ordered", "fresh": "30 days"}, "steps": steps, **header}


def ordered(bank, *customers):
    bank.customers(*customers)
    bank.events([("ordered", number, T) for number in customers])


def committed(bank, as_of):
    """A run that is committed and not yet handed over."""
    loop = bank.open(as_of)
    for name, stage in loop.stages:
        if name == "deliver":
            return loop
        stage()
    raise AssertionError


@contextmanager
def busy(bank, channel):
    """Another process is publishing into the channel's folder."""
    folder = bank.root / "data/handover" / channel
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def reached(bank):
    return [(row["channel"], int(row["customer_id"])) for row in bank.handed_over()]


def test_an_exit_takes_back_a_touch_that_waits_for_another_attempt(tiny):
    bank = tiny(journeys={"offer": touching(exit=[{"event": "complained"}])})
    ordered(bank, 1, 2)
    bank.run(T)
    with busy(bank, "sms"):
        assert bank.deliver(T) == {}
    bank.event("complained", 1, T + HOUR)
    bank.run(T + DAY)
    assert bank.rows("SELECT DISTINCT state FROM tonglu.delivery") == [("waiting",)]
    bank.deliver(T + DAY)
    assert reached(bank) == [("sms", 2)]


def test_a_late_round_leaves_a_closed_channel_alone_but_for_what_skips_quiet_hours(tiny):
    journeys = {"offer": touching(), "notice": touching("app_push", purpose="regulatory")}
    bank = tiny(journeys=journeys, policy=POLICY)
    ordered(bank, 1)
    bank.run(T)
    assert bank.deliver(T + 12 * HOUR) == {"accepted": 1}
    assert reached(bank) == [("app_push", 1)]
    assert bank.deliver(OPENING) == {"accepted": 1}


def test_every_journey_has_a_batch_of_its_own_so_that_none_waits_for_another(tiny):
    bank = tiny(journeys={"offer": touching(), "notice": touching(purpose="regulatory")}, policy=POLICY)
    ordered(bank, 1)
    bank.run(T)
    assert bank.deliver(T + 12 * HOUR) == {"accepted": 1}
    assert bank.rows("SELECT batch_id FROM tonglu.touch WHERE journey = 'notice'") == [("000001-sms-notice-20260302T0200",)]
    bank.deliver(OPENING)
    assert reached(bank) == [("sms", 1), ("sms", 1)]


def test_a_paused_journey_holds_its_batch_and_loses_nothing_while_others_leave(tiny):
    bank = tiny(journeys={"offer": touching(), "notice": touching(purpose="regulatory")}, policy=POLICY)
    ordered(bank, 1)
    bank.run(T)
    bank.throw("pause", T, scope="journey", name="offer")
    assert bank.deliver(T) == {"accepted": 1}
    bank.throw("resume", T + HOUR, scope="journey", name="offer")
    assert bank.deliver(T + HOUR) == {"accepted": 1}
    assert reached(bank) == [("sms", 1), ("sms", 1)]


def test_a_channel_that_is_resumed_at_night_opens_in_the_morning(tiny):
    bank = tiny(journeys={"offer": touching()}, policy=POLICY)
    ordered(bank, 1)
    bank.run(T)
    bank.throw("pause", T, scope="channel", name="sms")
    assert bank.deliver(T) == {}
    bank.throw("resume", T + 12 * HOUR, scope="channel", name="sms")
    assert bank.deliver(T + 12 * HOUR) == {}
    assert bank.deliver(OPENING) == {"accepted": 1}


def test_a_regulatory_touch_reaches_a_customer_who_opted_out_after_the_decision(tiny):
    bank = tiny(journeys={"offer": touching(), "notice": touching(purpose="regulatory")}, policy=POLICY)
    ordered(bank, 1)
    bank.run(T)
    bank.place.mailroom.optouts.record(1, "*", T)
    bank.deliver(T)
    [row] = bank.handed_over()
    assert bank.rows("SELECT journey FROM tonglu.touch WHERE touch_key = $key", key=row["touch_key"]) == [("notice",)]


def test_a_paused_journeys_batch_waits_for_its_resume(tiny):
    bank = tiny(journeys={"offer": touching()})
    ordered(bank, 1)
    bank.run(T)
    bank.throw("pause", T, scope="journey", name="offer")
    assert bank.deliver(T) == {}
    bank.throw("resume", T + HOUR, scope="journey", name="offer")
    assert bank.deliver(T + HOUR) == {"accepted": 1}


def test_a_touch_whose_address_was_deleted_after_the_decision_fails_and_is_counted(tiny):
    bank = tiny(journeys={"offer": touching()})
    ordered(bank, 1, 2)
    loop = committed(bank, T)
    bank.place.warehouse.execute("DELETE FROM personal.addresses WHERE customer_id = 1")
    assert loop.deliver() == {"handed_over": 2}
    bank.deliver(T)
    bank.run(T + DAY)
    assert reached(bank) == [("sms", 2)]
    states = (
        "SELECT t.customer_id, d.state, d.detail FROM tonglu.delivery AS d JOIN tonglu.touch AS t USING (touch_key) ORDER BY ALL"
    )
    assert [row[:2] for row in bank.rows(states)] == [(1, "failed"), (2, "accepted")]
    assert bank.rows(states)[0][2] == "the address is gone"


def test_a_hand_over_that_is_not_what_was_decided_fails_and_hands_over_nothing(tiny):
    bank = tiny(journeys={"offer": touching()})
    ordered(bank, 1, 2)
    loop = committed(bank, T)
    twice = "INSERT INTO personal.addresses SELECT * FROM personal.addresses WHERE customer_id = 1 AND channel = 'sms'"
    bank.place.warehouse.execute(twice)
    with pytest.raises(CheckFailed, match="run 1 decided 2 touches, but 3 with 2 keys are ready"):
        loop.deliver()
    assert bank.place.mailroom.outbox.counts() == {}
    assert bank.rows("SELECT step FROM tonglu.run_step") == []


def test_what_settled_long_ago_is_erased_by_a_later_round(tiny):
    bank = tiny(journeys={"offer": touching()})
    ordered(bank, 1)
    bank.run(T)
    bank.deliver(T)
    staged = bank.root / "data/staged"
    bank.deliver(T + 7 * DAY)
    assert len(list(staged.iterdir())) == 1
    bank.deliver(T + 8 * DAY)
    assert list(staged.iterdir()) == []
    assert len(bank.handed_over()) == 1


def test_folders_and_files_that_a_project_makes_for_personal_data_are_closed_to_others(tiny):
    bank = tiny(journeys={"offer": touching()})
    ordered(bank, 1)
    bank.run(T)
    data = bank.root / "data"
    assert {(data / name).stat().st_mode & 0o777 for name in ("staged", "handover")} == {0o700}
    assert {(data / name).stat().st_mode & 0o777 for name in ("warehouse.duckdb", "mailroom.sqlite")} == {0o600}


def test_a_channel_without_its_secret_is_left_to_others_and_any_other_flaw_is_shown(tiny):
    bank = tiny(journeys={"offer": touching()})
    title = {"zh": "试验", "en": "Trial"}
    entries = {name: {"kind": "file", "title": title} for name in ("sms", "app_push")}
    entries["note"] = {"kind": "apprise", "title": title, "url_from": "NOTE_URL"}
    (bank.root / "journeys/channels.yaml").write_text(json.dumps({"channels": entries}), encoding="utf-8")
    assert sorted(bank.place.channels(bank.place.library())) == ["app_push", "sms"]
    bank.close()
    place = QuietWorkplace(bank.root, Settings(threads=1, secrets={"NOTE_URL": "no url"}))
    with pytest.raises(InputError, match="TL813"):
        place.channels(place.library())
    place.close()
