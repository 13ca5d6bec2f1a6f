"""suitable: whether the product of a touch suits its customer, by the typed rules that are in force on the bank's day.

What is known of the customer is taken from the profile's columns that the policy names; what is missing never lets a product of a
strict kind pass. Touches without a product are not judged. A rule that asks for a person bars the other channels; it stops the touch
only where none is left.
"""

from datetime import date

from sqlglot import exp

from tonglu.core.clock import day_of
from tonglu.core.durations import microseconds
from tonglu.core.sql import Slot, fill, table
from tonglu.gates.gate import Chain, Gate
from tonglu.language.message import STRICT, risk_number
from tonglu.language.policy import Policy
from tonglu.language.suitability import READ_AS, CoolingOffRule, Rule, needed_for

BEGIN = """
    CREATE OR REPLACE TEMP TABLE product_now (step_key INTEGER, kind VARCHAR, risk INTEGER, low INTEGER, high INTEGER,
        strict BOOLEAN, needed VARCHAR);
    CREATE OR REPLACE TEMP TABLE suitable_rule (rule_no INTEGER, rule VARCHAR, tests VARCHAR, products VARCHAR[], at_least INTEGER,
        at_most INTEGER, from_age INTEGER, most_risk INTEGER, valid_days INTEGER);
    CREATE OR REPLACE TEMP TABLE rating_allows (rating VARCHAR, most_risk INTEGER);
    CREATE OR REPLACE TEMP TABLE with_a_person (channel VARCHAR);
    CREATE OR REPLACE TEMP TABLE cooled (rule_no INTEGER, customer_id BIGINT);
    CREATE OR REPLACE TEMP TABLE barred (proposal_no BIGINT, channel VARCHAR);
    CREATE OR REPLACE TEMP TABLE fitted (proposal_no BIGINT, customer_id BIGINT, step_key INTEGER, kind VARCHAR, risk INTEGER, low INTEGER,
        high INTEGER, strict BOOLEAN, needed VARCHAR, rating VARCHAR, rated_on DATE, age INTEGER, vulnerable BOOLEAN, arrears BOOLEAN,
        collections BOOLEAN, student BOOLEAN);
    CREATE OR REPLACE TEMP VIEW needs_person AS
    SELECT f.proposal_no, f.step_key, f.age, r.rule_no, r.rule, r.tests
    FROM fitted AS f JOIN suitable_rule AS r ON r.tests IN ('age_risk', 'second_confirmation') AND list_contains(r.products, f.kind)
    WHERE CASE WHEN f.age IS NULL THEN f.strict ELSE f.age >= r.from_age AND (r.tests = 'second_confirmation' OR f.risk > r.most_risk) END;
    CREATE OR REPLACE TEMP VIEW unsuitable AS
    SELECT f.proposal_no, 0 AS rule_no, NULL::VARCHAR AS rule, 'no_rule' AS reason
    FROM fitted AS f
    WHERE f.strict AND NOT EXISTS (SELECT 1 FROM suitable_rule AS r WHERE r.tests = f.needed AND list_contains(r.products, f.kind))
    UNION ALL
    SELECT f.proposal_no, r.rule_no, r.rule, CASE WHEN a.rating IS NULL THEN 'rating_missing' ELSE 'rating_too_low' END
    FROM fitted AS f JOIN suitable_rule AS r ON r.tests = 'rating' AND list_contains(r.products, f.kind)
    LEFT JOIN rating_allows AS a ON a.rating = f.rating
    WHERE CASE WHEN a.rating IS NULL THEN f.strict AND f.risk > 0 ELSE f.risk > a.most_risk END
    UNION ALL
    SELECT f.proposal_no, r.rule_no, r.rule, CASE WHEN f.rated_on IS NULL THEN 'rating_missing' ELSE 'rating_expired' END
    FROM fitted AS f JOIN suitable_rule AS r ON r.tests = 'assessment' AND list_contains(r.products, f.kind)
    WHERE CASE WHEN f.rated_on IS NULL THEN f.strict ELSE f.rated_on > as_of_date() OR f.rated_on <= as_of_date() - r.valid_days END
    UNION ALL
    SELECT proposal_no, rule_no, rule,
        CASE WHEN age IS NULL THEN 'age_missing' WHEN age < youngest THEN 'too_young' ELSE 'too_old' END
    FROM (
        SELECT f.*, r.rule_no, r.rule, CASE r.tests WHEN 'age' THEN r.at_least ELSE f.low END AS youngest,
            CASE r.tests WHEN 'age' THEN r.at_most ELSE f.high END AS oldest
        FROM fitted AS f JOIN suitable_rule AS r ON r.tests IN ('age', 'product_ages') AND list_contains(r.products, f.kind)
        WHERE r.tests = 'age' OR f.low IS NOT NULL
    )
    WHERE CASE WHEN age IS NULL THEN strict ELSE age < youngest OR age > oldest END
    UNION ALL
    SELECT n.proposal_no, n.rule_no, n.rule, CASE WHEN n.age IS NULL THEN 'age_missing' WHEN n.tests = 'age_risk' THEN 'too_risky_for_age'
        ELSE 'needs_second_confirmation' END
    FROM needs_person AS n
    WHERE n.age IS NULL OR NOT EXISTS (
        SELECT 1 FROM tonglu.via AS v SEMI JOIN with_a_person AS w ON w.channel = v.channel WHERE v.step_key = n.step_key)
    UNION ALL
    SELECT proposal_no, rule_no, rule, CASE WHEN marked IS NULL THEN 'flag_missing' WHEN tests = 'arrears' THEN 'in_arrears'
        WHEN tests = 'collections' THEN 'in_collections' ELSE tests END
    FROM (
        SELECT f.proposal_no, f.strict, r.rule_no, r.rule, r.tests, CASE r.tests WHEN 'vulnerable' THEN f.vulnerable
            WHEN 'arrears' THEN f.arrears WHEN 'collections' THEN f.collections ELSE f.student END AS marked
        FROM fitted AS f JOIN suitable_rule AS r
            ON r.tests IN ('vulnerable', 'arrears', 'collections', 'student') AND list_contains(r.products, f.kind)
    )
    WHERE coalesce(marked, strict)
    UNION ALL
    SELECT f.proposal_no, r.rule_no, r.rule, 'cooling_off'
    FROM fitted AS f JOIN suitable_rule AS r ON r.tests = 'cooling_off' AND list_contains(r.products, f.kind)
    SEMI JOIN cooled AS c ON c.rule_no = r.rule_no AND c.customer_id = f.customer_id
"""
PRODUCT = "INSERT INTO product_now VALUES ($step_key, $kind, $risk, $low, $high, $strict, $needed)"
RULE = "INSERT INTO suitable_rule VALUES ($rule_no, $rule, $tests, $products, $at_least, $at_most, $from_age, $most_risk, $valid_days)"
RATING = "INSERT INTO rating_allows VALUES ($rating, $most_risk)"
PERSON = "INSERT INTO with_a_person VALUES ($channel)"
FACTS = """
    INSERT INTO fitted
    SELECT p.proposal_no, p.customer_id, p.step_key, d.kind, d.risk, d.low, d.high, d.strict, d.needed, CAST(slot('rating') AS VARCHAR),
        CAST(slot('rated_on') AS DATE), CAST(slot('age') AS INTEGER), CAST(slot('vulnerable') AS BOOLEAN), CAST(slot('arrears') AS BOOLEAN),
        CAST(slot('collections') AS BOOLEAN), CAST(slot('student') AS BOOLEAN)
    FROM proposal AS p JOIN product_now AS d USING (step_key) LEFT JOIN tonglu.profile AS profile ON profile.customer_id = p.customer_id
    WHERE p.outcome IS NULL AND NOT list_contains($skipping, p.purpose)
"""
AFTER_EVENTS = """
    INSERT INTO cooled
    SELECT DISTINCT $rule_no, e.customer_id FROM source.events AS e SEMI JOIN fitted AS f ON f.customer_id = e.customer_id
    WHERE list_contains($events, e.name) AND e.occurred_at > $as_of - to_microseconds($within_us) AND e.occurred_at <= $as_of
"""
IN_SEGMENT = """
    INSERT INTO cooled SELECT DISTINCT slot('rule_no'), f.customer_id FROM fitted AS f SEMI JOIN slot_members AS m ON m.customer_id = f.customer_id
"""
JUDGED = """
    INSERT INTO barred
    SELECT DISTINCT n.proposal_no, v.channel FROM needs_person AS n JOIN tonglu.via AS v ON v.step_key = n.step_key
    ANTI JOIN with_a_person AS w ON w.channel = v.channel;
    CREATE OR REPLACE TEMP TABLE unsuited AS SELECT * FROM unsuitable;
    INSERT INTO stopped
    SELECT proposal_no, reason, rule, 'dropped' FROM unsuited QUALIFY row_number() OVER (PARTITION BY proposal_no ORDER BY rule_no) = 1;
    INSERT INTO tonglu.suitability
    SELECT $run_no, p.entry_id, p.step_key, p.ghost, f.kind, f.risk, f.low, f.high, f.rating, f.rated_on, f.age, f.vulnerable, f.arrears,
        f.collections, f.student, coalesce(u.broken, []), coalesce(b.barred, [])
    FROM fitted AS f JOIN proposal AS p USING (proposal_no)
    LEFT JOIN (SELECT proposal_no, list(rule ORDER BY rule_no) AS broken FROM unsuited WHERE rule IS NOT NULL GROUP BY proposal_no) AS u
        ON u.proposal_no = f.proposal_no
    LEFT JOIN (SELECT proposal_no, list(channel ORDER BY channel) AS barred FROM barred GROUP BY proposal_no) AS b
        ON b.proposal_no = f.proposal_no
    ORDER BY f.proposal_no
"""


def apply(chain: Chain) -> None:
    """Judge every touch that is about a product."""
    warehouse = chain.warehouse
    warehouse.execute(BEGIN)
    if not chain.products:
        return
    for step_key, product in chain.products.items():
        warehouse.execute(
            PRODUCT,
            step_key=step_key,
            kind=product.kind,
            risk=product.level,
            low=product.ages[0] if product.ages else None,
            high=product.ages[1] if product.ages else None,
            strict=product.kind in STRICT,
            needed=needed_for(product.kind),
        )
    reads = {known_as: _column(chain.policy, known_as) for known_as in READ_AS}
    warehouse.execute(fill(FACTS, **reads), skipping=chain.skipping("suitable"))
    _write_rules(chain, day_of(chain.as_of, chain.zone))
    warehouse.execute(JUDGED)


def _column(policy: Policy, known_as: str) -> Slot:
    named = policy.suitability.reads.column(known_as)
    return exp.null() if named is None else exp.column(named, table="profile", quoted=True)


def _write_rules(chain: Chain, day: date) -> None:
    written, warehouse = chain.policy.suitability, chain.warehouse
    for rating, most in written.ratings.items():
        warehouse.execute(RATING, rating=rating, most_risk=risk_number(most))
    for channel in written.with_a_person:
        warehouse.execute(PERSON, channel=channel)
    for number, rule in enumerate(written.rules, 1):
        if not rule.in_force(day):
            continue
        _write_rule(chain, number, rule)
        if isinstance(rule, CoolingOffRule):
            if rule.within is not None:
                within = microseconds(rule.within)
                warehouse.execute(AFTER_EVENTS, rule_no=number, events=list(rule.events), as_of=chain.as_of, within_us=within)
            for name in rule.segments:
                warehouse.execute(fill(IN_SEGMENT, rule_no=number, members=table(name, "segment")))


def _write_rule(chain: Chain, number: int, rule: Rule) -> None:
    most = getattr(rule, "at_most", None)
    chain.warehouse.execute(
        RULE,
        rule_no=number,
        rule=rule.rule,
        tests=rule.tests,
        products=list(rule.covers),
        at_least=getattr(rule, "at_least", None),
        at_most=most if isinstance(most, int) else None,
        from_age=getattr(rule, "from_age", None),
        most_risk=None if most is None or isinstance(most, int) else risk_number(most),
        valid_days=getattr(rule, "valid_days", None),
    )


GATE = Gate(
    "suitable",
    30,
    "适当性 Suitable",
    {
        "rating_too_low": "客户风险评级低于产品风险 the product is riskier than the customer's rating allows",
        "rating_missing": "没有可用的风险测评 no usable risk assessment",
        "rating_expired": "风险测评已过期 the risk assessment is out of date",
        "too_young": "未到可推荐年龄 younger than allowed",
        "too_old": "超过可推荐年龄 older than allowed",
        "age_missing": "年龄未知 the age is not known",
        "too_risky_for_age": "该年龄只能由人工推荐此风险等级 at this age only a person offers this risk",
        "needs_second_confirmation": "须由人工双录或二次确认 a person has to confirm a second time",
        "vulnerable": "需要特别照顾的客户 a vulnerable customer",
        "in_arrears": "有逾期 behind with a payment",
        "in_collections": "催收中 a debt is being collected",
        "student": "在校学生 a student",
        "flag_missing": "客户状态未知 a mark of the customer is not known",
        "cooling_off": "拒绝或投诉后的冷静期 cooling off after a refusal or complaint",
        "no_rule": "该类产品没有适当性规则 no rule judges this kind of product",
    },
    True,
    apply,
)
