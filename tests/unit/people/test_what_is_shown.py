"""The commands of a list, and what why, status, the published file and replay say of touches that people work."""

import json
from datetime import timedelta

import pytest
from tests.unit.people.test_working_in_journeys import CALL, CAP, WECOM, T, asking, keys, report
from typer.testing import CliRunner

from tonglu.app.inspect import project_of
from tonglu.app.replay import replay
from tonglu.app.why import proposals_of
from tonglu.cli.commands import app
from tonglu.mailroom.work_answers import Asked
from tonglu.settings import Settings
from tonglu.testing import SHANGHAI, TinyBank
from tonglu.warehouse.analysts import PublishedFile

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
STAFF = [{"employee_id": 71, "branch_id": 7, "role": "rm"}]


def tonglu(root, *arguments, now="2026-03-02T11:00", code=0):
    result = CliRunner().invoke(app, [*arguments, "--project", str(root), *(("--now", now) if now else ())])
    assert result.exit_code == code, result.stderr
    return result


@pytest.fixture
def bank(tmp_path):
    journeys = {"care": asking(), "more": asking(event="again")}
    attributes = {"branch_id": "integer", "manager_id": "bigint"}
    with TinyBank(tmp_path, journeys=journeys, people={"call": CALL}, policy=CAP, attributes=attributes, staff=STAFF) as made:
        made.customers(*({"customer_id": n, "branch_id": 7, "manager_id": 71} for n in (1, 2)))
        made.events([("ordered", n, T) for n in (1, 2)])
        made.run_whole(T)
        made.deliver(T)
        yield made


def test_a_list_is_worked_from_the_command_line(bank):
    root, key = bank.root, keys(bank)[0]
    shown = tonglu(root, "worklist", "list", "--branch", "7", "--due").stdout
    assert key[:8] in shown
    assert "王**" in shown
    assert "王试验" not in shown
    assert "王试验" in tonglu(root, "worklist", "list", "--reveal", "calling").stdout
    assert "please_call via call" in tonglu(root, "worklist", "take", key[:8], "--by", "li").stdout
    refused = tonglu(root, "worklist", "take", key[:8], "--by", "wu", code=2).stderr
    assert "is with li until 2026-03-02 11:30" in refused
    assert f"tonglu worklist pass {key[:8]}" in refused
    assert "stays: no_answer" in tonglu(root, "worklist", "done", key[:8], "no_answer", "--by", "li").stdout
    refused = tonglu(root, "worklist", "done", key[:8], "answered", "--by", "li", code=2).stderr
    assert "may not be tried again before 2026-03-02 15:00" in refused
    assert "employee 72" in tonglu(root, "worklist", "pass", key[:8], "--employee", "72", "--by", "li").stdout
    said = json.loads(tonglu(root, "worklist", "list", "--employee", "72", "--json").stdout)
    assert [(item["key"], item["attempts"]) for item in said["items"]] == [(key, 1)]


def test_looking_at_a_later_instant_changes_nothing(bank, tmp_path):
    mailroom, key = bank.place.mailroom, keys(bank)[0]
    bank.place.mailroom.optouts.record(mailroom.worklist.item(key, T).customer_id, "call", T)
    before = (mailroom.log.since(0), mailroom.inbox.since(0), mailroom.worklist.item(key, T))
    assert "nothing waits" in tonglu(bank.root, "worklist", "list", now="2027-01-01T10:00").stdout
    tonglu(bank.root, "worklist", "export", str(tmp_path / "later.csv"), now="2027-01-01T10:00")
    assert key[:8] not in tonglu(bank.root, "worklist", "list").stdout, "the customer opted out"
    assert (mailroom.log.since(0), mailroom.inbox.since(0), mailroom.worklist.item(key, T)) == before
    assert keys(bank) == [other for other in keys(bank) if other != key] != []


def test_a_bank_of_ones_own_lives_by_the_wall_clock_and_the_bundled_one_by_its_last_run_or_delivery(bank):
    assert "nothing waits" in tonglu(bank.root, "worklist", "list", now=None).stdout
    (bank.root / "data/hidden").mkdir()
    shown = tonglu(bank.root, "worklist", "list", now=None)
    assert keys(bank)[0][:8] in shown.stdout
    assert "In this invented bank it is 2026-03-02 10:00" in shown.stderr
    bank.deliver(T + 3 * DAY)
    assert "it is 2026-03-04 10:00" in tonglu(bank.root, "worklist", "list", now=None).stderr, "what expired did so then"
    result = CliRunner().invoke(app, ["opt-out", "1", "--project", str(bank.root)])
    assert result.exit_code == 0
    assert [word.at for word in bank.place.mailroom.optouts.since(0)] == [T + 2 * DAY]


def test_a_list_goes_to_a_file_and_comes_back(bank, tmp_path):
    root, file = bank.root, tmp_path / "list.csv"
    tonglu(root, "worklist", "export", str(file), "--by", "li")
    assert len(file.read_text("utf-8-sig").splitlines()) == 3
    outcomes = tmp_path / "outcomes.csv"
    outcomes.write_text("key,outcome\n" + "".join(f"{key},answered\n" for key in keys(bank)), encoding="utf-8")
    assert "2 done" in tonglu(root, "worklist", "import", str(outcomes), "--by", "li").stdout
    assert "2 repeated" in tonglu(root, "worklist", "import", str(outcomes), "--by", "li").stdout
    outcomes.write_text("key,outcome\nnobody,answered\n", encoding="utf-8")
    wrong = tonglu(root, "worklist", "import", str(outcomes), code=2).stderr
    assert "outcomes.csv:2:1" in wrong
    assert "TL862" in wrong


def test_an_item_that_is_gone_says_why_for_whom_and_what_to_do(bank):
    root, items = bank.root, bank.place.mailroom.worklist.items(Asked(), T)
    one, two = (item.key for item in sorted(items, key=lambda item: item.customer_id))
    bank.throw("pause", T, scope="channel", name="call")
    held = tonglu(root, "worklist", "take", one, code=2).stderr
    assert "customer 1 (call) waits: tester paused channel call: a test" in held
    assert "tonglu resume channel:call" in held
    bank.throw("resume", T, scope="channel", name="call")
    bank.place.mailroom.optouts.record(1, "call", T)
    gone = tonglu(root, "worklist", "take", one, code=2).stderr
    assert "customer 1 (call) is taken off the list: the customer opted out of call meanwhile" in gone
    assert "the customer opted out of call meanwhile" in tonglu(root, "worklist", "take", one, code=2).stderr
    tonglu(root, "worklist", "done", two, "answered")
    late = tonglu(root, "worklist", "done", two, "do_not_call")
    assert "late: do_not_call; customer 2 (call) is off the list: it was settled as answered" in late.stdout
    assert "the customer gets nothing more on call" in late.stderr
    assert bank.place.mailroom.optouts.stops(2, "call")


def test_confirming_a_message_to_somebody_who_opted_out_meanwhile_says_so(tmp_path):
    with TinyBank(tmp_path, journeys={"care": asking("wecom")}, people={"wecom": WECOM}) as bank:
        bank.customers(1)
        bank.event("ordered", 1, T)
        bank.run(T)
        bank.deliver(T)
        [key] = keys(bank)
        bank.place.mailroom.optouts.record(1, "wecom", T)
        said = tonglu(bank.root, "worklist", "done", key, "confirmed")
        assert "cancelled: confirmed; customer 1 (wecom) is taken off the list: the customer opted out of wecom" in said.stdout
        assert "Do not contact them" in said.stderr


def test_a_word_that_the_list_does_not_take_says_which_it_takes_and_what_holds_for_the_customer(tmp_path):
    options = {**WECOM, "outcomes": ["confirmed", "not_a_friend"]}
    with TinyBank(tmp_path, journeys={"care": asking("wecom")}, people={"wecom": options}) as bank:
        bank.customers(1)
        bank.event("ordered", 1, T)
        bank.run(T)
        bank.deliver(T)
        refused = tonglu(bank.root, "worklist", "done", keys(bank)[0], "do_not_call", code=2).stderr
        assert "wecom does not take the outcome 'do_not_call'" in refused
        assert "It takes confirmed, not_a_friend." in refused
        assert "tonglu opt-out 1 --channel wecom" in refused


def published(bank, sql):
    with PublishedFile(bank.root / "data/published") as file:
        return file.rows(sql)[1]


def test_the_published_file_and_status_count_what_is_pending_and_what_expired(bank):
    first, second = keys(bank)
    bank.run_whole(T + HOUR)
    every = "SELECT touch_key, branch_id, employee_id, delivery_state, work_outcome FROM work_items ORDER BY touch_key"
    assert published(bank, every) == [(key, 7, 71, "pending", None) for key in (first, second)]
    assert "call 0 2 0 0 0 0" in " ".join(tonglu(bank.root, "status").stdout.split())
    report(bank, first, "interested", T + 2 * HOUR)
    bank.run_whole(T + 2 * DAY)
    assert sorted(published(bank, every)) == [(first, 7, 71, "delivered", "interested"), (second, 7, 71, "expired", None)]
    standing = " ".join(tonglu(bank.root, "status").stdout.split())
    assert "call 0 0 1 0 1 0" in standing


def test_why_names_the_pending_touch_that_a_cap_counted_at_its_end(bank):
    bank.event("again", 1, T + 30 * HOUR)
    bank.run_whole(T + 30 * HOUR)
    with PublishedFile(bank.root / "data/published") as file:
        found = proposals_of(file, 1, SHANGHAI)
        story = file.ask("timeline", customer_id=1, journey="care", until=None)
    assert found[0].reason == "cap_reached"
    assert found[0].binding == "1 in 1 day reached (daily): 2026-03-04 10:00; care.ask at 2026-03-02 10:00 took the place"
    assert [(row["what"], row["detail"]) for row in story if row["what"] == "pending"] == [
        ("pending", "call, branch 7, employee 71")
    ]


def test_every_run_is_replayed_whatever_people_did_afterwards(bank):
    first, _ = keys(bank)
    bank.event("again", 1, T + 30 * HOUR)
    bank.run_whole(T + 30 * HOUR)
    report(bank, first, "answered", T + 31 * HOUR)
    bank.run_whole(T + 3 * DAY)
    bank.close()
    for run_no in (1, 2, 3):
        again = replay(bank.root, project_of(bank.root), run_no, Settings(threads=1))
        assert again.missing == ()
        assert again.same, [(one.name, one.lost, one.found) for one in again.relations if not one.same]
        assert "work_item" in {one.name for one in again.relations}
