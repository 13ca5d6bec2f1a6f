"""arbitration: at most `per_run` touches per customer and run; the best ranked win, the others name the winner."""

from tonglu.gates.gate import Chain, Gate

OUTRANKED = """
    INSERT INTO stopped
    SELECT proposal_no, 'outranked', winner, CASE WHEN competes THEN 'deferred' ELSE 'dropped' END
    FROM (
        SELECT proposal_no, competes,
            row_number() OVER ranking AS place, first_value(journey || '.' || step) OVER ranking AS winner
        FROM proposal
        WHERE outcome IS NULL AND NOT ghost AND NOT list_contains($skipping, purpose)
        WINDOW ranking AS (PARTITION BY customer_id ORDER BY priority, score DESC, tie, proposal_no)
    )
    WHERE place > $per_run
"""


def apply(chain: Chain) -> None:
    """Let each customer's best ranked proposals win."""
    chain.warehouse.execute(OUTRANKED, per_run=chain.policy.per_run, skipping=chain.skipping("arbitration"))


GATE = Gate(
    "arbitration",
    90,
    "统一仲裁 Arbitration",
    {"outranked": "同批有更优先的触达 a better ranked touch of this customer won"},
    False,
    apply,
)
