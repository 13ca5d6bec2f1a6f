"""Several objectives, guardrails, and when a winner is declared."""

from pathlib import Path

import duckdb
import numpy as np
import pytest
from scipy import stats as scipy_stats

from tonglu.stats.always_valid import evidence
from tonglu.stats.beliefs import Beta, Normal
from tonglu.stats.difference import compare_means, compare_proportions
from tonglu.stats.estimate import Withheld
from tonglu.stats.objectives import Guardrail, Objective, guarded_allocation, leaders, weigh
from tonglu.stats.sufficient import Moments, Proportion
from tonglu.stats.thompson import allocation, probability_best
from tonglu.stats.winner import standing

DATA = Path(__file__).resolve().parents[4] / "shared" / "datasets" / "loan_mailer_rct" / "loan_mailer.parquet"
RATES = (Beta(21, 181), Beta(26, 176), Beta(31, 171))
VALUES = (Normal(9.0, 1.0), Normal(7.0, 1.0), Normal(6.0, 1.0))


def test_one_objective_is_plain_thompson():
    found = weigh([Objective("conversion", RATES)])
    assert found.shares == pytest.approx(probability_best(RATES), abs=1e-12)
    assert found.allowed == (True, True, True)
    assert guarded_allocation(found, 0.05) == allocation(found.shares, 0.05)


def test_two_objectives_share_the_decisions_by_weight():
    both = weigh([Objective("conversion", RATES, 3.0), Objective("value", VALUES, 1.0)])
    by_rate, by_value = probability_best(RATES), probability_best(VALUES)
    assert both.shares == pytest.approx([0.75 * a + 0.25 * b for a, b in zip(by_rate, by_value, strict=True)], abs=1e-12)
    assert leaders([Objective("conversion", RATES), Objective("value", VALUES), Objective("cost", VALUES, minimise=True)]) == {
        "conversion": 2,
        "value": 0,
        "cost": 2,
    }


def test_an_arm_that_breaks_a_guardrail_is_not_played_even_to_explore():
    complaints = Guardrail("complaints", (Beta(2, 998), Beta(3, 997), Beta(30, 970)), 0.01)
    sure = [1 - scipy_stats.beta(one.alpha, one.beta).cdf(0.01) >= 0.95 for one in complaints.beliefs]
    assert complaints.broken() == tuple(sure) == (False, False, True)
    found = weigh([Objective("conversion", RATES)], [complaints])
    assert found.shares == pytest.approx((*probability_best(RATES[:2]), 0.0), abs=1e-12)
    played = guarded_allocation(found, 0.2)
    assert (played[2], min(played[:2]) >= 0.2, sum(round(p * 10**6) for p in played)) == (0.0, True, 10**6)
    strict = Guardrail("complaints", complaints.beliefs, 1e-6)
    assert weigh([Objective("conversion", RATES)], [strict]) == Withheld("every arm breaks a guardrail")


def test_an_arm_that_is_hopeless_but_allowed_keeps_its_floor():
    found = weigh([Objective("conversion", (Beta(10, 1e5), Beta(5e4, 5e4)))])
    assert found.shares[0] == 0.0
    assert guarded_allocation(found, 0.05) == (0.05, 0.95)


@pytest.mark.parametrize(
    ("objectives", "guardrails"),
    [
        ([], []),
        ([Objective("a", RATES, 0.0)], []),
        ([Objective("a", RATES), Objective("b", RATES[:2])], []),
        ([Objective("a", RATES)], [Guardrail("g", RATES[:2], 0.1)]),
    ],
)
def test_objectives_that_do_not_fit_are_refused(objectives, guardrails):
    with pytest.raises(ValueError, match=r"objective"):
        weigh(objectives, guardrails)


@pytest.mark.skipif(not DATA.exists(), reason=f"the data set is not at {DATA}")
def test_cheap_offers_are_better_for_applications_and_worse_for_interest():
    # Karlan and Zinman 2008, clients of high risk: the better arm depends on the objective.
    with duckdb.connect() as connection:
        rows = connection.execute(
            """
            SELECT offer4 < (SELECT median(offer4) FROM read_parquet($path) WHERE risk = 'HIGH') AS cheap, count(*), sum(applied)::INT,
                sum(grossinterest), sum(grossinterest * grossinterest)
            FROM read_parquet($path) WHERE risk = 'HIGH' GROUP BY cheap ORDER BY cheap DESC
            """,
            {"path": str(DATA)},
        ).fetchall()
    applied = Objective("conversion", tuple(Beta().after(Proportion(n, y)) for _, n, y, _, _ in rows))
    interest = Objective("value", tuple(Normal(20.0, 400.0).after(Moments(n, v, v2)) for _, n, _, v, v2 in rows))
    assert leaders([applied, interest]) == {"conversion": 0, "value": 1}
    assert applied.best()[0] > 0.99
    assert interest.best()[1] > 0.99


def test_a_winner_needs_evidence_that_survives_daily_looks():
    arms = [Proportion(4000, 400), Proportion(4000, 540), Proportion(4000, 430)]
    beliefs = [Beta().after(arm) for arm in arms]
    found = standing(beliefs, lambda i, j: compare_proportions(arms[i], arms[j]), tolerance=1e-4)
    assert (found.arm, found.declared, found.enough) == (1, True, True)
    # Each of the two tests of three arms is held to half of alpha.
    weakest = max(evidence(compare_proportions(arms[1], arms[other]), level=0.975).p_value for other in (0, 2))
    assert found.p_value == pytest.approx(2 * weakest, rel=1e-12)
    close = [Proportion(4000, 400), Proportion(4000, 455)]
    lead = standing([Beta().after(arm) for arm in close], lambda i, j: compare_proportions(close[i], close[j]))
    assert lead.probability_best > 0.95
    assert not lead.declared
    even = standing([Beta(401, 3601)] * 3, lambda i, j: compare_proportions(arms[0], arms[0]))
    assert even.p_value == 1.0


def test_minimising_declares_the_least():
    arms = [Moments(500, 5000.0, 60_000.0), Moments(500, 4000.0, 42_000.0)]
    beliefs = [Normal(0.0, 1e6).after(arm) for arm in arms]
    found = standing(beliefs, lambda i, j: compare_means(arms[i], arms[j]), minimise=True)
    assert (found.arm, found.declared) == (1, True)


def test_looking_every_week_at_equal_arms_declares_in_at_most_one_of_twenty():
    draws = np.random.default_rng(77)
    declared = by_chance = 0
    for _ in range(100):
        weekly = np.cumsum(draws.binomial(400, 0.2, (10, 2)), axis=0)
        looks = [[Proportion(400 * (week + 1), int(y)) for y in row] for week, row in enumerate(weekly)]
        found = [
            standing([Beta().after(a) for a in arms], lambda i, j, arms=arms: compare_proportions(arms[i], arms[j]))
            for arms in looks
        ]
        declared += any(one.declared for one in found)
        by_chance += any(one.probability_best > 0.95 for one in found)
    most = scipy_stats.binom.ppf(0.999, 100, 0.05)
    assert declared <= most < by_chance


def test_a_standing_without_comparison_is_withheld():
    assert standing([Beta()], lambda i, j: Withheld("")) == Withheld("fewer than two arms")
    found = standing([Beta(), Beta(9, 2)], lambda i, j: Withheld("nobody treated yet"))
    assert found == Withheld("the leader cannot be compared with arm 0: nobody treated yet")
