"""What a proposal is worth, in yuan: P x C x V x L, each step rounded as money and factors are written down."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from tests.differential.proposal import Proposal
from tests.differential.state import Path
from tests.differential.world import World

PRIOR = Decimal("0.02")
SIXTH, FOURTH = Decimal("0.000001"), Decimal("0.0001")
HIGHEST = Decimal("999999999999.999999")


def rounded(number: Decimal, place: Decimal) -> Decimal:
    """Half away from zero."""
    return number.quantize(place, ROUND_HALF_UP)


def plain_score(path: Path) -> Decimal:
    """P x V: the version's prior and the value of its first goal, which is held in fen."""
    header = path.header
    chance = PRIOR if header.prior is None else rounded(Decimal(str(header.prior)), SIXTH)
    value = Decimal(header.all_goals[0].value if header.all_goals else 0) / 100
    return min(rounded(chance * value, SIXTH), HIGHEST)


def multiplied(factors: Iterable[Decimal]) -> Decimal:
    """Factors, rounded after each."""
    whole = Decimal(1)
    for one in factors:
        whole = rounded(whole * one, FOURTH)
    return whole


def weigh(world: World, one: Proposal) -> None:
    """Context and levers, for a proposal that comes to the contact policy."""
    sight = world.sight(one.entry.customer)
    context = multiplied(c.weight for c in world.policy.arbitration.context if sight.holds(c.when))
    pulled = [world.facts.lever(name, world.run) for name in (one.entry.id[0], one.topic, one.channel) if name]
    lever = multiplied(factor for factor in pulled if factor is not None)
    one.score = min(rounded(rounded(one.score * context, SIXTH) * lever, SIXTH), HIGHEST)
