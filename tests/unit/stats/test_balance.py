"""Balance against least squares, full enumeration and effect sizes of statsmodels."""

import itertools
import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats as scipy_stats
from statsmodels.stats.meta_analysis import effectsize_smd

from tonglu.stats.balance import Balance, Covariates, Difference, acted_too_early, balance, unbalanced
from tonglu.stats.difference import compare_means
from tonglu.stats.estimate import Estimate, Withheld
from tonglu.stats.ghosts import ASSIGNED, WOULD_BE_TOUCHED, Side, effects, ghosts_differ
from tonglu.stats.sufficient import Clusters, Moments, Proportion


def covariates(rows):
    rows = np.asarray(rows, dtype=float)
    return Covariates(len(rows), tuple(rows.sum(axis=0)), tuple((rows.T @ rows)[np.triu_indices(rows.shape[1])]))


@pytest.fixture
def rows():
    draws = np.random.default_rng(2)
    return draws.multivariate_normal([50, 3, 0], [[9, 2, 0], [2, 1, 0.3], [0, 0.3, 1]], 240), draws.random(240) < 0.4


def test_one_stratum_is_the_score_test_of_least_squares(rows):
    x, treated = rows
    ours = balance({"all": (covariates(x[treated]), covariates(x[~treated]))}, ["a", "b", "c"])
    # Regressing the assignment on the covariates: (n - 1) R2 is Hansen and Bowers' d2 when there is one stratum.
    r_squared = sm.OLS(treated.astype(float), sm.add_constant(x)).fit().rsquared
    assert (ours.statistic, ours.degrees) == (pytest.approx(239 * r_squared, abs=1e-9), 3)
    assert ours.p_value == pytest.approx(scipy_stats.chi2.sf(239 * r_squared, 3), abs=1e-9)


def test_the_covariance_over_strata_is_that_of_all_possible_assignments():
    # Counted, not computed by a library: every way to draw 2 of 4 and 2 of 5.
    draws = np.random.default_rng(9)
    strata = [draws.gamma(2, 1, (4, 2)), draws.gamma(2, 2, (5, 2))]

    def gap(x, chosen):
        inside = np.isin(np.arange(len(x)), chosen)
        return (inside.sum() * (~inside).sum() / len(x)) * (x[inside].mean(axis=0) - x[~inside].mean(axis=0))

    ways = [list(itertools.combinations(range(len(x)), 2)) for x in strata]
    gaps = np.array([gap(strata[0], a) + gap(strata[1], b) for a, b in itertools.product(*ways)])
    spread = np.cov(gaps.T, bias=True)
    chosen = (0, 3), (1, 2)
    pairs = {}
    for name, x, one in zip("uv", strata, chosen, strict=True):
        inside = np.isin(np.arange(len(x)), one)
        pairs[name] = covariates(x[inside]), covariates(x[~inside])
    observed = sum(gap(x, one) for x, one in zip(strata, chosen, strict=True))
    ours = balance(pairs, ["a", "b"])
    assert ours.statistic == pytest.approx(observed @ np.linalg.solve(spread, observed), abs=1e-9)


def test_the_standardised_difference_is_that_of_statsmodels(rows):
    x, _ = rows
    one, other = x[:120], x[120:]
    ours = balance({"all": (covariates(one), covariates(other))}, ["a", "b", "c"])
    for number, name in enumerate("abc"):
        arms = [value for part in (one, other) for value in (part[:, number].mean(), part[:, number].std(ddof=1), 120)]
        theirs, _ = effectsize_smd(*arms)  # corrected for bias by 1 - 3 / (4 df - 1)
        [found] = [d.value for d in ours.differences if d.covariate == name]
        assert found == pytest.approx(theirs / (1 - 3 / (4 * 238 - 1)), abs=1e-9)
    assert [abs(d.value) for d in ours.differences] == sorted((abs(d.value) for d in ours.differences), reverse=True)


def test_collinear_and_constant_covariates_count_once_and_not_at_all(rows):
    x, treated = rows
    wide = np.column_stack([x, x[:, 0] + 2 * x[:, 1], np.full(240, 7.1)])
    slim = balance({"all": (covariates(x[treated]), covariates(x[~treated]))}, list("abc"))
    more = balance({"all": (covariates(wide[treated]), covariates(wide[~treated]))}, list("abcde"))
    assert more.degrees == 3
    assert more.statistic == pytest.approx(slim.statistic, rel=1e-6)
    assert more.differences[-1] == Difference("all", "e", 0.0, pytest.approx(treated.sum() * (~treated).sum() / 240))


def test_a_fair_draw_is_accepted_as_often_as_it_should_be():
    draws = np.random.default_rng(31)
    p_values = []
    for _ in range(300):
        x = draws.gamma(1, 1, (120, 2))
        treated = draws.permutation(120) < 40
        p_values.append(balance({"all": (covariates(x[treated]), covariates(x[~treated]))}, ["a", "b"]).p_value)
    low, high = scipy_stats.binom.interval(0.999, 300, 0.1)
    assert low <= sum(p < 0.1 for p in p_values) <= high


def test_a_draw_that_follows_a_covariate_is_refused(rows):
    x, _ = rows
    treated = x[:, 1] > 3.5
    found = balance({"VIP": (covariates(x[treated]), covariates(x[~treated]))}, ["age", "income", "tenure"])
    refused = unbalanced(found)
    assert refused.reason.startswith("the arms differed before they were assigned")
    assert "income by +" in refused.reason
    assert "VIP" in refused.reason


def test_two_units_that_differ_are_not_what_is_told_first():
    arms = covariates([[0.0], [1.0]] * 50), covariates([[0.0], [0.4]] * 50)
    found = balance({"two": (covariates([[1.0]]), covariates([[0.0]])), "many": arms}, ["flag"])
    assert [one.stratum for one in found.differences] == ["many", "two"]
    # Where nothing varies within the arms, the spread of both together: here 1 / sqrt(2).
    assert found.differences[1].value == pytest.approx(math.sqrt(2))


def test_nothing_to_compare_is_withheld_and_not_refused():
    empty, some = Covariates(0, (0.0,), (0.0,)), covariates([[1.0], [2.0]])
    assert balance({"s": (empty, some)}, ["a"]) == Withheld("no stratum has both arms")
    assert balance({"s": (covariates([[3.0]]), covariates([[3.0]]))}, ["a"]) == Withheld("no covariate varies")
    assert unbalanced(Withheld("no stratum has both arms")) is None
    assert unbalanced(Balance((Difference("s", "a", 0.01, 5.0),), 0.1, 1, 0.7)) is None
    with pytest.raises(ValueError, match="covariates"):
        balance({"s": (some, some)}, ["a", "b"])
    with pytest.raises(ValueError, match="cannot be"):
        Covariates(1, (1.0, 2.0), (1.0,))
    with pytest.raises(ValueError, match="added"):
        some + covariates([[1.0, 2.0]])
    assert some + empty == some


def test_an_assignment_that_foretells_the_past_is_refused():
    draws = np.random.default_rng(1)
    past = draws.gamma(2, 50, 2000)
    arms = past[past > 100], past[past <= 100]
    early = acted_too_early(compare_means(*(Moments(len(v), v.sum(), (v * v).sum()) for v in arms)))
    assert early.reason.startswith("the assignment predicts the outcome before treatment could have acted")
    assert acted_too_early(Estimate(3.2, 1.0, 100)) is None
    assert acted_too_early(Withheld("nobody treated yet")) is None


def test_both_effects_are_given_the_one_on_all_assigned_first():
    def side(touched, untouched):
        return Side(Clusters.of_ones(Proportion(*touched)), Clusters.of_ones(Proportion(*untouched)))

    treated, control = side((600, 90), (400, 20)), side((580, 58), (420, 21))
    first, second = effects(treated, control)
    assert (first.label, second.label) == (ASSIGNED, WOULD_BE_TOUCHED)
    assert first.effect.value == pytest.approx(110 / 1000 - 79 / 1000)
    assert second.effect.value == pytest.approx(90 / 600 - 58 / 580)
    assert second.effect.z > first.effect.z  # those whom nothing could reach add noise alone
    assert ghosts_differ(treated, control) is None
    assert ghosts_differ(side((600, 90), (400, 90)), control) is not None
    assert (treated + control).assigned.n == 2000
