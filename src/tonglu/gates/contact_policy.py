"""contact policy: caps per customer x channel x purpose x window; a dwell time is a cap of one within it.

A customer's proposals are judged in rank order: the k-th sees what was planned before the run and that customer's
better-ranked proposals that passed this gate, and proposals of purposes that skip it: they are sent whatever the others do. A
proposal planned at t counts every reserved touch that counts after t - window (`tonglu.reserved_touch` says when one does).
One pass per place in the order; a run has as many passes as the busiest customer has proposals.
"""

from tonglu.core.durations import microseconds
from tonglu.gates.gate import Chain, Gate
from tonglu.language.policy import Cap

RANKED = """
    CREATE OR REPLACE TEMP TABLE ranked AS
    SELECT p.proposal_no, p.customer_id, p.purpose, p.channel, p.not_before, p.not_before + to_microseconds(coalesce(w.lasts_us, 0)) AS counts_at,
        p.competes, row_number() OVER (PARTITION BY p.customer_id ORDER BY p.priority, p.score DESC, p.tie, p.proposal_no) AS place
    FROM proposal AS p LEFT JOIN worked_channel AS w USING (channel)
    WHERE p.outcome IS NULL AND NOT p.ghost AND NOT list_contains($skipping, p.purpose);
    CREATE OR REPLACE TEMP TABLE planned AS
    SELECT t.customer_id, t.purpose, t.channel, t.counts_at
    FROM tonglu.reserved_touch AS t
    WHERE t.counts_at > $as_of - to_microseconds((SELECT coalesce(max(within_us), 0) FROM cap))
      AND t.customer_id IN (SELECT customer_id FROM ranked)
    UNION ALL
    SELECT p.customer_id, p.purpose, p.channel, p.not_before + to_microseconds(coalesce(w.lasts_us, 0))
    FROM proposal AS p LEFT JOIN worked_channel AS w USING (channel)
    WHERE p.outcome IS NULL AND NOT p.ghost AND list_contains($skipping, p.purpose)
"""
ONE_CAP = "INSERT INTO cap VALUES ($cap_no, $name, $purpose, $channel, $at_most, $within_us)"
DEEPEST = "SELECT coalesce(max(place), 0) FROM ranked"
ONE_PLACE = """
    INSERT INTO stopped
    SELECT r.proposal_no, 'cap_reached', arg_min(c.name, c.cap_no), CASE WHEN r.competes THEN 'deferred' ELSE 'dropped' END
    FROM (
        SELECT r.proposal_no, r.competes, c.cap_no, c.name, c.at_most
        FROM ranked AS r
        JOIN cap AS c ON c.purpose IN (r.purpose, 'any') AND c.channel IN (r.channel, 'any')
        JOIN planned AS t ON t.customer_id = r.customer_id AND c.purpose IN (t.purpose, 'any') AND c.channel IN (t.channel, 'any')
            AND t.counts_at > r.not_before - to_microseconds(c.within_us)
        WHERE r.place = $place
        GROUP BY ALL
        HAVING count(*) >= c.at_most
    ) AS r JOIN cap AS c USING (cap_no)
    GROUP BY r.proposal_no, r.competes;
    INSERT INTO planned
    SELECT customer_id, purpose, channel, counts_at FROM ranked
    WHERE place = $place AND proposal_no NOT IN (SELECT proposal_no FROM stopped)
"""


def apply(chain: Chain) -> None:
    """Judge every customer's proposals in rank order against all caps."""
    dwells = [
        Cap(name=f"dwell_{number}", purpose=one.purpose, channel=one.channel, at_most=1, within=one.at_least)
        for number, one in enumerate(chain.policy.dwell, 1)
    ]
    for number, cap in enumerate([*chain.policy.caps, *dwells]):
        chain.warehouse.execute(
            ONE_CAP,
            cap_no=number,
            name=cap.name,
            purpose=cap.purpose,
            channel=cap.channel,
            at_most=cap.at_most,
            within_us=microseconds(cap.within),
        )
    chain.warehouse.execute(RANKED, as_of=chain.as_of, skipping=chain.skipping("contact_policy"))
    [(deepest,)] = chain.warehouse.fetch(DEEPEST)
    for place in range(1, deepest + 1):
        chain.warehouse.execute(ONE_PLACE, place=place)


GATE = Gate("contact_policy", 80, "触达频控 Contact policy", {"cap_reached": "已达触达上限 a cap is used up"}, False, apply)
