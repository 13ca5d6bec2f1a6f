"""Suitability: each kind of rule stops for its own reason, missing data never passes, and a person may do what a robot may not."""

import json
from datetime import date, timedelta

import pytest

from tonglu.core.errors import CheckFailed, InputError, Severity
from tonglu.testing import at

DAY = timedelta(days=1)
T = at("2026-03-02 10:00")
ATTRIBUTES = {
    "rating": "text",
    "rated_on": "date",
    "age": "integer",
    "vulnerable": "boolean",
    "arrears": "boolean",
    "collections": "boolean",
    "student": "boolean",
}
READS = {name: name for name in ATTRIBUTES}
GOOD = {
    "rating": "C3",
    "rated_on": date(2026, 1, 1),
    "age": 40,
    "vulnerable": False,
    "arrears": False,
    "collections": False,
    "student": False,
}
SOURCE = {"regulation": "a regulation", "evidence": "D"}
WEALTH = {"kind": "wealth", "risk": "R3"}
CREDIT = {"kind": "credit", "ages": [20, 60]}
MATCH = {"rule": "match", "tests": "rating"}
ARREARS = {"rule": "behind", "tests": "arrears"}


def journey(*via, message="offer", purpose="marketing"):
    steps = [
        {"hi": {"touch": message, "via": list(via or ("app_push",)), "otherwise": "missed"}},
        {"rest": {"wait": "30 days"}},
        {"missed": {"wait": "1 hour"}},
    ]
    return {"enter": {"event": "ordered", "fresh": "30 days", "again": "always"}, "purpose": purpose, "steps": steps}


def message(product):
    text = {channel: {"body": "年化利率以公示为准"} for channel in ("app_push", "rm_task")}
    return {"text": text} if product is None else {"text": text, "product": product}


def offering(tiny, product, *rules, via=("app_push",), **parts):
    written = {"reads": READS, "with_a_person": ["rm_task"], **parts.pop("suitability", {})}
    policy = {
        "per_run": 100,
        "suitability": {**written, "rules": [{**SOURCE, **rule} for rule in rules]},
        **parts.pop("policy", {}),
    }
    return tiny(
        journeys={"offer": journey(*via, **parts)},
        attributes=ATTRIBUTES,
        policy=policy,
        channels=("app_push", "rm_task"),
        messages={"offer": message(product)},
        events={"complained": {}},
    )


def customers(bank, *changes):
    """Customers 1, 2, ... who are fine but for the changes; each asks for the offer."""
    rows = [{"customer_id": number, **GOOD, **change} for number, change in enumerate(changes, 1)]
    bank.customers(*rows)
    bank.events([("ordered", row["customer_id"], T) for row in rows])


def reasons(bank, run_no=1):
    """(reason, detail) by customer, in their order."""
    rows = bank.rows("SELECT reason, detail FROM tonglu.decision WHERE run_no = $n ORDER BY customer_id", n=run_no)
    return [tuple(row) for row in rows]


PASSED = ("passed", None)


def test_a_product_must_not_be_riskier_than_the_rating_allows_and_nothing_is_offered_without_a_rating(tiny):
    bank = offering(tiny, WEALTH, MATCH)
    customers(bank, {"rating": "C2"}, {"rating": "C3"}, {"rating": "C5"}, {"rating": None}, {"rating": "gold"})
    bank.run(T)
    too_low, missing = ("rating_too_low", "match"), ("rating_missing", "match")
    assert reasons(bank) == [too_low, PASSED, PASSED, missing, missing]
    assert {step for _, _, step, _ in bank.resting()} == {"rest", "missed"}


def test_the_higher_of_the_banks_and_the_issuers_risk_counts(tiny):
    bank = offering(tiny, {"kind": "fund", "risk": "R1", "issuer_risk": "R4"}, MATCH)
    customers(bank, {"rating": "C3"}, {"rating": "C4"})
    bank.run(T)
    assert reasons(bank) == [("rating_too_low", "match"), PASSED]


def test_the_levels_of_the_bank_are_data(tiny):
    bank = offering(tiny, WEALTH, MATCH, suitability={"ratings": {"careful": "R2", "bold": "R5"}})
    customers(bank, {"rating": "careful"}, {"rating": "bold"}, {"rating": "C5"})
    bank.run(T)
    assert reasons(bank) == [("rating_too_low", "match"), PASSED, ("rating_missing", "match")]


def test_an_assessment_holds_for_so_many_days_counted_on_the_banks_day(tiny):
    bank = offering(tiny, WEALTH, MATCH, {"rule": "fresh", "tests": "assessment", "valid_days": 30})
    day = date(2026, 3, 2)
    dated = [day - timedelta(days=29), day - timedelta(days=30), day, day + DAY, None]
    customers(bank, *({"rated_on": one} for one in dated))
    bank.run(T)
    old = ("rating_expired", "fresh")
    assert reasons(bank) == [PASSED, old, PASSED, old, ("rating_missing", "fresh")]


def test_ages_are_those_of_the_rule_and_of_the_product_itself(tiny):
    bank = offering(
        tiny, CREDIT, ARREARS, {"rule": "adult", "tests": "age", "at_least": 18}, {"rule": "own", "tests": "product_ages"}
    )
    customers(bank, *({"age": age} for age in (17, 18, 20, 60, 61, None)))
    bank.run(T)
    expected = [("too_young", "adult"), ("too_young", "own"), PASSED, PASSED, ("too_old", "own"), ("age_missing", "adult")]
    assert reasons(bank) == expected


def test_from_an_age_on_a_robot_offers_low_risk_only_and_a_person_offers_all(tiny):
    senior = {"rule": "senior", "tests": "age_risk", "from_age": 65, "at_most": "R2"}
    for product, risk in ((WEALTH, "too_risky_for_age"), ({"kind": "wealth", "risk": "R2"}, "passed")):
        bank = offering(tiny, product, MATCH, senior)
        customers(bank, {"age": 64}, {"age": 65})
        bank.run(T)
        assert [reason for reason, _ in reasons(bank)] == ["passed", risk]
    bank = offering(tiny, WEALTH, MATCH, senior, via=("app_push", "rm_task"))
    customers(bank, {"age": 64}, {"age": 65})
    bank.run(T)
    chosen = bank.rows("SELECT customer_id, reason, channel FROM tonglu.decision ORDER BY 1")
    assert chosen == [(1, "passed", "app_push"), (2, "passed", "rm_task")]
    assert bank.rows("SELECT broken, barred FROM tonglu.suitability ORDER BY age") == [([], []), ([], ["app_push"])]


def test_who_needs_a_second_confirmation_is_not_reached_by_a_robot_even_where_the_person_has_no_consent(tiny):
    second = {"rule": "twice", "tests": "second_confirmation", "from_age": 60}
    bank = offering(tiny, WEALTH, MATCH, second)
    customers(bank, {"age": 59}, {"age": 60}, {"age": None})
    bank.run(T)
    assert reasons(bank) == [PASSED, ("needs_second_confirmation", "twice"), ("age_missing", "twice")]
    bank = offering(tiny, WEALTH, MATCH, second, via=("app_push", "rm_task"))
    customers(bank, {"age": 60})
    bank.consent(1, "rm_task", granted=False, when=T - DAY)
    bank.run(T)
    assert reasons(bank) == [("no_consent", None)]


def test_marks_of_the_customer_stop_and_a_missing_mark_stops_what_is_strict(tiny):
    rules = [ARREARS, {"rule": "collected", "tests": "collections"}, {"rule": "school", "tests": "student"}]
    bank = offering(tiny, CREDIT, {"rule": "care", "tests": "vulnerable"}, *rules)
    marks = [{"vulnerable": True}, {"arrears": True}, {"collections": True}, {"student": True}, {"student": None}, {}]
    customers(bank, *marks)
    bank.run(T)
    expected = [("vulnerable", "care"), ("in_arrears", "behind"), ("in_collections", "collected"), ("student", "school")]
    assert reasons(bank) == [*expected, ("flag_missing", "school"), PASSED]


def test_a_deposit_is_stopped_by_what_is_known_and_not_by_what_is_missing(tiny):
    rules = [{"rule": "care", "tests": "vulnerable"}, {"rule": "own", "tests": "product_ages"}]
    bank = offering(tiny, {"kind": "deposit", "ages": [18, 120]}, *rules)
    customers(bank, {"vulnerable": None, "age": None}, {"vulnerable": True}, {"age": 12})
    bank.customers({"customer_id": 4})
    bank.event("ordered", 4, T)
    bank.run(T)
    assert reasons(bank) == [PASSED, ("vulnerable", "care"), ("too_young", "own"), PASSED]


def test_a_customer_without_any_facts_is_offered_no_strict_product(tiny):
    bank = offering(tiny, WEALTH, MATCH)
    bank.customers({"customer_id": 1})
    bank.event("ordered", 1, T)
    bank.run(T)
    assert reasons(bank) == [("rating_missing", "match")]


def test_after_a_complaint_and_after_a_refusal_nothing_is_offered_for_a_time(tiny):
    cool = {"rule": "cool", "tests": "cooling_off", "events": ["touch.refused", "complained"], "within": "30 days"}
    bank = offering(tiny, {"kind": "deposit"}, cool)
    customers(bank, {}, {}, {})
    bank.event("complained", 2, T - 30 * DAY)
    bank.event("complained", 3, T - 30 * DAY + timedelta(seconds=1))
    bank.run(T)
    assert reasons(bank) == [PASSED, PASSED, ("cooling_off", "cool")]
    [(key,)] = bank.rows("SELECT touch_key FROM tonglu.touch WHERE customer_id = 1")
    bank.receipt(key, "refused", T + 2 * DAY)
    bank.run(T + 31 * DAY)  # the first trips end
    again = T + 31.5 * DAY
    bank.events([("ordered", 1, again), ("ordered", 2, again)])
    bank.run(again)
    assert reasons(bank, 3) == [("cooling_off", "cool"), PASSED]


def test_members_of_a_segment_can_be_left_to_cool_off(tiny):
    policy = {
        "per_run": 9,
        "suitability": {"rules": [{**SOURCE, "rule": "open", "tests": "cooling_off", "segments": ["complaining"]}]},
    }
    segments = {"complaining": "SELECT c.customer_id FROM customers AS c WHERE c.age > 50"}
    bank = tiny(
        journeys={"offer": journey()},
        segments=segments,
        attributes={"age": "integer"},
        policy=policy,
        messages={"offer": message({"kind": "deposit"})},
        channels=("app_push", "rm_task"),
    )
    bank.customers({"customer_id": 1, "age": 50}, {"customer_id": 2, "age": 51})
    bank.events([("ordered", 1, T), ("ordered", 2, T)])
    bank.run(T)
    assert reasons(bank) == [PASSED, ("cooling_off", "open")]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ({"from": "2026-03-02"}, "rating_too_low"),
        ({"until": "2026-03-02"}, "rating_too_low"),
        ({"from": "2026-03-03"}, "no_rule"),
        ({"until": "2026-03-01"}, "no_rule"),
    ],
)
def test_a_rule_is_in_force_from_its_first_to_its_last_day_and_without_one_nothing_strict_is_offered(tiny, days, expected):
    bank = offering(tiny, WEALTH, {**MATCH, **days})
    customers(bank, {"rating": "C1"})
    bank.run(at("2026-03-02 00:00"))
    assert bank.rows("SELECT count(*) FROM tonglu.decision") == [(0,)]
    bank.run(at("2026-03-02 23:59"))
    assert [reason for reason, _ in reasons(bank, 2)] == [expected]


def test_the_first_written_rule_that_is_broken_is_the_reason_and_all_are_kept(tiny):
    bank = offering(tiny, WEALTH, {"rule": "care", "tests": "vulnerable"}, MATCH)
    customers(bank, {"vulnerable": True, "rating": "C1"})
    bank.run(T)
    assert reasons(bank) == [("vulnerable", "care")]
    assert bank.rows("SELECT kind, risk, rating, age, broken FROM tonglu.suitability") == [
        ("wealth", 3, "C1", 40, ["care", "match"])
    ]


def test_a_purpose_that_skips_the_gate_is_not_judged_where_the_product_is_not_strict(tiny):
    policy = {"purposes": {"service": {"skips": ["suitable"]}}}
    bank = offering(tiny, {"kind": "deposit"}, {"rule": "care", "tests": "vulnerable"}, purpose="service", policy=policy)
    customers(bank, {"vulnerable": True})
    bank.run(T)
    assert reasons(bank) == [PASSED]


def test_a_trip_keeps_the_product_that_its_version_pinned(tiny):
    bank = offering(tiny, {"kind": "wealth", "risk": "R5"}, MATCH)
    bank.edit(journeys={"offer": {**journey(), "steps": [{"first": {"wait": "1 day"}}, *journey()["steps"]]}})
    customers(bank, {}, {})
    bank.run(T)
    bank.edit(messages={"offer": message({"kind": "wealth", "risk": "R1"})})
    bank.run(T + DAY)
    assert reasons(bank, 2) == [("rating_too_low", "match")] * 2


def test_controls_are_judged_too_and_nothing_is_sent_to_them(tiny):
    bank = tiny(
        journeys={"offer": {**journey(), "holdout": "99%", "goal": {"event": "bought", "within": "7 days"}}},
        attributes=ATTRIBUTES,
        policy={"per_run": 9, "suitability": {"reads": READS, "rules": [{**SOURCE, **MATCH}]}},
        messages={"offer": message(WEALTH)},
        channels=("app_push", "rm_task"),
    )
    customers(bank, *({"rating": "C1" if number % 2 else "C5"} for number in range(40)))
    bank.run(T)
    ghosts = dict(bank.rows("SELECT coalesce(reason, 'passed'), count(*) FROM tonglu.ghost GROUP BY 1"))
    assert set(ghosts) == {"rating_too_low", "passed"}
    assert bank.rows("SELECT count(*) FROM tonglu.suitability WHERE ghost") == [(sum(ghosts.values()),)]
    assert sum(ghosts.values()) + bank.rows("SELECT count(*) FROM tonglu.decision")[0][0] == 40


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE fitted SET rating = 'C1'",
        "UPDATE fitted SET rating = NULL",
        "UPDATE fitted SET age = 90",
        "DELETE FROM fitted",
        "DELETE FROM suitable_rule WHERE tests = 'rating'",
        "INSERT INTO cooled SELECT rule_no, 1 FROM suitable_rule WHERE tests = 'cooling_off'",
    ],
)
def test_a_run_that_would_send_what_does_not_suit_is_rolled_back(tiny, damage):
    cool = {"rule": "cool", "tests": "cooling_off", "events": ["complained"], "within": "30 days"}
    bank = offering(tiny, WEALTH, MATCH, {"rule": "senior", "tests": "age_risk", "from_age": 65, "at_most": "R2"}, cool)
    customers(bank, {})
    loop = bank.open(T)
    for name, stage in loop.stages:
        if name == "commit":
            break
        stage()
    bank.place.warehouse.execute(damage)
    with pytest.raises(CheckFailed, match="no product is offered that does not suit: 1"):
        loop.commit()
    loop.roll_back()


def codes(make):
    with pytest.raises(InputError) as refused:
        make().run(T)
    errors = [finding for finding in refused.value.findings if finding.severity is Severity.ERROR]
    return {finding.code for finding in errors}, [str(finding.place) for finding in errors]


def test_a_strict_product_without_its_rule_does_not_pass_the_check(tiny):
    for product, rule in ((WEALTH, ARREARS), (CREDIT, MATCH), (WEALTH, {**MATCH, "enabled": False})):
        found, [place] = codes(lambda product=product, rule=rule: offering(tiny, product, rule))
        assert found == {"TL624"}
        assert place.startswith("journeys/offer.yaml:")
    policy = {"purposes": {"service": {"skips": ["suitable"]}}}
    assert codes(lambda: offering(tiny, WEALTH, MATCH, purpose="service", policy=policy))[0] == {"TL624"}


def test_columns_that_are_missing_or_of_another_type_are_findings_at_their_place(tiny):
    found, [place] = codes(lambda: offering(tiny, WEALTH, MATCH, suitability={"reads": {"rating": "ratng"}}))
    assert (found, place.split(":")[0]) == ({"TL822"}, "journeys/policy.yaml")
    assert codes(lambda: offering(tiny, WEALTH, MATCH, suitability={"reads": {"rating": "age"}}))[0] == {"TL823"}
    assert codes(lambda: offering(tiny, WEALTH, MATCH, suitability={"reads": {}}))[0] == {"TL822"}


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"rule": "cool", "tests": "cooling_off"}, "TL824"),
        ({"rule": "cool", "tests": "cooling_off", "events": ["complained"]}, "TL824"),
        ({"rule": "cool", "tests": "cooling_off", "events": ["complainde"], "within": "1 day"}, "TL202"),
        ({"rule": "cool", "tests": "cooling_off", "segments": ["nobody"]}, "TL201"),
        ({**MATCH, "from": "2026-02-01", "until": "2026-01-01"}, "TL824"),
        ({**MATCH, "evidence": "rumour"}, "TL123"),
        ({"rule": "what", "tests": "weather"}, "TL123"),
        ({**MATCH, "rule": "match"}, "TL801"),
    ],
)
def test_a_rule_that_makes_no_sense_is_a_finding(tiny, rule, code):
    first = MATCH if code == "TL801" else {**MATCH, "rule": "first"}
    assert code in codes(lambda: offering(tiny, WEALTH, first, rule))[0]


def test_what_a_message_says_of_its_product_is_pinned_and_checked(tiny):
    bank = offering(tiny, {"kind": "fund", "risk": "R2", "agency": True, "listed": True}, MATCH)
    customers(bank, {})
    bank.run(T)
    [(pinned,)] = bank.rows("SELECT definition FROM tonglu.version")
    assert json.loads(json.loads(pinned)["messages"]["offer"])["product"]["risk"] == "R2"
    assert codes(lambda: offering(tiny, {"kind": "fund", "risk": "R2", "agency": True}, MATCH))[0] >= {"TL621"}
