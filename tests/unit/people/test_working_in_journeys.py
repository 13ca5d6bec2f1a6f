"""Touches that people work, through the whole loop: pending, outcomes, expiry, caps, assignment (semantics 23 to 25)."""

import json
from datetime import timedelta

import pytest

from tonglu.core.errors import InputError
from tonglu.mailroom.work_answers import Answer, Asked, Report
from tonglu.testing import SHANGHAI, TITLE, at

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
T = at("2026-03-02 10:00")
CALL = {"attempts": {"per_day": 2, "total": 3, "apart": "4 hours"}, "expires": "2 days"}
WECOM = {"confirm": True, "expires": "2 days"}


def asking(channel="call", event="ordered", **header):
    heard = ("answered", "no_answer", "refused", "call_back", "confirmed", "failed", "expired")
    steps = [
        {"ask": {"task": "please_call", "via": [channel], "otherwise": "missed"}},
        {
            "heard": {
                "wait_for": [{"event": f"touch.{one}", "go": one} for one in heard],
                "within": "9 days",
                "otherwise": "nothing",
            }
        },
        *({name: {"end": name}} for name in (*heard, "nothing", "missed")),
    ]
    return {"enter": {"event": event}, "steps": steps, **header}


def bank_of(tiny, options=CALL, channel="call", customers=(1,), **definitions):
    bank = tiny(journeys={"care": asking(channel)}, people={channel: options}, **definitions)
    bank.customers(*customers)
    bank.events([("ordered", one, T) for one in customers])
    bank.run(T)
    bank.deliver(T)
    return bank


def open_items(bank):
    return bank.place.mailroom.worklist.items(Asked(), T)


def keys(bank):
    return [item.key for item in open_items(bank)]


def report(bank, key, outcome, when, by="li", **more):
    terms = bank.place.people_channels()
    [channel] = {terms[name] for name in terms}
    return bank.place.mailroom.worklist.report(Report(key, outcome, when, by, **more), channel, SHANGHAI)


def states(bank):
    return bank.rows("SELECT arg_max(state, seq) FROM tonglu.delivery GROUP BY touch_key ORDER BY touch_key")


def ends(bank):
    return [reason for *_, reason in bank.ended()]


def test_a_touch_of_people_is_pending_until_its_outcome_and_the_journey_goes_where_the_outcome_leads(tiny):
    bank = bank_of(tiny)
    [key] = keys(bank)
    bank.run(T + HOUR)
    assert states(bank) == [("pending",)]
    assert report(bank, key, "interested", T + 2 * HOUR) is Answer.DONE
    bank.run(T + 3 * HOUR)
    assert states(bank) == [("delivered",)]
    assert ends(bank) == ["answered"]
    [(_, _, _, ended_at, _)] = bank.ended()
    assert ended_at == T + 2 * HOUR


def test_what_nobody_does_expires_at_its_end_and_the_run_itself_sees_it(tiny):
    bank = bank_of(tiny)
    bank.run(T + 2 * DAY - HOUR)
    assert states(bank) == [("pending",)]
    bank.run(T + 2 * DAY)
    assert states(bank) == [("expired",)]
    assert ends(bank) == ["expired"]
    assert [ended_at for *_, ended_at, _ in bank.ended()] == [T + 2 * DAY]


def test_attempts_stay_under_one_key_and_the_last_one_settles(tiny):
    bank = bank_of(tiny)
    [key] = keys(bank)
    assert report(bank, key, "busy", T + HOUR) is Answer.STAYS
    assert report(bank, key, "no_answer", T + 4 * HOUR) is Answer.TOO_SOON
    assert report(bank, key, "no_answer", T + 5 * HOUR) is Answer.STAYS
    assert report(bank, key, "no_answer", T + 9 * HOUR) is Answer.TOO_SOON  # two that day
    bank.run(T + 10 * HOUR)
    assert states(bank) == [("pending",)]
    tomorrow = at("2026-03-03 00:00")
    assert bank.place.mailroom.worklist.item(key, T).due_at == tomorrow
    assert report(bank, key, "power_off", tomorrow + 9 * HOUR) is Answer.DONE
    bank.run(tomorrow + 10 * HOUR)
    assert states(bank) == [("failed",)]
    assert ends(bank) == ["no_answer"]
    assert bank.rows("SELECT name FROM source.events WHERE name LIKE 'touch.%'") == [("touch.no_answer",)]


def test_a_call_back_is_due_when_the_customer_asked(tiny):
    bank = bank_of(tiny)
    [key] = keys(bank)
    back = T + 90 * timedelta(minutes=1)
    assert report(bank, key, "call_back", T + HOUR, call_back_at=back) is Answer.STAYS
    assert bank.place.mailroom.worklist.item(key, T).due_at == back
    assert report(bank, key, "answered", back) is Answer.DONE


def test_what_was_tried_and_then_ran_out_counts_as_it_last_came_out(tiny):
    bank = bank_of(tiny)
    [key] = keys(bank)
    report(bank, key, "no_answer", T + HOUR)
    bank.run(T + 3 * DAY)
    assert states(bank) == [("failed",)]
    assert ends(bank) == ["no_answer"]


def test_without_attempts_one_outcome_settles(tiny):
    bank = bank_of(tiny, {"expires": "2 days"})
    [key] = keys(bank)
    assert report(bank, key, "no_answer", T + HOUR) is Answer.DONE
    assert keys(bank) == []


CAP = {"per_run": 9, "caps": [{"name": "daily", "purpose": "marketing", "at_most": 1, "within": "1 day"}]}


def capped(tiny, options, channel):
    journeys = {"care": asking(channel), **{f"j{n}": asking(channel, f"e{n}") for n in range(1, 4)}}
    bank = tiny(journeys=journeys, people={channel: options}, policy=CAP)
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T)
    bank.deliver(T)
    return bank


def tries(bank, number, when):
    bank.event(f"e{number}", 1, when)
    bank.run(when)
    [(outcome,)] = bank.rows("SELECT outcome FROM tonglu.decision WHERE journey = $name", name=f"j{number}")
    return outcome


def test_a_pending_touch_keeps_its_place_in_a_cap_beyond_the_cap_s_own_time_and_gives_it_back_when_it_expires(tiny):
    bank = capped(tiny, WECOM, "wecom")
    assert tries(bank, 1, T + 30 * HOUR) == "dropped"  # planned longer ago than a day, but it may be confirmed at any moment
    assert tries(bank, 2, T + 2 * DAY) == "sent"  # expired unconfirmed: released


def test_a_confirmed_touch_counts_at_the_instant_at_which_it_was_confirmed(tiny):
    bank = capped(tiny, WECOM, "wecom")
    [key] = keys(bank)
    confirmed = T + 40 * HOUR
    assert report(bank, key, "confirmed", confirmed) is Answer.DONE
    assert tries(bank, 1, confirmed + DAY - HOUR) == "dropped"
    assert tries(bank, 2, confirmed + DAY) == "sent"


def test_a_refused_call_that_is_reported_late_ends_marketing_calls_where_the_policy_says_so(tiny):
    bank = bank_of(tiny, policy={"per_run": 9, "consent": {"refusals": ["call"]}})
    [key] = keys(bank)
    assert report(bank, key, "answered", T + HOUR) is Answer.DONE
    assert report(bank, key, "refused", T + 2 * HOUR) is Answer.LATE
    bank.run(T + 3 * HOUR)
    assert bank.rows("SELECT channel, purpose, word FROM tonglu.opt_out") == [("call", "marketing", "out")]


def test_an_entry_that_ends_takes_its_item_off_the_list(tiny):
    journey = {**asking(), "exit": [{"event": "gone"}]}
    bank = tiny(journeys={"care": journey}, people={"call": CALL})
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T)
    bank.deliver(T)
    assert len(keys(bank)) == 1
    bank.event("gone", 1, T + HOUR)
    bank.run(T + 2 * HOUR)
    assert keys(bank) == []
    bank.run(T + 3 * HOUR)
    assert states(bank) == [("cancelled",)]


@pytest.mark.parametrize("held", [False, True])
def test_a_consent_that_is_withdrawn_by_file_takes_the_item_off_its_list_and_nobody_can_confirm_it(tiny, held):
    bank = bank_of(tiny, WECOM, "wecom", customers=(1, 2))
    ours, other = (key for _, key in sorted((item.customer_id, item.key) for item in open_items(bank)))
    if held:
        bank.place.mailroom.worklist.take(ours, T + HOUR, by="li")
    bank.consent(1, "wecom", granted=False, when=T + HOUR)
    bank.run(T + HOUR + timedelta(minutes=1))
    assert keys(bank) == [other] or held
    assert report(bank, ours, "confirmed", T + HOUR + timedelta(minutes=2)) is (Answer.CANCELLED if held else Answer.LATE)
    assert keys(bank) == [other]
    assert bank.place.mailroom.log.since(0)[-1].detail == "consent withdrawn"
    bank.run(T + 3 * HOUR)
    assert sorted(states(bank)) == [("cancelled",), ("pending",)]


def test_a_complaint_takes_marketing_off_the_list_and_leaves_service(tiny):
    journeys = {"care": asking("wecom"), "serve": asking("wecom", purpose="service")}
    bank = tiny(journeys=journeys, people={"wecom": WECOM}, policy={"per_run": 9})
    bank.close()
    columns = {"complaint_id": "bigint", "customer_id": "bigint", "opened_at": "instant", "closed_at": "instant"}
    contract = {"table": "complaints", "title": TITLE, "keep": "latest", "key": ["complaint_id"]}
    contract["columns"] = {name: {"type": kind} for name, kind in columns.items()}
    (bank.root / "data/contracts/complaints.yaml").write_text(json.dumps(contract), encoding="utf-8")
    bank.edit(policy={"per_run": 9, "consent": {"complaint_hold": "30 days"}})
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T)
    bank.deliver(T)
    assert {item.journey for item in open_items(bank)} == {"care", "serve"}
    folder = bank.root / "data/landing/complaints/2020-01-01"
    folder.mkdir(parents=True)
    (folder / "open.csv").write_text(f"complaint_id,customer_id,opened_at,closed_at\n1,1,{T + HOUR},\n", encoding="utf-8")
    bank.run(T + 2 * HOUR)
    assert {item.journey for item in open_items(bank)} == {"serve"}


def test_a_kill_takes_items_off_and_a_pause_holds_them(tiny):
    bank = bank_of(tiny)
    [key] = keys(bank)
    bank.throw("pause", T + HOUR, scope="channel", name="call")
    assert keys(bank) == []
    assert bank.place.mailroom.worklist.take(key, T + HOUR, by="li").answer is Answer.HELD
    bank.throw("resume", T + HOUR, scope="channel", name="call")
    assert keys(bank) == [key]
    bank.throw("kill", T + 2 * HOUR, scope="journey", name="care")
    assert bank.place.mailroom.worklist.take(key, T + 2 * HOUR, by="li").answer is Answer.LATE
    bank.run(T + 3 * HOUR)
    assert states(bank) == [("cancelled",)]


STAFF = [
    {"employee_id": 71, "branch_id": 7, "role": "rm"},
    {"employee_id": 72, "branch_id": 7, "role": "rm"},
    {"employee_id": 73, "branch_id": 7, "role": "rm", "active": False},
    {"employee_id": 81, "branch_id": 8, "role": "lobby"},
]


def test_items_go_to_the_manager_else_to_the_branch_in_turn_else_to_nobody(tiny):
    people = [
        {"customer_id": 1, "branch_id": 7, "manager_id": 81},
        {"customer_id": 2, "branch_id": 7, "manager_id": 73},
        *({"customer_id": n, "branch_id": 7, "manager_id": None} for n in (3, 4, 5)),
        {"customer_id": 6, "branch_id": 9, "manager_id": None},
    ]
    attributes = {"branch_id": "integer", "manager_id": "bigint"}
    bank = tiny(journeys={"care": asking()}, people={"call": CALL}, attributes=attributes, staff=STAFF)
    bank.customers(*people)
    bank.events([("ordered", one["customer_id"], T) for one in people])
    bank.run(T)
    given = dict(bank.rows("SELECT customer_id, employee_id FROM tonglu.work_item"))
    assert given[1] == 81
    assert given[6] is None
    assert sorted(given[n] for n in (2, 3, 4, 5)) == [71, 71, 72, 72]
    bank.deliver(T)
    listed = {item.customer_id: item.employee_id for item in bank.place.mailroom.worklist.items(Asked(branch_id=7), T)}
    assert listed == {n: given[n] for n in (1, 2, 3, 4, 5)}


def test_who_is_away_on_that_day_gets_nothing(tiny):
    away = [{**STAFF[0], "absent_from": T.date(), "absent_until": T.date()}, STAFF[1]]
    bank = tiny(
        journeys={"care": asking()},
        people={"call": CALL},
        attributes={"branch_id": "integer", "manager_id": "bigint"},
        staff=away,
    )
    bank.customers(*({"customer_id": n, "branch_id": 7, "manager_id": 71} for n in (1, 2)))
    bank.events([("ordered", n, T) for n in (1, 2)])
    bank.run(T)
    assert bank.rows("SELECT DISTINCT employee_id FROM tonglu.work_item") == [(72,)]


def test_a_branch_that_works_together_has_items_without_an_employee(tiny):
    bank = tiny(
        journeys={"care": asking()},
        people={"call": {**CALL, "assign": "branch"}},
        attributes={"branch_id": "integer"},
        staff=STAFF,
    )
    bank.customers({"customer_id": 1, "branch_id": 7})
    bank.event("ordered", 1, T)
    bank.run(T)
    assert bank.rows("SELECT branch_id, employee_id FROM tonglu.work_item") == [(7, None)]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"outcomes": ["answerd"]}, "TL860"),
        ({"outcomes": ["confirmed"]}, "TL860"),
        ({"confirm": True, "outcomes": ["refused"]}, "TL860"),
        ({"attempts": {"per_day": 4, "total": 3}}, "TL123"),
        ({"expires": "soon"}, "TL123"),
        ({"assign": "anybody"}, "TL124"),
        ({"attempt": {}}, "TL812"),
    ],
)
def test_a_channel_that_is_written_wrongly_is_a_finding_at_its_place(tiny, options, code):
    bank = tiny(journeys={"care": asking()}, people={"call": options})
    with pytest.raises(InputError) as problem:
        bank.run(T)
    assert code in {one.code for one in problem.value.findings}
    assert all(one.place.line for one in problem.value.findings)
