"""Lists as sheets and outcomes read back: all lines or none, every wrong line told, the same file twice is one."""

import csv
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.unit.people.conftest import START, put

from tonglu.app.work_outcomes import import_outcomes
from tonglu.app.worklist import Desk
from tonglu.core.delivery import DeliveryState
from tonglu.core.errors import InputError
from tonglu.core.work import Terms
from tonglu.language.policy import Policy
from tonglu.mailroom.work_answers import Answer, Asked

ZONE = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)
CALL = Terms(False, timedelta(days=2), False, ("answered", "no_answer"), total=3, per_day=2, apart=4 * HOUR)


@pytest.fixture
def desk(mailroom):
    put(mailroom, ["aaaa1", "aaaa2", "bbbb3"])
    policy = Policy.model_validate({"open_hours": {"call": "09:00-20:00", "sms": "10:00-11:00"}})
    return Desk(mailroom, {"call": CALL}, policy, ZONE)


def sheet(tmp_path, *lines, name="outcomes.csv"):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return path


def findings(desk, path):
    with pytest.raises(InputError) as problem:
        import_outcomes(desk, path, by="li", at=START + 2 * HOUR)
    return [(one.place.line, one.place.column, one.code) for one in problem.value.findings]


def state(desk, key):
    return desk.mailroom.outbox.state_of(key)


def test_names_and_addresses_are_masked_and_a_reveal_needs_a_reason_that_is_kept(desk):
    shown = desk.listed(Asked(), START, by="li")
    assert {(item.name, item.address) for item in shown} == {("王**", "100****5678")}
    seen = desk.listed(Asked(), START, by="li", reveal="calling today")
    assert {(item.name, item.address) for item in seen} == {("王小明", "10012345678")}
    assert [(line.key, line.action, line.by, line.detail) for line in desk.mailroom.worklist.noted()] == [
        (item.key, "reveal", "li", "calling today") for item in seen
    ]
    with pytest.raises(InputError):
        desk.listed(Asked(), START, by="li", reveal=" ")


def test_a_take_shows_the_text_and_heeds_the_hours_of_the_policy(desk):
    took = desk.take("aaaa1", START, by="li")
    assert (took.answer, took.item.name, took.item.body) == (Answer.DONE, "王**", "您好王，please_call")
    evening = START + 10 * HOUR  # eight in the evening
    assert desk.take("aaaa2", evening, by="li").answer is Answer.CLOSED
    assert desk.take("aaaa2", evening - timedelta(minutes=1), by="li").answer is Answer.DONE


def test_the_beginning_of_a_key_is_enough_where_it_is_the_only_one(desk):
    assert desk.key_of("bbbb") == "bbbb3"
    for written in ("aaaa", "zzzz", "bbb"):
        with pytest.raises(InputError):
            desk.key_of(written)


def test_an_exported_sheet_that_is_filled_in_is_read_back(desk, tmp_path):
    path = tmp_path / "list.csv"
    assert desk.export(Asked(), START, path, by="li") == 3
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbfkey,version,")
    lines = data.decode("utf-8-sig").splitlines()
    filled = [lines[0], lines[1].removesuffix(",,,") + "answered,2026-11-23 11:00,,喜欢", *lines[2:]]
    done = import_outcomes(desk, sheet(tmp_path, *filled), by="li", at=START + 2 * HOUR)
    assert done.answers == {Answer.DONE: 1}
    [attempt] = desk.mailroom.worklist.attempts("aaaa1")
    assert (attempt.outcome, attempt.at, attempt.by, attempt.note) == ("answered", START + HOUR, "li", "喜欢")
    assert state(desk, "aaaa2") is DeliveryState.PENDING


def test_a_cell_that_a_spreadsheet_would_calculate_is_written_as_text(mailroom, tmp_path):
    put(mailroom, ["cccc1"], address="+8610012345678")
    desk = Desk(mailroom, {"call": CALL}, Policy(), ZONE)
    path = tmp_path / "list.csv"
    desk.export(Asked(), START, path, by="li", reveal="calls")
    [line] = csv.DictReader(path.read_text("utf-8-sig").splitlines())
    assert (line["address"], line["customer"]) == ("'+8610012345678", "王小明")


def test_a_file_that_was_read_before_changes_nothing(desk, tmp_path):
    path = sheet(tmp_path, "key,outcome", "aaaa1,no_answer")
    assert import_outcomes(desk, path, by="li", at=START).answers == {Answer.STAYS: 1}
    assert import_outcomes(desk, path, by="li", at=START + 5 * HOUR).answers == {Answer.REPEATED: 1}
    assert len(desk.mailroom.worklist.attempts("aaaa1")) == 1


def test_every_line_that_is_wrong_is_told_at_its_place_and_nothing_is_taken(desk, tmp_path):
    path = sheet(
        tmp_path,
        "key,outcome,at,version",
        "aaaa1,answered,2026-11-23 11:00,",
        "aaaa2,answerd,2026-11-23 11:00,",
        "aaaa2,answered,yesterday,x",
        "aaaa2,answered,2026-11-23 23:00,",
        "aaaa2,answered,2026-11-23 11:00,1,more,and more",
        "bbbb3,,,",
    )
    assert findings(desk, path) == [(3, 2, "TL863"), (4, 3, "TL861"), (4, 4, "TL861"), (5, 3, "TL861"), (6, 5, "TL861")]
    assert state(desk, "aaaa1") is DeliveryState.PENDING


def test_what_the_list_refuses_is_told_by_line_and_nothing_is_taken(desk, tmp_path):
    desk.mailroom.worklist.take("bbbb3", START, by="wu")
    path = sheet(
        tmp_path,
        "key,outcome,at,version",
        "aaaa1,answered,2026-11-23 10:10,",
        "nokey,answered,2026-11-23 10:10,",
        "aaaa2,refused,2026-11-23 10:10,",
        "bbbb3,answered,2026-11-23 10:10,",
        "aaaa2,answered,2026-11-23 10:10,9",
        "aaaa2,answered,2026-11-23 09:10,",
    )
    told = [(2 + number, 1, code) for number, code in enumerate(["TL862", "TL863", "TL864", "TL864", "TL864"], 1)]
    assert findings(desk, path) == told
    assert desk.mailroom.worklist.attempts("aaaa1") == []


def test_an_outcome_that_came_too_late_is_noted_and_warned_of(desk, tmp_path):
    desk.mailroom.worklist.withdraw(["aaaa1"], START, "the entry ended")
    done = import_outcomes(desk, sheet(tmp_path, "key,outcome", "aaaa1,answered"), by="li", at=START + HOUR)
    assert done.answers == {Answer.LATE: 1}
    assert [(one.place.line, one.code) for one in done.warnings] == [(2, "TL865")]
    assert state(desk, "aaaa1") is DeliveryState.CANCELLED


@pytest.mark.parametrize(("text", "place"), [("outcome\nanswered\n", (1, 1)), ("", (1, 1))])
def test_a_file_without_its_columns_is_refused(desk, tmp_path, text, place):
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    assert (*place, "TL861") in findings(desk, path)


def test_a_file_that_is_not_utf_8_is_refused(desk, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_bytes("key,outcome,note\naaaa1,answered,喜欢\n".encode("gbk"))
    assert findings(desk, path) == [(0, 0, "TL861")]
