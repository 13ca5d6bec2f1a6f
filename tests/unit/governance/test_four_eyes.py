"""A definition goes live when somebody other than its author approved exactly that, and no other."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from tonglu.app.approve import approve, submit, unapproved, waiting
from tonglu.app.definitions import read_definitions
from tonglu.app.inspect import project_of
from tonglu.app.replay import replay
from tonglu.cli.commands import app
from tonglu.core.errors import InputError
from tonglu.settings import Settings
from tonglu.testing import at

T, DAY = at("2026-03-02 10:00"), timedelta(days=1)
RICH = "SELECT c.customer_id FROM customers AS c WHERE c.wealth > 10"
GREET = {
    "enter": {"segment": "rich", "enrolment": "both", "again": "always"},
    "steps": [{"hi": {"touch": "hello", "via": ["sms"]}}],
}
LONGER = {**GREET, "steps": [*GREET["steps"], {"more": {"wait": "2 days"}}]}
ON = {"per_run": 100, "approval": {"required": True}}


@pytest.fixture
def bank(tiny):
    made = tiny(journeys={"greet": GREET}, segments={"rich": RICH}, attributes={"wealth": "bigint"}, policy=ON)
    made.customers({"customer_id": 1, "wealth": 20}, {"customer_id": 2, "wealth": 30})
    return made


def put_forward(bank, name="greet", by="li", when=T):
    return submit(bank.root, read_definitions(bank.root), name, by=by, note="", at=when)


def agree(bank, name="greet", by="zhao", when=T, override=""):
    return approve(bank.root, read_definitions(bank.root), name, by=by, at=when, override=override)


def both(bank, name="greet"):
    put_forward(bank, name)
    return agree(bank, name)


def refuse(bank, said, **how):
    with pytest.raises(InputError, match=said):
        agree(bank, **how)


def test_without_an_approval_nobody_enters_and_nothing_is_proposed(bank):
    summary = bank.run(T)
    assert (summary["entered"], summary["proposals"]) == (0, 0)
    assert summary["unapproved"] == ["policy bank: unapproved", "journey greet: unapproved"]
    assert len(unapproved(bank.root, read_definitions(bank.root))) == 2


def test_an_approved_policy_alone_or_an_approved_journey_alone_is_not_enough(bank):
    both(bank, "policy")
    assert bank.run(T)["entered"] == 0
    both(bank)
    assert bank.run(T + DAY)["entered"] == 2


def test_an_approved_journey_enters_under_an_approved_policy(bank):
    both(bank)
    assert bank.run(T)["entered"] == 0
    both(bank, "policy")
    assert bank.run(T + DAY)["entered"] == 2
    assert bank.decided() == [(1, "greet", "hi", "sent", "passed"), (2, "greet", "hi", "sent", "passed")]


def test_its_author_cannot_approve_it_nor_after_somebody_else_put_the_same_forward(bank):
    put_forward(bank, by="li")
    refuse(bank, "its author", by="li")
    put_forward(bank, by="wu")
    refuse(bank, "its author", by="li")
    assert agree(bank, by="zhao").approved
    both(bank, "policy")
    assert bank.run(T)["entered"] == 2


def test_what_was_changed_after_it_was_submitted_cannot_be_approved(bank):
    put_forward(bank)
    bank.edit(journeys={"greet": LONGER})
    refuse(bank, "not what was submitted")


def test_nobody_counts_twice_and_two_are_needed_where_the_tier_says_so(bank):
    bank.edit(policy={**ON, "approval": {"required": True, "tiers": [{"purposes": ["marketing"], "approvals": 2}]}})
    put_forward(bank)
    assert not agree(bank, by="zhao").approved
    refuse(bank, "another person", by="zhao")
    assert agree(bank, by="qian").approved


def test_a_change_resets_it_and_the_version_approved_last_goes_on_entering(bank):
    both(bank), both(bank, "policy")
    bank.run(T)
    bank.edit(journeys={"greet": LONGER})
    bank.customers({"customer_id": 3, "wealth": 99})
    summary = bank.run(T + DAY)
    assert summary["unapproved"] == ["journey greet: earlier"]
    assert bank.rows("SELECT DISTINCT version_no FROM tonglu.entry") == [(1,)]
    assert 3 in bank.entered("greet")
    both(bank)
    bank.customers({"customer_id": 4, "wealth": 99})
    bank.run(T + 2 * DAY)
    assert bank.rows("SELECT version_no FROM tonglu.entry WHERE customer_id = 4") == [(2,)]


def test_a_version_approved_and_never_run_enters_although_another_is_written(bank):
    both(bank), both(bank, "policy")
    bank.edit(journeys={"greet": LONGER})
    bank.run(T)
    assert bank.entered("greet") == [1, 2]
    assert bank.rows("SELECT count(*) FROM tonglu.step WHERE step = 'more'") == [(0,)]


def test_a_message_is_a_part_of_what_is_approved(bank):
    both(bank), both(bank, "policy")
    bank.edit(messages={"hello": {"text": {"sms": {"body": "another price"}}}})
    bank.run(T)
    assert "another price" not in str(bank.rows("SELECT definition FROM tonglu.version"))
    assert bank.run(T + DAY)["unapproved"] == ["journey greet: earlier"]


def test_a_segment_that_it_reads_is_a_part_of_it_and_open_entries_rest_meanwhile(bank):
    waits = {**GREET, "steps": [{"first": {"wait": "1 day"}}, *GREET["steps"]]}
    bank.edit(journeys={"greet": waits})
    both(bank), both(bank, "policy")
    bank.run(T)
    path = bank.root / "segments/rich.sql"
    path.write_text(path.read_text().replace("> 10", "> 5"))
    bank.edit()
    bank.customers({"customer_id": 5, "wealth": 7})
    summary = bank.run(T + 2 * DAY)
    assert (summary["entered"], summary["proposals"]) == (0, 0)
    assert [step for _, _, step, _ in bank.resting()] == ["hi", "hi"]
    both(bank)
    summary = bank.run(T + 3 * DAY)
    assert (summary["entered"], summary["sent"]) == (0, 2)  # who came to qualify meanwhile does not enter later


def test_an_unapproved_policy_is_not_used_and_cannot_switch_four_eyes_off(bank):
    both(bank), both(bank, "policy")
    bank.run(T)
    bank.edit(policy={"per_run": 100, "caps": [{"at_most": 1, "within": "99 days"}]})
    bank.edit(journeys={"greet": LONGER})
    bank.customers({"customer_id": 6, "wealth": 60})
    assert bank.run(T + DAY)["unapproved"] == ["policy bank: earlier", "journey greet: earlier"]
    assert {reason for customer, *_, reason in bank.decided(2)} == {"passed"}
    both(bank, "policy")
    assert "unapproved" not in bank.run(T + 2 * DAY)


def test_an_audience_that_outgrew_its_tier_needs_to_be_submitted_again(bank):
    tiers = [{"audience": "up to 2", "approvals": 1}, {"audience": "above 2", "approvals": 2}]
    bank.edit(policy={**ON, "approval": {"required": True, "tiers": tiers}})
    bank.run_whole(T)
    assert put_forward(bank).needed == 1
    bank.customers({"customer_id": 7, "wealth": 70})
    bank.run_whole(T + DAY)
    refuse(bank, "it reaches 3 customers now, and 2 customers when it was submitted")
    assert put_forward(bank).needed == 2


def test_people_and_roles_of_the_project_file_count(bank):
    told = json.loads((bank.root / "tonglu.yaml").read_text())
    people = {"li": ["marketing"], "zhao": ["compliance"], "qian": ["marketing"]}
    (bank.root / "tonglu.yaml").write_text(json.dumps({**told, "people": people}))
    bank.edit(policy={**ON, "approval": {"required": True, "tiers": [{"roles": ["compliance"]}]}})
    with pytest.raises(InputError, match="TL855"):
        put_forward(bank, by="nobody")
    put_forward(bank)
    refuse(bank, "none of the roles", by="qian")
    assert agree(bank, by="zhao").approved
    bank.edit(policy={**ON, "approval": {"required": True, "tiers": [{"roles": ["complience"]}]}})
    with pytest.raises(InputError, match="TL852"):
        read_definitions(bank.root)


def test_what_waits_is_listed_with_what_it_changes(bank):
    both(bank)
    bank.edit(journeys={"greet": LONGER})
    put_forward(bank)
    [one] = waiting(bank.root, read_definitions(bank.root))
    assert one.still_written
    assert [(change.sign, change.name, change.details) for change in one.changes] == [
        ("~", "greet", ('+ step more: {"wait": "2 days"}',))
    ]


def test_nothing_changes_where_it_is_not_required(tiny):
    bank = tiny(journeys={"greet": GREET}, segments={"rich": RICH}, attributes={"wealth": "bigint"})
    bank.customers({"customer_id": 1, "wealth": 20})
    assert bank.run(T)["entered"] == 1
    assert bank.rows("SELECT count(*) FROM tonglu.governed") == [(0,)]


def test_runs_under_four_eyes_are_replayed_the_same(bank):
    both(bank), both(bank, "policy")
    bank.edit(journeys={"greet": LONGER}, policy={**ON, "per_run": 1})
    bank.run_whole(T)
    both(bank), both(bank, "policy")
    bank.run_whole(T + DAY)
    bank.close()
    for run in (1, 2):
        told = replay(bank.root, project_of(bank.root), run, Settings(threads=1))
        assert told.same, told


def test_submitting_and_approving_is_in_the_audit_log_by_the_command_line(bank):
    bank.close()
    runner = CliRunner()
    for command in (
        ["submit", "greet", "--by", "li", "--note", "spring"],
        ["approve", "greet", "--by", "zhao"],
        ["approvals"],
        ["audit", "verify"],
    ):
        result = runner.invoke(app, [*command, "-C", str(bank.root)])
        assert result.exit_code == 0, result.output
    assert runner.invoke(app, ["approve", "greet", "--by", "li", "-C", str(bank.root)]).exit_code == 2
    acts = bank.place.mailroom.audit.acts()
    assert [(one.what, one.subject, one.by) for one in acts] == [
        ("submit", "journey greet", "li"),
        ("approve", "journey greet", "zhao"),
    ]
    assert acts[0].detail["hash"] == acts[1].detail["hash"]


def test_a_limit_of_fairness_stands_against_an_approval_until_it_is_set_aside(tiny):
    policy = {"per_run": 100, "approval": {"required": True}, "fairness": {"by": ["side"], "blocks": True}}
    journey = {
        "enter": {"segment": "rich", "enrolment": "both"},
        "steps": [{"hi": {"touch": "hello", "via": ["sms"], "when": "side = 'left'"}}],
    }
    bank = tiny(
        journeys={"greet": journey}, segments={"rich": RICH}, attributes={"wealth": "bigint", "side": "text"}, policy=policy
    )
    bank.customers(*({"customer_id": one, "wealth": 20, "side": "left" if one % 2 else "right"} for one in range(1, 81)))
    bank.close()
    result = CliRunner().invoke(app, ["run", "--as-of", "2026-03-02T10:00", "--dry", "-C", str(bank.root)])
    assert result.exit_code == 0, result.output
    put_forward(bank)
    refuse(bank, "the last dry run: side 'right' is touched 0.00 times as often")
    assert agree(bank, override="the right side has no branch").approved
    last = bank.place.mailroom.audit.acts()[-1]
    assert (last.words, last.detail["overridden"]) == ("the right side has no branch", True)


def test_fairness_shows_a_journey_by_its_whole_name(tiny):
    name = "a_journey_whose_name_is_as_long_as_names_of_journeys_may_be_here"[:60]
    journey = {"enter": {"segment": "rich", "enrolment": "both"}, "steps": [{"hi": {"touch": "hello", "via": ["sms"]}}]}
    policy = {"per_run": 100, "fairness": {"by": ["side"]}}
    bank = tiny(journeys={name: journey}, segments={"rich": RICH}, attributes={"wealth": "bigint", "side": "text"}, policy=policy)
    bank.customers(*({"customer_id": one, "wealth": 20, "side": "left" if one % 2 else "right"} for one in range(1, 81)))
    bank.run_whole(T)
    bank.close()
    shown = CliRunner().invoke(app, ["fairness", "-C", str(bank.root)])
    assert shown.exit_code == 0, shown.output
    assert name in shown.stdout
    assert all(line.count("left") + line.count("right") != 1 or "%" in line for line in shown.stdout.splitlines())


def test_a_risk_rule_that_somebody_changed_alone_stops_everything_until_the_policy_is_approved_again(bank):
    rule = (
        "-- risk: cold\n-- dimension: customer\n-- title: 冷 / Cold\n-- owner: risk\n-- action: hold\n-- hours: until cleared\n"
    )
    path = bank.root / "segments/risk/cold.sql"
    path.parent.mkdir(exist_ok=True)
    path.write_text(rule + "SELECT c.customer_id FROM customers AS c WHERE c.wealth > 99\n", encoding="utf-8")
    both(bank, "policy")
    both(bank)
    assert bank.run(T)["entered"] == 2
    path.write_text(rule + "SELECT c.customer_id FROM customers AS c WHERE c.wealth > 999\n", encoding="utf-8")
    bank.close()
    summary = bank.run(T + DAY)
    assert summary["entered"] == 0
    assert summary["unapproved"] == ["policy bank: unapproved"]
