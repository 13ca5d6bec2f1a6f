"""Whatever people do with their lists and whenever runs come: nobody is contacted more often than a cap allows, counted apart."""

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tonglu.core.delivery import DeliveryState
from tonglu.mailroom.work_answers import Asked, Report
from tonglu.testing import SHANGHAI, TinyBank, at

HOUR = timedelta(hours=1)
T = at("2026-03-02 10:00")
CUSTOMERS = (1, 2)
HOURS = st.lists(st.integers(1, 30), min_size=4, max_size=8)
ACTS = st.lists(st.sampled_from(("confirmed", "refused", "nothing")), min_size=8, max_size=8)


def touching(channel):
    return {"enter": {"event": f"by_{channel}", "again": "always"}, "steps": [{"hi": {"touch": "hello", "via": [channel]}}]}


def contacts(bank):
    """When each customer was contacted: by text message as planned, by WeCom when it was confirmed (or refused to the employee's face)."""
    made = {one: [] for one in CUSTOMERS}
    for key, customer, channel, not_before in bank.rows("SELECT touch_key, customer_id, channel, not_before FROM tonglu.touch"):
        if channel == "sms":
            made[customer].append(not_before)
        made[customer] += [one.at for one in bank.place.mailroom.worklist.attempts(key)]
    return {customer: sorted(instants) for customer, instants in made.items()}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    gaps=HOURS,
    acts=ACTS,
    at_most=st.integers(1, 2),
    within=st.integers(6, 60),
    expires=st.integers(5, 80),
    delay=st.integers(1, 20),
)
def test_no_window_of_a_cap_holds_more_contacts_than_it_allows(gaps, acts, at_most, within, expires, delay):
    policy = {"per_run": 9, "caps": [{"name": "cap", "at_most": at_most, "within": f"{within} hours"}]}
    wecom = {"confirm": True, "expires": f"{expires} hours"}
    with tempfile.TemporaryDirectory() as folder:
        journeys = {name: touching(name) for name in ("sms", "wecom")}
        with TinyBank(Path(folder), journeys=journeys, people={"wecom": wecom}, channels=("sms",), policy=policy) as bank:
            bank.customers(*CUSTOMERS)
            now = T
            for gap, act in zip(gaps, acts, strict=False):
                bank.events([(f"by_{name}", one, now) for name in ("sms", "wecom") for one in CUSTOMERS])
                bank.run(now)
                bank.deliver(now)
                people_act(bank, now + min(gap, delay) * HOUR - timedelta(minutes=1), act)
                now += gap * HOUR
            bank.run(now)
            assert_caps_hold(bank, at_most, within * HOUR)
            assert_every_touch_has_one_state(bank)


def people_act(bank, when, act):
    terms = bank.place.people_channels()["wecom"]
    for item in bank.place.mailroom.worklist.items(Asked(), when):
        if act != "nothing":
            bank.place.mailroom.worklist.report(Report(item.key, act, when, "li"), terms, SHANGHAI)


def assert_caps_hold(bank, at_most, within):
    for instants in contacts(bank).values():
        for end in instants:
            assert sum(end - within < one <= end for one in instants) <= at_most


def assert_every_touch_has_one_state(bank):
    [(touches,)] = bank.rows("SELECT count(*) FROM tonglu.touch WHERE batch_id IS NULL")
    counted = {state: n for (unit, _, state), n in bank.place.mailroom.outbox.counts().items() if unit == "touch"}
    assert sum(counted.values()) == touches
    assert counted.keys() <= {DeliveryState.PENDING, DeliveryState.DELIVERED, DeliveryState.EXPIRED, DeliveryState.WAITING}
