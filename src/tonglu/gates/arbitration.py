"""arbitration: at most `per_run` touches per customer and run, and exclusions between journeys; the best ranked win, and every
loser names its winner.

Without exclusions one statement ranks all. With them a customer's proposals are judged in rank order, one pass per place: the
k-th is excluded by a touch that was planned before the run, or by a better-ranked proposal that passed, of another journey of
the set and less than `within` apart on either side; what passes takes one of the `per_run` places.
"""

from tonglu.core.durations import microseconds
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
ONE_MEMBER = "INSERT INTO exclusion VALUES ($exclusion_no, $name, $journey, $topic, $within_us)"
CONTENDERS = """
    CREATE OR REPLACE TEMP TABLE contender AS
    SELECT p.proposal_no, p.entry_id, p.step_key, p.customer_id, p.journey, p.step, w.topic, p.not_before, p.competes,
        row_number() OVER (PARTITION BY p.customer_id ORDER BY p.priority, p.score DESC, p.tie, p.proposal_no) AS place
    FROM proposal AS p JOIN worth AS w USING (step_key)
    WHERE p.outcome IS NULL AND NOT p.ghost AND NOT list_contains($skipping, p.purpose);
    CREATE OR REPLACE TEMP TABLE taken AS
    SELECT t.customer_id, t.journey, t.step, t.topic, t.not_before
    FROM tonglu.reserved_touch AS t
    WHERE t.not_before > $as_of - to_microseconds((SELECT max(within_us) FROM exclusion))
      AND t.customer_id IN (SELECT customer_id FROM contender)
    UNION ALL
    SELECT p.customer_id, p.journey, p.step, w.topic, p.not_before
    FROM proposal AS p JOIN worth AS w USING (step_key) WHERE p.outcome IS NULL AND NOT p.ghost AND list_contains($skipping, p.purpose);
    CREATE OR REPLACE TEMP TABLE won (customer_id BIGINT, place BIGINT, journey VARCHAR, step VARCHAR)
"""
DEEPEST = "SELECT coalesce(max(place), 0) FROM contender"
ONE_PLACE = """
    CREATE OR REPLACE TEMP TABLE barred AS
    SELECT r.proposal_no, r.entry_id, r.step_key, r.competes, mine.exclusion_no, mine.name,
        max({'planned_at': t.not_before, 'journey': t.journey, 'step': t.step}) AS winner
    FROM contender AS r
    JOIN exclusion AS mine ON mine.journey = r.journey OR (mine.journey IS NULL AND r.topic IS NOT NULL AND mine.topic IN (r.topic, 'any'))
    JOIN taken AS t ON t.customer_id = r.customer_id AND t.journey <> r.journey
        AND t.not_before > r.not_before - to_microseconds(mine.within_us) AND t.not_before < r.not_before + to_microseconds(mine.within_us)
    JOIN exclusion AS theirs ON theirs.exclusion_no = mine.exclusion_no
        AND (theirs.journey = t.journey OR (theirs.journey IS NULL AND t.topic = r.topic))
    WHERE r.place = $place
    GROUP BY r.proposal_no, r.entry_id, r.step_key, r.competes, mine.exclusion_no, mine.name
    QUALIFY row_number() OVER (PARTITION BY r.proposal_no ORDER BY mine.exclusion_no) = 1;
    INSERT INTO stopped
    SELECT proposal_no, 'excluded', winner.journey || '.' || winner.step, CASE WHEN competes THEN 'deferred' ELSE 'dropped' END FROM barred;
    INSERT INTO tonglu.yielded
    SELECT $run_no, entry_id, step_key, name, winner.journey, winner.step, winner.planned_at FROM barred ORDER BY proposal_no;
    INSERT INTO stopped
    SELECT r.proposal_no, 'outranked', w.winner, CASE WHEN r.competes THEN 'deferred' ELSE 'dropped' END
    FROM contender AS r
    JOIN (SELECT customer_id, arg_min(journey || '.' || step, place) AS winner, count(*) AS places FROM won GROUP BY customer_id) AS w
        USING (customer_id)
    WHERE r.place = $place AND w.places >= $per_run AND r.proposal_no NOT IN (SELECT proposal_no FROM barred);
    INSERT INTO won
    SELECT customer_id, place, journey, step FROM contender WHERE place = $place AND proposal_no NOT IN (SELECT proposal_no FROM stopped);
    INSERT INTO taken
    SELECT customer_id, journey, step, topic, not_before FROM contender
    WHERE place = $place AND proposal_no NOT IN (SELECT proposal_no FROM stopped)
"""


def apply(chain: Chain) -> None:
    """Let each customer's best ranked proposals win, and keep journeys that exclude each other apart."""
    warehouse, per_run, skipping = chain.warehouse, chain.policy.per_run, chain.skipping("arbitration")
    if not chain.policy.exclusions:
        warehouse.execute(OUTRANKED, per_run=per_run, skipping=skipping)
        return
    for number, one in enumerate(chain.policy.exclusions):
        for journey in one.journeys or (None,):
            warehouse.execute(
                ONE_MEMBER,
                exclusion_no=number,
                name=one.name,
                journey=journey,
                topic=one.topic,
                within_us=microseconds(one.within),
            )
    warehouse.execute(CONTENDERS, as_of=chain.as_of, skipping=skipping)
    [(deepest,)] = warehouse.fetch(DEEPEST)
    for place in range(1, deepest + 1):
        warehouse.execute(ONE_PLACE, place=place, per_run=per_run)


GATE = Gate(
    "arbitration",
    90,
    "统一仲裁 Arbitration",
    {
        "outranked": "同批有更优先的触达 a better ranked touch of this customer won",
        "excluded": "互斥旅程已触达 a journey that excludes this one has the customer",
    },
    False,
    apply,
)
