"""One item at a time: leases, opt-outs, hours, hand-over, late words, erasure."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.unit.people.conftest import START, put

from tonglu.core.delivery import DeliveryState
from tonglu.core.work import DISPOSITIONS, Terms, WorkState
from tonglu.mailroom.switches import Action, Scope
from tonglu.mailroom.work_answers import Answer, Asked, Refusals, Report

ZONE = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
CALL = Terms(False, timedelta(days=2), False, tuple(DISPOSITIONS), total=3, per_day=2, apart=4 * HOUR)
WECOM = Terms(True, timedelta(days=2), False, ("confirmed", "refused"))


def said(key, outcome, when=START + HOUR, by="li", **more):
    return Report(key, outcome, when, by, **more)


def test_a_touch_comes_to_the_list_with_its_text_its_person_and_its_employee(mailroom):
    summary = put(mailroom, ["key1"])
    assert summary.states == {DeliveryState.PENDING: 1}
    [item] = mailroom.worklist.items(Asked(), START)
    assert (item.key, item.branch_id, item.employee_id, item.name, item.address) == ("key1", 7, 71, "王小明", "10012345678")
    assert (item.title, item.body) == ("请联系客户", "您好王，please_call")
    assert (item.state, item.due_at, item.attempts) == (WorkState.OPEN, START, 0)


def test_an_item_is_on_the_lists_of_its_branch_its_employee_and_its_channel_only(mailroom):
    put(mailroom, ["key1"])

    def listed(**asked):
        return [item.key for item in mailroom.worklist.items(Asked(**asked), START)]

    assert listed(branch_id=7) == listed(employee_id=71) == listed(channel="call") == listed(due=True) == ["key1"]
    assert listed(branch_id=8) == listed(employee_id=72) == listed(channel="wecom") == []


def test_what_is_with_somebody_cannot_be_taken_or_settled_by_another_until_their_half_hour_is_over(mailroom):
    put(mailroom, ["key1"])
    assert mailroom.worklist.take("key1", START, by="li").answer is Answer.DONE
    assert mailroom.worklist.take("key1", START + 29 * MINUTE, by="wu").answer is Answer.SOMEBODY_ELSE
    assert mailroom.worklist.report(said("key1", "answered", START + 29 * MINUTE, "wu"), CALL, ZONE) is Answer.SOMEBODY_ELSE
    assert mailroom.worklist.take("key1", START + 30 * MINUTE, by="wu").answer is Answer.DONE


def test_a_token_that_was_replaced_settles_nothing(mailroom):
    put(mailroom, ["key1"])
    first = mailroom.worklist.take("key1", START, by="li").token
    second = mailroom.worklist.take("key1", START + 31 * MINUTE, by="li").token
    assert second > first
    late = said("key1", "answered", START + 32 * MINUTE, token=first)
    assert mailroom.worklist.report(late, CALL, ZONE) is Answer.SOMEBODY_ELSE
    assert mailroom.worklist.report(replace(late, token=second), CALL, ZONE) is Answer.DONE


def test_a_sheet_of_an_older_version_is_refused(mailroom):
    put(mailroom, ["key1"])
    [seen] = mailroom.worklist.items(Asked(), START)
    mailroom.worklist.hand_on("key1", START, by="li", employee_id=72)
    assert mailroom.worklist.report(said("key1", "answered", version=seen.version), CALL, ZONE) is Answer.CHANGED


def test_whoever_opted_out_since_is_taken_off_when_somebody_takes_the_item(mailroom):
    put(mailroom, ["key1"])
    mailroom.optouts.record(1, "call", START + MINUTE)
    assert mailroom.worklist.take("key1", START + HOUR, by="li").answer is Answer.CANCELLED
    assert mailroom.outbox.state_of("key1") is DeliveryState.CANCELLED


def test_a_delivery_round_takes_off_whoever_opted_out(mailroom):
    put(mailroom, ["key1", "key2"])
    mailroom.optouts.record(1, "*", START + MINUTE)
    assert mailroom.worklist.sweep(START + HOUR) == {DeliveryState.CANCELLED: 1}
    assert [item.key for item in mailroom.worklist.items(Asked(), START + HOUR)] == ["key2"]


def test_confirming_is_sending_so_an_opt_out_of_the_last_minute_wins(mailroom):
    put(mailroom, ["key1"], channel="wecom")
    mailroom.worklist.take("key1", START, by="li")
    mailroom.optouts.record(1, "wecom", START + MINUTE)
    assert mailroom.worklist.report(said("key1", "confirmed", START + 2 * MINUTE), WECOM, ZONE) is Answer.CANCELLED
    assert mailroom.outbox.state_of("key1") is DeliveryState.CANCELLED
    assert mailroom.inbox.since(0) == []


def test_a_purpose_that_skips_consent_is_worked_in_spite_of_an_opt_out(mailroom):
    put(mailroom, ["key1"], heeds_opt_out=False)
    mailroom.optouts.record(1, "*", START + MINUTE)
    assert mailroom.worklist.sweep(START + HOUR) == {}
    assert mailroom.worklist.take("key1", START + HOUR, by="li").answer is Answer.DONE


def test_a_call_that_was_made_is_a_fact_but_none_follows_for_whoever_opted_out(mailroom):
    put(mailroom, ["key1"])
    mailroom.worklist.take("key1", START, by="li")
    mailroom.optouts.record(1, "call", START + MINUTE)
    assert mailroom.worklist.report(said("key1", "no_answer", START + 2 * MINUTE), CALL, ZONE) is Answer.DONE
    assert mailroom.outbox.state_of("key1") is DeliveryState.FAILED


def test_a_customer_who_wants_no_calls_is_out_of_the_channel_at_once(mailroom):
    put(mailroom, ["key1"])
    assert mailroom.worklist.report(said("key1", "do_not_call"), CALL, ZONE) is Answer.DONE
    assert mailroom.optouts.stops(1, "call")
    assert not mailroom.optouts.stops(1, "wecom")
    [news] = mailroom.inbox.since(0)
    assert (news.kind, news.payload["receipt"], news.payload["detail"]) == ("receipt", "refused", "do_not_call")


def test_a_closed_channel_is_not_taken_but_by_a_purpose_that_skips_its_hours(mailroom):
    put(mailroom, ["key1"])
    put(mailroom, ["key2"], heeds_hours=False)
    assert mailroom.worklist.take("key1", START, by="li", closed={"call"}).answer is Answer.CLOSED
    assert mailroom.worklist.take("key2", START, by="li", closed={"call"}).answer is Answer.DONE


def test_what_is_killed_while_somebody_holds_it_goes_when_they_let_go(mailroom):
    put(mailroom, ["key1", "key2"])
    mailroom.worklist.take("key1", START, by="li")
    cancelled = mailroom.throw(Scope.JOURNEY, "care", Action.KILL, by="op", reason="a test", at=START + MINUTE)
    assert cancelled == 1
    assert mailroom.outbox.state_of("key1") is DeliveryState.PENDING
    assert mailroom.worklist.sweep(START + HOUR) == {DeliveryState.CANCELLED: 1}


def test_an_outcome_is_known_once_however_often_it_is_told_and_a_later_other_one_changes_nothing(mailroom):
    put(mailroom, ["key1"])
    assert mailroom.worklist.report(said("key1", "answered"), CALL, ZONE) is Answer.DONE
    assert mailroom.worklist.report(said("key1", "answered"), CALL, ZONE) is Answer.REPEATED
    assert mailroom.worklist.report(said("key1", "interested", START + 2 * HOUR), CALL, ZONE) is Answer.LATE
    assert mailroom.outbox.state_of("key1") is DeliveryState.DELIVERED
    assert len(mailroom.inbox.since(0)) == 1
    assert [one.action for one in mailroom.worklist.noted()] == ["done", "late"]


def receipts(mailroom):
    return [(one.payload["receipt"], one.payload["detail"]) for one in mailroom.inbox.since(0)]


def test_a_do_not_call_counts_after_another_outcome_and_however_often_it_is_told(mailroom):
    put(mailroom, ["key1"])
    assert mailroom.worklist.report(said("key1", "answered"), CALL, ZONE) is Answer.DONE
    for _ in range(2):
        assert mailroom.worklist.report(said("key1", "do_not_call", START + 2 * HOUR), CALL, ZONE) is Answer.LATE
    assert mailroom.optouts.stops(1, "call")
    assert receipts(mailroom) == [("answered", "answered"), ("refused", "do_not_call")]
    assert mailroom.outbox.state_of("key1") is DeliveryState.DELIVERED


def test_a_do_not_call_counts_after_the_item_has_expired(mailroom):
    put(mailroom, ["key1"])
    assert mailroom.worklist.report(said("key1", "do_not_call", START + 49 * HOUR), CALL, ZONE) is Answer.LATE
    mailroom.worklist.sweep(START + 50 * HOUR)
    assert mailroom.optouts.stops(1, "call")
    assert receipts(mailroom) == [("refused", "do_not_call"), ("expired", None)]


def test_a_refusal_that_is_reported_late_is_told_to_runs_and_takes_nobody_out_by_itself(mailroom):
    put(mailroom, ["key1"])
    mailroom.worklist.report(said("key1", "answered"), CALL, ZONE)
    assert mailroom.worklist.report(said("key1", "refused", START + 2 * HOUR), CALL, ZONE) is Answer.LATE
    assert not mailroom.optouts.stops(1, "call")
    assert receipts(mailroom)[-1] == ("refused", "refused")


def test_one_report_that_cannot_be_taken_keeps_all_of_them_out(mailroom):
    put(mailroom, ["key1", "key2"])
    with pytest.raises(Refusals) as problem:
        mailroom.worklist.report_all([said("key1", "answered"), said("nokey", "answered")], {"call": CALL}, ZONE)
    assert problem.value.answers == (Answer.DONE, Answer.UNKNOWN)
    assert mailroom.outbox.state_of("key1") is DeliveryState.PENDING
    assert mailroom.worklist.attempts("key1") == []


def test_forgetting_a_customer_erases_the_item_in_anybody_s_hands_and_leaves_others_alone(mailroom):
    put(mailroom, ["key1", "key2"])
    mailroom.worklist.report(said("key1", "no_answer", START, note="王小明 moved"), CALL, ZONE)
    token = mailroom.worklist.take("key2", START, by="wu").token
    mailroom.worklist.take("key1", START + 5 * HOUR, by="li")
    mailroom.forget(1, START + 5 * HOUR, mailroom.path.parent)
    gone, other = (mailroom.worklist.item(key, START) for key in ("key1", "key2"))
    assert (gone.name, gone.address, gone.title, gone.body) == ("", "", "", "")
    assert mailroom.worklist.attempts("key1")[0].note == ""
    assert (other.name, other.taken_by) == ("王小明", "wu")
    assert mailroom.worklist.report(said("key2", "answered", START + MINUTE, "wu", token=token), CALL, ZONE) is Answer.DONE


def test_settled_items_lose_names_and_texts_with_the_purge_and_open_ones_keep_them(mailroom):
    put(mailroom, ["key1", "key2"])
    mailroom.worklist.report(said("key1", "answered"), CALL, ZONE)
    mailroom.purge(START + 2 * HOUR, mailroom.path.parent)
    assert mailroom.worklist.item("key1", START).name == ""
    assert mailroom.worklist.item("key2", START).name == "王小明"


@pytest.mark.parametrize("meant", DISPOSITIONS.values(), ids=DISPOSITIONS)
def test_every_outcome_stands_for_a_receipt_that_the_contract_of_the_bank_knows(meant):
    known = {"failed", "answered", "no_answer", "refused", "call_back", "confirmed"}
    assert meant.receipt in known
    assert meant.state in (DeliveryState.DELIVERED, DeliveryState.FAILED)


@pytest.mark.parametrize(("scope", "name"), [(Scope.PRODUCT, "fund"), (Scope.BRANCH, "7")])
def test_a_pause_of_a_product_or_a_branch_hides_its_items_and_a_kill_takes_them_off(mailroom, scope, name):
    put(mailroom, ["key1"], product="fund", branch="7")
    put(mailroom, ["key2"], product="deposit", branch="8")
    mailroom.throw(scope, name, Action.PAUSE, by="ops", reason="x", at=START)
    assert [item.key for item in mailroom.worklist.items(Asked(), START)] == ["key2"]
    assert mailroom.worklist.take("key1", START, by="li").answer is Answer.HELD
    assert mailroom.throw(scope, name, Action.KILL, by="ops", reason="x", at=START) == 1
    assert mailroom.outbox.state_of("key1") is DeliveryState.CANCELLED
    assert mailroom.outbox.state_of("key2") is DeliveryState.PENDING


def test_a_word_about_one_purpose_takes_off_the_items_of_that_purpose_alone(mailroom):
    put(mailroom, ["key1"], purpose="marketing")
    put(mailroom, ["key2"], purpose="service")
    mailroom.optouts.record(1, "call", START + MINUTE, "marketing")
    mailroom.worklist.sweep(START + HOUR)
    assert mailroom.outbox.state_of("key1") is DeliveryState.CANCELLED
    assert mailroom.worklist.take("key2", START + HOUR, by="li").answer is Answer.DONE


def test_who_is_forgotten_leaves_no_words_in_the_log_of_the_list(mailroom, tmp_path):
    put(mailroom, ["key1"])
    mailroom.worklist.take("key1", START, by="li")
    mailroom.worklist.report(said("key1", "call_back", note="王家", call_back_at=START + 6 * HOUR), CALL, ZONE)
    mailroom.forget(1, START + 2 * HOUR, tmp_path)
    assert [(one.note, one.call_back_at) for one in mailroom.worklist.attempts("key1")] in ([(None, None)], [("", None)])
    assert {one.detail for one in mailroom.worklist.noted() if one.key == "key1"} == {""}
