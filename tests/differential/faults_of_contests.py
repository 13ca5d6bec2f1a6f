"""Faults of competition, capacity and budget; see `faults`."""

from tests.differential.faults import Changed, Replaced
from tests.differential.making import CONTESTS, LIMITS

FAULTS_OF_CONTESTS: tuple[Changed | Replaced, ...] = (
    Changed(
        "an exclusion holds a moment too long",
        "t.not_before < r.not_before + to_microseconds(mine.within_us)",
        "t.not_before <= r.not_before + to_microseconds(mine.within_us)",
        begins=CONTESTS,
    ),
    Changed(
        "a journey excludes itself",
        "t.customer_id = r.customer_id and t.journey <> r.journey",
        "t.customer_id = r.customer_id",
        begins=CONTESTS,
    ),
    Changed("a cap of a topic counts every topic", "(c.topic = 'any' or c.topic = t.topic)", "true", begins=CONTESTS),
    Changed("what is excluded takes a place", "w.places >= $per_run", "r.place > $per_run", begins=CONTESTS),
    Changed("a pause goes before a kill", "order by outcome = 'deferred',", "order by outcome = 'dropped',", begins=CONTESTS),
    Changed(
        "the least worth go first",
        "order by c.priority, c.score desc, c.tie, c.proposal_no) as rank",
        "order by c.priority, c.score, c.tie, c.proposal_no) as rank",
        begins=LIMITS,
    ),
)
