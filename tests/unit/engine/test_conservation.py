"""Every rule of conservation is shown to fail when what it guards is broken by hand, and a run that breaks one changes nothing."""

from datetime import timedelta

import pytest

from tonglu.core.errors import CheckFailed
from tonglu.testing import at
from tonglu.warehouse.connection import named_sql

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
T = at("2026-03-02 10:00")
TOUCH = "SELECT * FROM tonglu.touch WHERE run_no = $run_no ORDER BY touch_key LIMIT 1"
ENTRY = "SELECT entry_id FROM tonglu.rest ORDER BY entry_id LIMIT 1"
DAMAGE = {
    "entries = open + ended": "DELETE FROM tonglu.rest WHERE entry_id = (SELECT min(entry_id) FROM tonglu.rest)",
    "no entry is both open and ended, or ended twice": f"INSERT INTO tonglu.ended SELECT entry_id, $run_no, $as_of, 'twice' FROM ({ENTRY})",
    "every end has a reason": "UPDATE tonglu.ended SET reason = NULL",
    "proposals = sent + deferred + dropped": "DELETE FROM tonglu.decision WHERE outcome = 'sent' AND customer_id = 1",
    "each proposal has one outcome and one reason": "UPDATE tonglu.decision SET reason = NULL WHERE customer_id = 1",
    "sent = outbox rows": "DELETE FROM tonglu.touch WHERE customer_id = 1",
    "no touch key twice": f"INSERT INTO tonglu.touch {TOUCH}",
    "controls are never touched": "UPDATE tonglu.entry SET assignment = 'holdout' WHERE customer_id = 1",
    "nobody is over a cap": f"""INSERT INTO tonglu.touch
        SELECT t.* REPLACE ('another' AS touch_key, 0 AS run_no, $as_of - INTERVAL 1 HOUR AS not_before) FROM ({TOUCH}) AS t""",
    "touches a run of one customer": f"INSERT INTO tonglu.touch SELECT t.* REPLACE ('another' AS touch_key) FROM ({TOUCH}) AS t",
    "journeys that exclude each other keep apart": f"""
        INSERT INTO exclusion SELECT 0, 'apart', unnest(['offer', 'other']), NULL, 1000000;
        INSERT INTO tonglu.touch SELECT t.* REPLACE ('another' AS touch_key, 'other' AS journey) FROM ({TOUCH}) AS t""",
    "no marketing to somebody whose complaint holds it": "INSERT INTO complaining VALUES (1)",
    "no touch against an opt-out": "INSERT INTO unprofiled VALUES (1)",
    "capacity used <= capacity": "UPDATE limit_rule SET at_most = 1 WHERE gate = 'capacity'",
    "nobody is given more work than their capacity": """INSERT INTO worked_channel VALUES ('sms', 0, FALSE, '');
        INSERT INTO limit_rule VALUES (9, 'capacity', 'each', 'sms', NULL, NULL, 'employee', 'day', 1);
        INSERT INTO tonglu.work_item (run_no, touch_key, customer_id, channel, employee_id, not_before, expires_at)
            SELECT run_no, touch_key, customer_id, channel, 11, not_before, expires_at FROM tonglu.touch WHERE run_no = $run_no""",
    "spending <= budget": "UPDATE tonglu.contender SET cost = 99",
    "what is limited is counted": "DELETE FROM tonglu.contender WHERE customer_id = 1",
    "one exposure per entry and step": f"""INSERT INTO tonglu.exposure SELECT $run_no, entry_id, 1, 'offer', 1001, 'hi', arm, 0.5, $as_of
        FROM ({ENTRY}), (SELECT unnest(['a', 'b']) AS arm)""",
    "every entry rests at a step of its version": "UPDATE tonglu.rest SET version_no = 99",
    "nothing is sent that cannot leave in time": "UPDATE tonglu.touch SET not_before = expires_at + INTERVAL 1 MICROSECOND",
    "one open entry per journey, customer and key": "UPDATE tonglu.entry SET customer_id = 1",
    "no product is offered that does not suit": """INSERT INTO product_now
        SELECT step_key, 'wealth', 3, NULL, NULL, TRUE, 'rating' FROM proposal LIMIT 1""",
    "nobody under a risk hold is touched": """INSERT INTO risk_rule_now
        VALUES (1, 'new_device', '新设备', 'New device', 'device', 'hold', 'live', TRUE, TRUE, ['marketing']);
        INSERT INTO risk_live VALUES (1, 1, NULL)""",
    "every open entry has passed what was due": "UPDATE tonglu.rest SET due_at = $as_of",
    "every touch that people work is on one list": """INSERT INTO tonglu.work_item (run_no, touch_key, customer_id, channel, not_before, expires_at)
        VALUES ($run_no, 'of no touch', 1, 'call', $as_of, $as_of + INTERVAL 1 DAY)""",
    "a touch that people work ends once": """INSERT INTO tonglu.work_item (run_no, touch_key, customer_id, channel, not_before, expires_at)
        VALUES (0, 'twice', 9, 'call', $as_of, $as_of);
        INSERT INTO tonglu.delivery VALUES ('twice', 0, 1, 'delivered', $as_of, NULL), ('twice', 0, 2, 'expired', $as_of, NULL)""",
}


def journeys():
    steps = [{"hi": {"touch": "hello", "via": ["sms"]}}, {"rest": {"wait": "9 days"}}]
    quick = {"enter": {"event": "ordered"}, "steps": [{"done": {"end": "done"}}]}
    return {"offer": {"enter": {"event": "ordered"}, "steps": steps}, "quick": quick}


def up_to_commit(tiny):
    limits = {
        "capacity": [{"channel": "sms", "at_most": 2, "per": "hour"}],
        "budget": [{"channel": "sms", "at_most": "0.10 yuan", "per": "day"}],
    }
    policy = {"per_run": 1, "caps": [{"at_most": 1, "within": "1 day"}], **limits}
    bank = tiny(journeys=journeys(), policy=policy, channels={"sms": {"cost": 0.05}})
    bank.customers(1, 2)
    bank.events([("ordered", 1, T), ("ordered", 2, T)])
    loop = bank.open(T)
    for name, stage in loop.stages:
        if name == "commit":
            return bank, loop
        loop.summary |= stage()
    raise AssertionError("there is no stage called commit")


def test_the_rules_are_those_that_are_broken_here(tiny):
    bank, loop = up_to_commit(tiny)
    loop.commit()
    assert bank.rows("SELECT rule FROM tonglu.conservation ORDER BY rule") == sorted((rule,) for rule in DAMAGE)
    assert bank.rows("SELECT sum(breaches) FROM tonglu.conservation") == [(0,)]


def test_each_rule_fails_when_what_it_guards_is_broken(tiny):
    bank, loop = up_to_commit(tiny)
    rules = named_sql("conservation/rules")
    survived = []
    loop.roll_back()
    before = bank.state()
    for rule, damage in DAMAGE.items():
        loop = bank.open(T)
        for name, stage in loop.stages:
            if name == "commit":
                break
            loop.summary |= stage()
        bank.place.warehouse.execute(damage)
        with pytest.raises(CheckFailed) as failure:
            loop.commit()
        loop.roll_back()
        if f"{rule}: " not in str(failure.value):
            survived.append((rule, str(failure.value)))
    assert rules.count("UNION ALL") >= len(DAMAGE) - 1
    assert survived == []
    after = {name: digest for name, digest in bank.state().items() if not name.startswith("staging.")}
    assert after == {name: digest for name, digest in before.items() if not name.startswith("staging.")}


def test_a_run_that_breaks_a_rule_sends_nothing_and_the_next_one_goes_through(tiny, monkeypatch):
    bank = tiny(journeys=journeys())
    bank.customers(1, 2)
    bank.run(T)
    before = bank.state()
    bank.events([("ordered", 1, T + HOUR), ("ordered", 2, T + HOUR)])
    loop = bank.open(T + 2 * HOUR)
    decide = loop.decide

    def broken():
        result = decide()
        bank.place.warehouse.execute("UPDATE tonglu.entry SET assignment = 'holdout'")
        return result

    monkeypatch.setattr(loop, "decide", broken)
    with pytest.raises(CheckFailed, match="controls are never touched: 2"):
        loop.play()
    changed = {name for name, digest in bank.state().items() if before[name] != digest}
    assert {name for name in changed if not name.startswith("staging.")} <= {"tonglu.staged_file"}
    assert bank.deliver(T + 3 * HOUR) == {}
    summary = bank.run(T + 2 * HOUR)
    assert (summary["run_no"], summary["sent"]) == (2, 2)
    assert bank.deliver(T + 3 * HOUR) == {"accepted": 1}
    assert [row["customer_id"] for row in sorted(bank.handed_over(), key=lambda row: row["customer_id"])] == ["1", "2"]
