"""risk: rules over six dimensions hold the touches of customers whom they hit, until the hold lapses or is cleared.

What each rule stopped or, in shadow, would have stopped is counted by run. While a list that a live rule stands on was never loaded,
touches of products that are about money wait too.
"""

from tonglu.gates.gate import Chain, Gate

HELD = """
    CREATE OR REPLACE TEMP TABLE risk_met AS
    SELECT p.proposal_no, r.rule_no, r.rule, r.holds, r.would_hold, h.until
    FROM proposal AS p JOIN risk_live AS h USING (customer_id) JOIN risk_rule_now AS r USING (rule_no)
    WHERE p.outcome IS NULL AND list_contains(r.purposes, p.purpose) AND NOT list_contains($skipping, p.purpose);
    INSERT INTO stopped SELECT proposal_no, 'risk_hold', arg_min(rule, rule_no), 'deferred' FROM risk_met WHERE holds GROUP BY proposal_no;
    INSERT INTO stopped
    SELECT p.proposal_no, 'no_risk_list', (SELECT min(source_table) FROM risk_missing), 'deferred'
    FROM proposal AS p JOIN product_now AS d USING (step_key)
    WHERE p.outcome IS NULL AND list_contains($products, d.kind) AND list_contains($purposes, p.purpose)
      AND NOT list_contains($skipping, p.purpose) AND EXISTS (SELECT 1 FROM risk_missing)
      AND p.proposal_no NOT IN (SELECT proposal_no FROM stopped);
    INSERT INTO tonglu.risk_seen
    SELECT $run_no, p.entry_id, p.step_key, p.ghost, m.rules, m.shadows, m.until
    FROM (
        SELECT proposal_no, coalesce(list(rule ORDER BY rule_no) FILTER (holds), []) AS rules,
            coalesce(list(rule ORDER BY rule_no) FILTER (NOT holds), []) AS shadows,
            CASE WHEN NOT coalesce(bool_or(until IS NULL) FILTER (holds), TRUE) THEN max(until) FILTER (holds) END AS until
        FROM risk_met GROUP BY proposal_no
    ) AS m JOIN proposal AS p USING (proposal_no) ORDER BY p.proposal_no;
    INSERT INTO tonglu.risk_count
    SELECT $run_no, r.rule, r.title_zh, r.title_en, r.dimension, r.action, r.mode, coalesce(l.customers, 0), coalesce(t.touches, 0),
        coalesce(t.stopped, 0), coalesce(t.would_stop, 0), coalesce(t.newly, 0)
    FROM risk_rule_now AS r
    LEFT JOIN (SELECT rule_no, count(*) AS customers FROM risk_live GROUP BY rule_no) AS l USING (rule_no)
    LEFT JOIN (
        SELECT m.rule_no, count(*) AS touches, count(*) FILTER (s.detail = m.rule) AS stopped,
            count(*) FILTER (m.would_hold AND NOT m.holds AND s.detail IS NULL) AS would_stop,
            count(*) FILTER (s.detail = m.rule AND NOT EXISTS (
                SELECT 1 FROM tonglu.decision AS d WHERE d.entry_id = p.entry_id AND d.step_key = p.step_key AND d.visit = p.visit
                  AND d.reason = 'risk_hold' AND d.detail = m.rule)) AS newly
        FROM risk_met AS m JOIN proposal AS p USING (proposal_no)
        LEFT JOIN stopped AS s ON s.proposal_no = m.proposal_no AND s.reason = 'risk_hold'
        WHERE NOT p.ghost
        GROUP BY m.rule_no
    ) AS t USING (rule_no)
    ORDER BY r.rule_no
"""


def apply(chain: Chain) -> None:
    """Put off the touches of customers under a hold."""
    without = chain.policy.risk.without_list
    chain.warehouse.execute(
        HELD, skipping=chain.skipping("risk"), products=list(without.products), purposes=list(without.purposes)
    )


GATE = Gate(
    "risk",
    50,
    "风险管控 Risk",
    {
        "risk_hold": "风险管控中，暂缓触达 under a risk hold",
        "no_risk_list": "风险名单未加载 a list of risks was never loaded",
    },
    True,
    apply,
)
