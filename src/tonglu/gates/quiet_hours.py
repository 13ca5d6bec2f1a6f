"""quiet hours: `not_before` is the next opening, by the channel's hours or by those of the first of its groups that the customer
is in; only what does not open within `valid_for` is deferred."""

from tonglu.core.clock import NEVER
from tonglu.core.sql import fill, table
from tonglu.gates.gate import Chain, Gate
from tonglu.language.hours import next_opening_of

OPENING_OF = "INSERT INTO hours_now VALUES ($channel, $place, $segment, $opening)"
THEIRS = """
    INSERT INTO hours_theirs
    SELECT p.proposal_no, slot('place'), slot('segment')
    FROM proposal AS p SEMI JOIN slot_members AS m ON m.customer_id = p.customer_id
    WHERE p.outcome IS NULL AND p.channel = slot('channel') AND NOT list_contains($skipping, p.purpose)
"""
OF_GROUPS = """
    UPDATE proposal SET not_before = h.opening
    FROM (SELECT proposal_no, min(place) AS place FROM hours_theirs GROUP BY proposal_no) AS t, hours_now AS h
    WHERE t.proposal_no = proposal.proposal_no AND h.channel = proposal.channel AND h.place = t.place;
    INSERT INTO tonglu.hours_group
    SELECT $run_no, p.entry_id, p.step, arg_min(t.segment, t.place)
    FROM hours_theirs AS t JOIN proposal AS p USING (proposal_no) GROUP BY p.proposal_no, p.entry_id, p.step ORDER BY p.proposal_no
"""
OPENING = """
    UPDATE proposal SET not_before = CASE WHEN list_contains($skipping, purpose) THEN $as_of ELSE coalesce(
        (SELECT h.opening FROM hours_now AS h WHERE h.channel = proposal.channel AND h.segment IS NULL), $as_of) END
    WHERE outcome IS NULL
"""
CLOSED = """
    INSERT INTO stopped
    SELECT proposal_no, 'closed',
        CASE WHEN not_before < $never THEN 'opens ' || strftime(not_before, '%Y-%m-%dT%H:%MZ') ELSE 'never opens' END, 'deferred'
    FROM proposal
    WHERE outcome IS NULL AND not_before > first_proposed_at + to_microseconds(valid_us + paused_us);
    UPDATE proposal SET not_before = NULL WHERE not_before = $never
"""


def apply(chain: Chain) -> None:
    """Plan each proposal at its next opening: one per channel and rule of hours is worked out, and the sets are joined to them."""
    warehouse, skipping = chain.warehouse, chain.skipping("quiet_hours")
    groups = []
    for channel, hours in chain.policy.open_hours.items():
        rules = [(place, group.segment, group) for place, group in enumerate(hours.groups)]
        for place, segment, rule in [*rules, (len(rules), None, hours)]:
            opening = next_opening_of(rule, chain.as_of, chain.zone, chain.days)
            warehouse.execute(OPENING_OF, channel=channel, place=place, segment=segment, opening=opening)
        groups += [(channel, place, segment) for place, segment, _ in rules]
    warehouse.execute(OPENING, as_of=chain.as_of, skipping=skipping)
    for channel, place, segment in groups:
        members = table(segment, "segment")
        warehouse.execute(fill(THEIRS, place=place, segment=segment, channel=channel, members=members), skipping=skipping)
    if groups:
        warehouse.execute(OF_GROUPS)
    warehouse.execute(CLOSED, never=NEVER)


GATE = Gate(
    "quiet_hours",
    70,
    "安静时段 Quiet hours",
    {"closed": "渠道在有效期内不开放 the channel does not open while the touch is valid"},
    True,
    apply,
)
