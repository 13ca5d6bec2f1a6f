"""Learn: from matured exposures to the propensities that the next run draws arms with (semantics 28).

Thompson sampling over Beta beliefs with a uniform prior: an arm's share is the chance that it is best, above its exploration
floor. What is learned is a table by run; the next run uses the newest.
"""

from itertools import groupby

from tonglu.core.ports import Warehouse
from tonglu.stats.beliefs import Beta
from tonglu.stats.sufficient import Proportion
from tonglu.stats.thompson import allocation, probability_best

KEEP = """
    INSERT INTO tonglu.learned VALUES ($run_no, $version_no, $journey, $step_key, $step, $arm_no, $arm, $n, $conversions, $p_best,
        $propensity)
"""
UNIFORM = Beta(1, 1)
DECIMALS = 6


def learn(warehouse: Warehouse, floor: float) -> int:
    """Write the propensities of every learning experiment; how many arms there are."""
    arms = warehouse.rows("learn/arms")
    for (journey, step), group in groupby(arms, key=lambda row: (row[1], row[3])):
        rows = list(group)
        best = probability_best([UNIFORM.after(Proportion(n, conversions)) for *_, n, conversions in rows])
        shares = allocation(best, min(floor, 1 / len(rows)))
        for (version_no, _, step_key, _, arm_no, arm, n, conversions), chance, share in zip(rows, best, shares, strict=True):
            warehouse.execute(
                KEEP,
                version_no=version_no,
                journey=journey,
                step_key=step_key,
                step=step,
                arm_no=arm_no,
                arm=arm,
                n=n,
                conversions=conversions,
                p_best=round(chance, DECIMALS),
                propensity=share,
            )
    return len(arms)
