"""Trust: what must hold of an assignment before a lift is believed, looked at in every run.

The split on assignment, on exposure and on outcomes that are there, and the balance of what was known before. Each look is strict enough
to be repeated in every run; what breaks withholds the journey's lifts and says why.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from tonglu.compile.program import Program
from tonglu.core.ports import Row, Warehouse
from tonglu.stages.rows import append_rows
from tonglu.stats.always_valid import Evidence
from tonglu.stats.balance import Balance, Covariates, balance, unbalanced
from tonglu.stats.distributions import normal_two_sided
from tonglu.stats.estimate import Withheld
from tonglu.stats.ratio_mismatch import ALARM, ratio_evidence

SPLIT = """
    SELECT journey, version_no, any_value(holdout), sum(units) FILTER (side = 'treated')::BIGINT, sum(units) FILTER (side = 'holdout')::BIGINT
    FROM tonglu.drawn GROUP BY ALL HAVING any_value(holdout) > 0 ORDER BY ALL
"""
EXPOSED = """
    SELECT x.journey, x.step, x.arm, count(*), sum(1 / x.propensity), sum((1 - x.propensity) / (x.propensity * x.propensity)),
        sum(count(*)) OVER (PARTITION BY x.journey, x.step)
    FROM tonglu.exposure AS x GROUP BY x.journey, x.step, x.arm ORDER BY ALL
"""
BALANCE = """
    SELECT journey, stratum, side, one, other, sum(n)::BIGINT, sum(x)::HUGEINT, sum(y)::HUGEINT, sum(xy)::HUGEINT
    FROM tonglu.balance GROUP BY ALL ORDER BY ALL
"""
HUNDREDTHS = 100


@dataclass(frozen=True)
class Look:
    """One thing that was looked at in one journey; `said` is empty where it holds."""

    journey: str
    about: str
    statistic: float
    p_value: float
    said: str = ""


def broken_trust(warehouse: Warehouse, program: Program) -> dict[str, Withheld]:
    """Look at every journey and keep what was seen; the reason why a journey's lifts are withheld, by journey."""
    names = program.policy.measurement.covariates
    looks = [
        *_assignments(warehouse.fetch(SPLIT)),
        *_exposures(warehouse.fetch(EXPOSED)),
        *_balances(warehouse.fetch(BALANCE), names),
    ]
    rows = [
        {
            "journey": look.journey,
            "about": look.about,
            "statistic": look.statistic if math.isfinite(look.statistic) else None,
            "p_value": look.p_value,
            "broken": bool(look.said),
            "said": look.said,
        }
        for look in looks
    ]
    append_rows(warehouse, "trust", rows)
    refused: dict[str, Withheld] = {}
    for look in looks:
        if look.said:
            refused.setdefault(look.journey, Withheld(look.said))
    return refused


def _assignments(rows: Iterable[Row]) -> Iterable[Look]:
    """The declared share of controls against the units that were drawn, by version; valid at any number of looks."""
    for journey, version_no, holdout, treated, control in rows:
        seen = ratio_evidence([treated or 0, control or 0], [1 - holdout, holdout])
        if isinstance(seen, Evidence):
            said = ""
            if seen.p_value < ALARM:
                said = (
                    f"version {version_no} drew {control or 0:,} controls of {(treated or 0) + (control or 0):,}, which does not match "
                    f"its holdout of {holdout:.1%} (p = {seen.p_value:.2g})"
                )
            yield Look(journey, f"assignment, version {version_no}", seen.log_e, seen.p_value, said)


def _exposures(rows: Iterable[Row]) -> Iterable[Look]:
    """Arms against their propensities, which may change by run: the exposures of an arm, each weighed 1/p, are as many as there are."""
    for journey, step, arm, _, weighed, variance, total in rows:
        if variance:
            z = (weighed - float(total)) / math.sqrt(variance)
            p_value = normal_two_sided(z)
            said = (
                f"arm '{arm}' of step '{step}' was not drawn by its propensities (p = {p_value:.2g})"
                if p_value < ALARM / 100
                else ""
            )
            yield Look(journey, f"exposure, {step}/{arm}", z, p_value, said)


def _balances(rows: Iterable[Row], names: tuple[str, ...]) -> Iterable[Look]:
    """The covariates that policy names, by stratum, treated against holdout."""
    pairs: dict[str, dict[str, dict[str, dict[tuple[int, int], Row]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(dict))
    )
    for journey, stratum, side, one, other, *sums in rows:
        pairs[journey][stratum][side][one, other] = tuple(sums)
    for journey, strata in pairs.items():
        told = {
            stratum or "all": (
                _covariates(sides.get("treated", {}), len(names)),
                _covariates(sides.get("holdout", {}), len(names)),
            )
            for stratum, sides in strata.items()
        }
        found = balance(told, list(names))
        if isinstance(found, Balance):
            why = unbalanced(found, ALARM / 100)
            yield Look(journey, "balance", found.statistic, found.p_value, why.reason if why else "")


def _covariates(sums: dict[tuple[int, int], Row], count: int) -> Covariates:
    """Of the units whose covariates are all known; none where the policy's covariates have changed since."""
    if not sums or max(other for _, other in sums) != count:
        return Covariates(0, (0.0,) * count, (0.0,) * (count * (count + 1) // 2))
    n = max(row[0] for row in sums.values())
    means = tuple(sums[i, i][1] / HUNDREDTHS if (i, i) in sums else 0.0 for i in range(1, count + 1))
    products = tuple(
        sums[i, j][3] / HUNDREDTHS**2 if (i, j) in sums else 0.0 for i in range(1, count + 1) for j in range(i, count + 1)
    )
    return Covariates(n, means, products)
