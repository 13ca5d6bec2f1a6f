"""Risk: a rule's hit holds touches until it lapses or is cleared; what each rule stopped is counted; shadow stops nothing."""

from datetime import timedelta

import pytest

from tonglu.app.alerts import Told
from tonglu.core.errors import InputError, Severity
from tonglu.testing import at

HOUR = timedelta(hours=1)
T = at("2026-03-02 10:00")
LOGINS = "SELECT e.customer_id, e.occurred_at AS since FROM events AS e WHERE e.name = 'far_login'"
DEPOSIT = {"text": {"sms": {"body": "一笔定期存款"}, "app_push": {"body": "一笔定期存款"}}, "product": {"kind": "deposit"}}


def touching(purpose="marketing", message="offer", valid_for="3 days"):
    steps = [{"hi": {"touch": message, "via": ["sms"], "valid_for": valid_for}}, {"rest": {"wait": "30 days"}}]
    return {"enter": {"event": "ordered", "fresh": "30 days"}, "purpose": purpose, "steps": steps}


def rule(name="far_login", select=LOGINS, **header):
    said = {
        "risk": name,
        "dimension": "location",
        "title": "异地 / Far",
        "owner": "risk",
        "action": "hold",
        "hours": "48",
        **header,
    }
    return "\n".join([*(f"-- {key}: {value}" for key, value in said.items() if value is not None), select, ""])


def guarded(tiny, *rules, journeys=None, **parts):
    parts = {"events": {"far_login": {}, "cleared": {}}, "attributes": {"age": "integer"}, **parts}
    bank = tiny(journeys=journeys or {"offer": touching()}, **parts)
    for text in rules:
        name = text.splitlines()[0].removeprefix("-- risk: ")
        path = bank.root / "segments/risk" / f"{name}.sql"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return bank


def decided(bank, run_no):
    rows = bank.rows("SELECT customer_id, outcome, reason, detail FROM tonglu.decision WHERE run_no = $n ORDER BY ALL", n=run_no)
    return [tuple(row) for row in rows]


def counted(bank, run_no):
    """(rule, customers, touches, stopped, would_stop) of a run."""
    statement = "SELECT rule, customers, touches, stopped, would_stop FROM tonglu.risk_count WHERE run_no = $n ORDER BY rule"
    return [tuple(row) for row in bank.rows(statement, n=run_no)]


def order(bank, *numbers, when=T):
    bank.customers(*({"customer_id": number, "age": 20 + number} for number in numbers))
    bank.events([("ordered", number, when) for number in numbers])


def test_a_hit_puts_the_touch_off_until_its_hours_have_passed(tiny):
    bank = guarded(tiny, rule())
    order(bank, 1, 2)
    bank.event("far_login", 1, T - HOUR)
    bank.run(T)
    assert decided(bank, 1) == [(1, "deferred", "risk_hold", "far_login"), (2, "sent", "passed", None)]
    assert bank.rows("SELECT rules, until FROM tonglu.risk_seen") == [(["far_login"], T + 47 * HOUR)]
    bank.run(T + 46 * HOUR)
    assert decided(bank, 2) == [(1, "deferred", "risk_hold", "far_login")]
    bank.run(T + 47 * HOUR)
    assert decided(bank, 3) == [(1, "sent", "passed", None)]
    assert [counted(bank, number) for number in (1, 2, 3)] == [
        [("far_login", 1, 1, 1, 0)],
        [("far_login", 1, 1, 1, 0)],
        [("far_login", 0, 0, 0, 0)],
    ]


def test_a_hold_until_cleared_lasts_as_long_as_the_rule_finds_the_customer(tiny):
    cleared = "AND e.customer_id NOT IN (SELECT c.customer_id FROM events AS c WHERE c.name = 'cleared')"
    bank = guarded(
        tiny, rule(select=f"SELECT e.customer_id FROM events AS e WHERE e.name = 'far_login' {cleared}", hours="until cleared")
    )
    order(bank, 1)
    bank.event("far_login", 1, T - 900 * HOUR)
    bank.run(T)
    bank.event("cleared", 1, T + HOUR)
    bank.run(T + HOUR)
    assert [decided(bank, number)[0][2] for number in (1, 2)] == ["risk_hold", "passed"]
    assert bank.rows("SELECT rules, until FROM tonglu.risk_seen") == [(["far_login"], None)]


def test_the_rules_own_end_counts_before_the_hours_and_a_hit_of_the_future_does_not_hold_yet(tiny):
    ends = "SELECT e.customer_id, e.occurred_at AS since, e.occurred_at + INTERVAL 2 HOUR AS until FROM events AS e WHERE e.name = 'far_login'"
    late = "SELECT e.customer_id, e.occurred_at + INTERVAL 1 DAY AS since FROM events AS e WHERE e.name = 'far_login'"
    bank = guarded(tiny, rule("short", ends), rule("late", late))
    order(bank, 1)
    bank.event("far_login", 1, T - HOUR)
    bank.run(T)
    bank.run(T + HOUR)
    assert [decided(bank, number)[0][2:] for number in (1, 2)] == [("risk_hold", "short"), ("passed", None)]


def test_a_rule_in_shadow_stops_nothing_and_what_it_would_have_stopped_is_counted(tiny):
    bank = guarded(
        tiny, rule("shadowed", mode="shadow"), rule("watched", action="pass"), rule("live", LOGINS + " AND e.customer_id = 2")
    )
    order(bank, 1, 2, 3)
    for number in (1, 2):
        bank.event("far_login", number, T - HOUR)
    bank.run(T)
    assert [(customer, reason) for customer, _, reason, _ in decided(bank, 1)] == [(1, "passed"), (2, "risk_hold"), (3, "passed")]
    assert counted(bank, 1) == [("live", 1, 1, 1, 0), ("shadowed", 2, 2, 0, 1), ("watched", 2, 2, 0, 0)]
    assert bank.rows("SELECT rules, shadows FROM tonglu.risk_seen ORDER BY entry_id") == [
        ([], ["shadowed", "watched"]),
        (["live"], ["shadowed", "watched"]),
    ]


def test_of_several_rules_the_first_by_dimension_then_name_is_the_reason(tiny):
    bank = guarded(tiny, rule("b_rule"), rule("a_rule"), rule("z_rule", dimension="account"))
    order(bank, 1)
    bank.event("far_login", 1, T - HOUR)
    bank.run(T)
    assert decided(bank, 1) == [(1, "deferred", "risk_hold", "z_rule")]
    assert [(name, stopped) for name, _, _, stopped, _ in counted(bank, 1)] == [("a_rule", 0), ("b_rule", 0), ("z_rule", 1)]


def test_only_touches_of_the_named_purposes_are_held_and_a_purpose_may_skip_the_gate(tiny):
    journeys = {purpose: touching(purpose) for purpose in ("marketing", "care", "service")}
    policy = {"per_run": 9, "purposes": {"care": {"skips": ["risk"]}}}
    bank = guarded(tiny, rule(purposes="marketing, care"), journeys=journeys, policy=policy)
    order(bank, 1)
    bank.event("far_login", 1, T - HOUR)
    bank.run(T)
    found = dict(bank.rows("SELECT journey, reason FROM tonglu.decision"))
    assert found == {"marketing": "risk_hold", "care": "passed", "service": "passed"}


def test_what_an_alerting_rule_newly_holds_is_told_once_and_counted_by_rule(tiny, monkeypatch):
    told = []
    monkeypatch.setattr("tonglu.app.held.alert_held", lambda *said: told.append(said[2:]) or (Told.SENT, ""))
    bank = guarded(tiny, rule(action="alert"), rule("quiet", dimension="operation"))
    order(bank, 1, 2, 3)
    for number in (1, 2):
        bank.event("far_login", number, T - HOUR)
    assert bank.run(T)["risk_alert"] == "sent"
    assert "risk_alert" not in bank.run(T + HOUR)
    assert told == [(1, T, [("far_login", "异地", 2)])]


def test_a_held_touch_is_dropped_when_it_is_no_longer_valid(tiny):
    bank = guarded(tiny, rule(), journeys={"offer": touching(valid_for="1 hour")})
    order(bank, 1)
    bank.event("far_login", 1, T - HOUR)
    bank.run(T)
    bank.run(T + 2 * HOUR)
    assert decided(bank, 2) == [(1, "dropped", "expired", None)]


def test_without_its_list_products_of_money_wait_and_other_touches_go(tiny):
    listed = rule("watch", "SELECT l.customer_id FROM lists AS l WHERE l.list = 'watch'", hours="until cleared", list="lists")
    journeys = {"offer": touching(), "news": touching(message="news"), "notice": touching("service", message="offer")}
    bank = guarded(tiny, listed, journeys=journeys, messages={"offer": DEPOSIT})
    order(bank, 1, 2)
    bank.run(T)
    found = set(bank.rows("SELECT journey, outcome, reason, detail FROM tonglu.decision"))
    assert found == {
        ("offer", "deferred", "no_risk_list", "lists"),
        ("news", "sent", "passed", None),
        ("notice", "sent", "passed", None),
    }
    bank.listed("watch", 2, when=T)
    bank.run(T + HOUR)
    assert decided(bank, 2) == [(1, "sent", "passed", None), (2, "deferred", "risk_hold", "watch")]


def test_what_waits_without_a_list_is_the_policys(tiny):
    listed = rule("watch", "SELECT l.customer_id FROM lists AS l WHERE l.list = 'watch'", hours="until cleared", list="lists")
    policy = {"per_run": 9, "risk": {"without_list": {"products": []}}}
    bank = guarded(tiny, listed, messages={"offer": DEPOSIT}, policy=policy)
    order(bank, 1)
    bank.run(T)
    assert decided(bank, 1) == [(1, "sent", "passed", None)]


def test_a_rule_may_read_the_profile_and_segments_and_is_built_again_when_they_change(tiny):
    select = "SELECT p.customer_id FROM profile AS p JOIN segment.old AS s ON s.customer_id = p.customer_id WHERE p.age < 30"
    segments = {"old": "SELECT c.customer_id FROM customers AS c WHERE c.age > 25"}
    bank = guarded(tiny, rule("odd", select, hours="until cleared"), segments=segments)
    bank.customers({"customer_id": 1, "age": 27}, {"customer_id": 2, "age": 40})
    bank.events([("ordered", 1, T), ("ordered", 2, T)])
    bank.run(T)
    bank.land("customers", [{"customer_id": 1, "age": 31}])
    bank.run(T + HOUR)
    assert decided(bank, 1) == [(1, "deferred", "risk_hold", "odd"), (2, "sent", "passed", None)]
    assert decided(bank, 2) == [(1, "sent", "passed", None)]


def test_a_rule_that_is_taken_away_leaves_nothing(tiny):
    bank = guarded(tiny, rule())
    order(bank, 1)
    bank.event("far_login", 1, T - HOUR)
    bank.run(T)
    bank.close()
    (bank.root / "segments/risk/far_login.sql").unlink()
    bank.run(T + HOUR)
    assert decided(bank, 2) == [(1, "sent", "passed", None)]
    assert bank.rows("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'risk'") == [(0,)]


def test_what_the_rules_say_is_part_of_the_definitions(tiny):
    bank = guarded(tiny, rule())
    first = bank.place.definitions.hash
    bank.close()
    (bank.root / "segments/risk/far_login.sql").write_text(rule(mode="shadow"), encoding="utf-8")
    assert bank.place.definitions.hash != first
    assert "segments/risk/far_login.sql" in bank.place.definitions.files


def codes(bank):
    with pytest.raises(InputError) as refused:
        bank.place  # noqa: B018 (opening reads the definitions)
    return {finding.code for finding in refused.value.findings if finding.severity is Severity.ERROR}


def test_no_segment_profile_or_rule_reads_what_a_risk_rule_found(tiny):
    nosy = "SELECT r.customer_id FROM risk.far_login AS r"
    assert "TL521" in codes(guarded(tiny, rule(), segments={"nosy": nosy}))
    assert "TL521" in codes(guarded(tiny, rule(), rule("nosy", nosy, hours="until cleared")))


@pytest.mark.parametrize(
    ("header", "select", "code"),
    [
        ({"dimension": "weather"}, LOGINS, "TL522"),
        ({"dimension": None}, LOGINS, "TL522"),
        ({"action": "block"}, LOGINS, "TL522"),
        ({"mode": "dark"}, LOGINS, "TL522"),
        ({"hours": "soon"}, LOGINS, "TL522"),
        ({"hours": None}, LOGINS, "TL522"),
        ({"hours": "0"}, LOGINS, "TL522"),
        ({"purposes": "sales"}, LOGINS, "TL522"),
        ({"owner": None}, LOGINS, "TL509"),
        ({"list": "customers"}, LOGINS, "TL523"),
        ({}, "SELECT e.customer_id FROM events AS e", "TL523"),
        ({}, "SELECT e.customer_id, CAST(e.occurred_at AS DATE) AS since FROM events AS e", "TL523"),
        ({}, "SELECT e.customer_id, e.occurred_at AS since, e.name FROM events AS e", "TL508"),
        ({}, "SELECT e.customer_id, now() AS since FROM events AS e", "TL505"),
        ({}, "SELECT c.customer_id, c.name AS since FROM contacts AS c", "TL507"),
        ({}, "DELETE FROM events", "TL502"),
    ],
)
def test_a_rule_that_cannot_be_used_is_a_finding(tiny, header, select, code):
    assert code in codes(guarded(tiny, rule(select=select, **header)))
