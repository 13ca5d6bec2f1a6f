"""What is older than the policy keeps it goes; proof, caps and measurement stay."""

from datetime import timedelta

import pytest

from tonglu.app.definitions import read_definitions
from tonglu.app.inspect import project_of
from tonglu.app.replay import replay
from tonglu.app.retain import retain
from tonglu.core.errors import InputError
from tonglu.settings import Settings
from tonglu.testing import at

T, DAY = at("2026-03-02 10:00"), timedelta(days=1)
JOURNEYS = {
    "greet": {
        "enter": {"event": "begin", "again": "always"},
        "steps": [{"hi": {"touch": "hello", "via": ["sms"], "when": "wealth > 1"}}],
    }
}
KEPT = {"judged": "30 days", "send_log": "200 days", "receipts": "200 days"}


@pytest.fixture
def bank(tiny):
    made = tiny(
        journeys=JOURNEYS, attributes={"wealth": "bigint"}, events={"begin": {}},
        policy={"per_run": 100, "retention": KEPT, "caps": [{"at_most": 9, "within": "300 days"}]},
    )  # fmt: skip
    made.customers({"customer_id": 1, "wealth": 5}, {"customer_id": 2, "wealth": 5})
    made.event("begin", 1, T - timedelta(hours=1))
    made.run_whole(T)
    made.deliver(T)
    [(key,)] = made.rows("SELECT touch_key FROM tonglu.touch")
    made.receipt(key, "delivered", T + timedelta(hours=1))
    made.event("begin", 2, T + 300 * DAY - timedelta(hours=1))
    made.run_whole(T + 300 * DAY)
    return made


def counts(bank):
    names = ("tonglu.judged", "tonglu.touch", "tonglu.decision", "tonglu.delivery", "source.receipts")
    return {name: bank.rows(f"SELECT count(*) FROM {name}")[0][0] for name in names}


def test_a_dry_one_counts_and_changes_nothing(bank):
    before = counts(bank)
    found = {one.kind: one.rows for one in retain(bank.place, T + 310 * DAY, by="ops", dry=True)}
    assert (found["judged"], found["receipts"]) == (1, 1)
    assert counts(bank) == before
    assert "retain" not in {one.what for one in bank.place.mailroom.audit.acts()}


def test_old_rows_go_the_newest_delivery_state_and_every_touch_stay(bank):
    before = counts(bank)
    states = bank.rows("SELECT touch_key, arg_max(state, seq) FROM tonglu.delivery GROUP BY ALL")
    retain(bank.place, T + 310 * DAY, by="ops", dry=False)
    after = counts(bank)
    assert (after["tonglu.judged"], after["source.receipts"]) == (before["tonglu.judged"] - 1, 0)
    assert (after["tonglu.touch"], after["tonglu.decision"]) == (before["tonglu.touch"], before["tonglu.decision"])
    assert bank.rows("SELECT touch_key, arg_max(state, seq) FROM tonglu.delivery GROUP BY ALL") == states
    [act] = [one for one in bank.place.mailroom.audit.acts() if one.what == "retain"]
    assert act.detail["judged"]["rows"] == 1
    assert bank.run_whole(T + 311 * DAY)["run_no"] == 3


def test_a_replay_of_a_run_whose_rows_were_removed_says_so(bank):
    retain(bank.place, T + 310 * DAY, by="ops", dry=False)
    bank.close()
    told = replay(bank.root, project_of(bank.root), 1, Settings(threads=1))
    assert told.same
    assert "judged of run 1 was removed by retention and is not compared" in told.notes


def test_nothing_is_kept_shorter_than_the_law_asks(bank):
    bank.edit(policy={"retention": {"send_log": "30 days"}})
    with pytest.raises(InputError, match=r"183 days at least.*TL853"):
        read_definitions(bank.root)
