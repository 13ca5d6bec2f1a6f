"""journey live: what was killed proposes nothing more. A paused journey makes no proposals at all, its entries rest; the proposals
of a paused product or branch wait, as those of a paused channel do.
"""

from tonglu.gates.gate import Chain, Gate

KILLED = """
    INSERT INTO stopped
    SELECT p.proposal_no, 'killed', p.journey, 'dropped'
    FROM proposal AS p JOIN journey_now AS j USING (journey)
    WHERE p.outcome IS NULL AND j.killed
"""
SCOPES = "SELECT DISTINCT scope FROM stopped_now WHERE scope IN ('product', 'branch')"
HAS_BRANCH = (
    "SELECT 1 FROM duckdb_columns() WHERE schema_name = 'tonglu' AND table_name = 'profile' AND column_name = 'branch_id'"
)
OF_PRODUCT = """
    INSERT INTO stopped
    SELECT p.proposal_no, CASE s.position WHEN 'kill' THEN 'product_killed' ELSE 'product_paused' END, s.name,
        CASE s.position WHEN 'kill' THEN 'dropped' ELSE 'deferred' END
    FROM proposal AS p JOIN worth AS w USING (step_key) JOIN stopped_now AS s ON s.scope = 'product' AND s.name = w.topic
    WHERE p.outcome IS NULL
"""
OF_BRANCH = """
    INSERT INTO stopped
    SELECT p.proposal_no, CASE s.position WHEN 'kill' THEN 'branch_killed' ELSE 'branch_paused' END, s.name,
        CASE s.position WHEN 'kill' THEN 'dropped' ELSE 'deferred' END
    FROM proposal AS p JOIN tonglu.profile AS profile USING (customer_id)
    JOIN stopped_now AS s ON s.scope = 'branch' AND s.name = CAST(profile.branch_id AS VARCHAR)
    WHERE p.outcome IS NULL
"""
# A kill goes before a pause; then the journey's before the product's before the branch's.
ONE_EACH = """
    CREATE OR REPLACE TEMP TABLE reached AS
    SELECT * FROM stopped
    QUALIFY row_number() OVER (PARTITION BY proposal_no ORDER BY outcome = 'deferred',
        CASE reason WHEN 'killed' THEN 0 WHEN 'product_killed' THEN 1 WHEN 'product_paused' THEN 1 ELSE 2 END) = 1;
    DELETE FROM stopped;
    INSERT INTO stopped FROM reached
"""


def apply(chain: Chain) -> None:
    """Stop the proposals of what was killed, and hold those of a paused product or branch."""
    warehouse = chain.warehouse
    warehouse.execute(KILLED)
    scopes = {scope for (scope,) in warehouse.fetch(SCOPES)}
    if "product" in scopes:
        warehouse.execute(OF_PRODUCT)
    if "branch" in scopes and warehouse.fetch(HAS_BRANCH):
        warehouse.execute(OF_BRANCH)
    if scopes:
        warehouse.execute(ONE_EACH)


GATE = Gate(
    "journey_live",
    10,
    "旅程在线 Journey live",
    {
        "killed": "旅程已终止 the journey was killed",
        "product_killed": "产品已终止 the product was killed",
        "product_paused": "产品已暂停 the product is paused",
        "branch_killed": "网点已终止 the branch was killed",
        "branch_paused": "网点已暂停 the branch is paused",
    },
    True,
    apply,
)
