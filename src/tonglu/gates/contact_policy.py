"""contact policy: caps per customer x channel x purpose x journey x topic x window; a dwell time is a cap of one within it.

A customer's proposals are judged in rank order: the k-th sees what was planned before the run and that customer's
better-ranked proposals that passed this gate, and proposals of purposes that skip it: they are sent whatever the others do. A
proposal planned at t counts every reserved touch that counts after t - window (`tonglu.reserved_touch` says when one does).
One pass per place in the order; a run has as many passes as the busiest customer has proposals.
"""

from tonglu.core.durations import microseconds
from tonglu.gates.gate import Chain, Gate

RANKED = """
    CREATE OR REPLACE TEMP TABLE ranked AS
    SELECT p.proposal_no, p.entry_id, p.step_key, p.customer_id, p.purpose, p.channel, p.journey, p.step, w.topic, p.not_before,
        p.not_before + to_microseconds(coalesce(h.lasts_us, 0)) AS counts_at, p.competes,
        row_number() OVER (PARTITION BY p.customer_id ORDER BY p.priority, p.score DESC, p.tie, p.proposal_no) AS place
    FROM proposal AS p JOIN worth AS w USING (step_key) LEFT JOIN worked_channel AS h USING (channel)
    WHERE p.outcome IS NULL AND NOT p.ghost AND NOT list_contains($skipping, p.purpose);
    CREATE OR REPLACE TEMP TABLE planned AS
    SELECT t.customer_id, t.purpose, t.channel, t.journey, t.step, t.topic, t.not_before, t.counts_at
    FROM tonglu.reserved_touch AS t
    WHERE t.counts_at > $as_of - to_microseconds((SELECT coalesce(max(within_us), 0) FROM cap))
      AND t.customer_id IN (SELECT customer_id FROM ranked)
    UNION ALL
    SELECT p.customer_id, p.purpose, p.channel, p.journey, p.step, w.topic, p.not_before,
        p.not_before + to_microseconds(coalesce(h.lasts_us, 0))
    FROM proposal AS p JOIN worth AS w USING (step_key) LEFT JOIN worked_channel AS h USING (channel)
    WHERE p.outcome IS NULL AND NOT p.ghost AND list_contains($skipping, p.purpose)
"""
ONE_CAP = "INSERT INTO cap VALUES ($cap_no, $name, $purpose, $channel, $journey, $topic, $at_most, $within_us)"
DEEPEST = "SELECT coalesce(max(place), 0) FROM ranked"
ONE_PLACE = """
    CREATE OR REPLACE TEMP TABLE counted AS
    SELECT r.proposal_no, c.cap_no, c.at_most, t.rowid AS planned_row
    FROM ranked AS r
    JOIN cap AS c ON c.purpose IN (r.purpose, 'any') AND c.channel IN (r.channel, 'any') AND c.journey IN (r.journey, 'any')
        AND (c.topic = 'any' OR c.topic = r.topic)
    JOIN planned AS t ON t.customer_id = r.customer_id AND c.purpose IN (t.purpose, 'any') AND c.channel IN (t.channel, 'any')
        AND c.journey IN (t.journey, 'any') AND (c.topic = 'any' OR c.topic = t.topic)
        AND t.counts_at > r.not_before - to_microseconds(c.within_us)
    WHERE r.place = $place;
    CREATE OR REPLACE TEMP TABLE used_up AS
    SELECT r.proposal_no, r.entry_id, r.step_key, r.competes, c.cap_no, c.name,
        max({'planned_at': t.not_before, 'journey': t.journey, 'step': t.step}) AS newest
    FROM (
        SELECT proposal_no, min(cap_no) AS cap_no
        FROM (SELECT proposal_no, cap_no FROM counted GROUP BY proposal_no, cap_no, at_most HAVING count(*) >= at_most)
        GROUP BY proposal_no
    ) AS first
    JOIN counted AS n USING (proposal_no, cap_no)
    JOIN ranked AS r USING (proposal_no)
    JOIN cap AS c USING (cap_no)
    JOIN planned AS t ON t.rowid = n.planned_row
    GROUP BY r.proposal_no, r.entry_id, r.step_key, r.competes, c.cap_no, c.name;
    INSERT INTO stopped
    SELECT proposal_no, 'cap_reached', name, CASE WHEN competes THEN 'deferred' ELSE 'dropped' END FROM used_up;
    INSERT INTO tonglu.yielded
    SELECT $run_no, entry_id, step_key, name, newest.journey, newest.step, newest.planned_at FROM used_up ORDER BY proposal_no;
    INSERT INTO planned
    SELECT customer_id, purpose, channel, journey, step, topic, not_before, counts_at FROM ranked
    WHERE place = $place AND proposal_no NOT IN (SELECT proposal_no FROM stopped)
"""


def apply(chain: Chain) -> None:
    """Judge every customer's proposals in rank order against all caps."""
    for number, cap in enumerate(chain.policy.all_caps):
        chain.warehouse.execute(
            ONE_CAP,
            cap_no=number,
            name=cap.name,
            purpose=cap.purpose,
            channel=cap.channel,
            journey=cap.journey,
            topic=cap.topic,
            at_most=cap.at_most,
            within_us=microseconds(cap.within),
        )
    chain.warehouse.execute(RANKED, as_of=chain.as_of, skipping=chain.skipping("contact_policy"))
    [(deepest,)] = chain.warehouse.fetch(DEEPEST)
    for place in range(1, deepest + 1):
        chain.warehouse.execute(ONE_PLACE, place=place)


GATE = Gate("contact_policy", 80, "触达频控 Contact policy", {"cap_reached": "已达触达上限 a cap is used up"}, False, apply)
