"""Off-policy values against statsmodels' weighting estimators and against the same formulas on single rows."""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.weightstats import DescrStatsW
from statsmodels.treatment.treatment_effects import TreatmentEffect, ate_ipw

from tonglu.stats.estimate import Withheld
from tonglu.stats.off_policy import Cell, Logged, Support, direct, doubly_robust, ips, refused, snips, support

DATA = Path(__file__).resolve().parents[4] / "shared" / "datasets" / "open_bandit_small"
METHODS = (ips, snips, direct, doubly_robust)


def logged(r, w):
    r, w = np.asarray(r, dtype=float), np.asarray(w, dtype=float)
    sums = [r, r * r, w, w * w, w * r, w * w * r, w * w * r * r]
    return Logged(len(r), *(float(one.sum()) for one in sums), float(w.max(initial=0)))


def cells(frame, target):
    """`target` gives the policy's shares by stratum and arm; arms without rows are given too."""
    found = []
    for (s, a), share in target.items():
        for fold in sorted(frame.fold.unique()):
            part = frame[(frame.s == s) & (frame.a == a) & (frame.fold == fold)]
            found.append(Cell(str(s), str(a), share, logged(part.r, part.w), int(fold)))
    return found


@pytest.fixture(scope="module")
def log():
    """4,000 rows whose propensities drifted from run to run."""
    draws = np.random.default_rng(17)
    n = 4000
    s, run = draws.choice(3, n, p=[0.5, 0.3, 0.2]), draws.integers(0, 4, n)
    shares = draws.dirichlet([4, 4, 4], (3, 4))[s, run]
    a = (draws.random(n)[:, None] > shares.cumsum(axis=1)).sum(axis=1).clip(0, 2)
    truth = np.array([[0.1, 0.2, 0.3], [0.4, 0.1, 0.2], [0.2, 0.5, 0.3]])
    r = (draws.random(n) < truth[s, a]).astype(float) * (1 + s)
    target = {
        (i, j): float(share)
        for i, row in enumerate([[0.2, 0.3, 0.5], [0.7, 0.1, 0.2], [0.1, 0.6, 0.3]])
        for j, share in enumerate(row)
    }
    frame = pd.DataFrame({"s": s, "a": a, "r": r, "fold": draws.integers(0, 5, n)})
    frame["w"] = [target[i, j] for i, j in zip(s, a, strict=True)] / shares[np.arange(n), a]
    value = sum(np.mean(s == i) * share * truth[i, j] * (1 + i) for (i, j), share in target.items())
    return frame, target, value


def test_ips_and_snips_agree_with_statsmodels(log):
    frame, target, _ = log
    one, other = ips(cells(frame, target)), snips(cells(frame, target))
    scores = DescrStatsW(frame.w * frame.r)
    assert (one.value, one.error) == pytest.approx((scores.mean, scores.std_mean), abs=1e-9)
    # A weighted mean with the sandwich variance is the delta method of the ratio.
    weighted = sm.WLS(frame.r, np.ones(len(frame)), weights=frame.w).fit(cov_type="HC0")
    assert (other.value, other.error) == pytest.approx((weighted.params.iloc[0], weighted.bse.iloc[0]), abs=1e-9)


@pytest.mark.parametrize("normalised", [True, False])
def test_two_arms_agree_with_the_potential_outcome_means_of_statsmodels(normalised):
    draws = np.random.default_rng(3)
    prob = draws.uniform(0.2, 0.8, 600)
    treated = (draws.random(600) < prob).astype(float)
    y = draws.gamma(2, 1 + treated)
    _, _, mean = ate_ipw(y, treated, prob, weighted=normalised)
    w = treated / prob
    log = [
        Cell("all", "t", 1.0, logged(y[treated == 1], w[treated == 1])),
        Cell("all", "c", 0.0, logged(y[treated == 0], w[treated == 0])),
    ]
    assert (snips if normalised else ips)(log).value == pytest.approx(mean, abs=1e-9)


def test_the_doubly_robust_mean_agrees_with_the_augmented_one_of_statsmodels():
    # The reward is modelled by the stratum alone, the propensity by a covariate, so that neither makes the other superfluous.
    draws = np.random.default_rng(23)
    n = 900
    s, x = draws.integers(0, 3, n), draws.normal(0, 1, n)
    treated = (draws.random(n) < 1 / (1 + np.exp(-0.5 * x - 0.3 * s))).astype(float)
    y = 1 + s + 0.7 * x + treated * (0.5 + 0.2 * s) + draws.normal(0, 1, n)
    dummies = np.eye(3)[s]
    select = sm.Logit(treated, sm.add_constant(x)).fit(disp=0)
    _, _, mean = TreatmentEffect(sm.OLS(y, dummies), treated, select).aipw(return_results=False)
    frame = pd.DataFrame({"s": s, "a": treated.astype(int), "r": y, "w": treated / select.predict(), "fold": 0})
    ours = doubly_robust(cells(frame, {(i, j): float(j) for i in range(3) for j in (0, 1)}))
    assert ours.value == pytest.approx(mean, abs=1e-9)


def test_the_cross_fitted_value_is_that_of_single_rows(log):
    # No library cross-fits over strata of this kind: the formula of the paper, row by row.
    frame, target, _ = log
    scores = []
    for fold in range(5):
        q = frame[frame.fold != fold].groupby(["s", "a"]).r.mean()
        part = frame[frame.fold == fold]
        promised = part.s.map({i: sum(target[i, j] * q[i, j] for j in range(3)) for i in range(3)})
        scores.append(promised + part.w * (part.r - pd.Series([q[key] for key in zip(part.s, part.a, strict=True)], part.index)))
    scores = pd.concat(scores)
    ours = doubly_robust(cells(frame, target))
    assert (ours.value, ours.variance) == pytest.approx((scores.mean(), scores.var() / len(scores)), abs=1e-9)


def test_the_direct_method_is_a_contrast_of_cell_means(log):
    frame, target, _ = log
    ours = direct(cells(frame, target))
    cell = pd.get_dummies(frame.s * 3 + frame.a).astype(float)
    share = np.array([np.mean(frame.s == i) * target[i, j] for i in range(3) for j in range(3)])
    # HC2 of the saturated model is s2/n of each cell; the strata's shares are drawn too.
    model = sm.OLS(frame.r, cell).fit(cov_type="HC2")
    promised = frame.s.map({i: sum(target[i, j] * model.params[i * 3 + j] for j in range(3)) for i in range(3)})
    contrast = model.t_test(share)
    assert ours.value == pytest.approx(contrast.effect.item(), abs=1e-9)
    assert ours.variance == pytest.approx(contrast.sd.item() ** 2 + promised.var(ddof=0) / len(frame), abs=1e-9)


def test_all_methods_are_near_the_truth_and_the_model_helps(log):
    frame, target, value = log
    found = {method.__name__: method(cells(frame, target)) for method in METHODS}
    for estimate in found.values():
        assert abs(estimate.value - value) < 3.3 * estimate.error
        assert estimate.n == 4000
    assert found["doubly_robust"].variance < found["ips"].variance


def test_the_doubly_robust_value_survives_propensities_that_are_wrong():
    draws = np.random.default_rng(5)
    errors = {"ips": [], "doubly_robust": []}
    for _ in range(40):
        s = draws.integers(0, 2, 1500)
        a = (draws.random(1500) < np.where(s == 0, 0.3, 0.7)).astype(int)
        r = draws.normal(1 + s + 2 * a, 1)
        # The log claims 50:50, which on average over the strata it was.
        frame = pd.DataFrame({"s": s, "a": a, "r": r, "w": np.where(a == 1, 2.0, 0.0), "fold": draws.integers(0, 2, 1500)})
        log = cells(frame, {(i, j): float(j) for i in range(2) for j in range(2)})
        for method in (ips, doubly_robust):
            if not isinstance(found := method(log), Withheld):
                errors[method.__name__].append(found.value - 3.5)
    assert len(errors["ips"]) > 30
    assert abs(np.mean(errors["doubly_robust"])) < 0.02 < 0.1 < abs(np.mean(errors["ips"]))


def test_effective_size_and_missing_mass():
    found = support(
        [
            Cell("a", "x", 0.5, logged([1, 0], [2.0, 2.0])),
            Cell("a", "y", 0.5, Logged()),
            Cell("b", "x", 1.0, logged([1, 1], [1.0, 3.0])),
        ]
    )
    assert found == Support(4, 64 / 18, 2.0, pytest.approx(np.std([2, 2, 1, 3], ddof=1) / 2), 3.0, 0.25)


def test_a_log_that_says_too_little_is_refused_by_every_method():
    few = [Cell("a", "x", 1.0, logged(np.ones(99), np.ones(99)))]
    assert "99.0 effective rows of 99" in refused(support(few)).reason
    long = support([Cell("a", "x", 1.0, Logged(20_000, 10.0, 10.0, 20_000.0, 20_000.0**2 / 150, 10.0, 10.0, 10.0, 900.0))])
    assert "150.0 effective rows of 20,000, 200 needed" in refused(long).reason
    wrong = [Cell("a", "x", 1.0, logged(np.arange(200), np.full(200, 1.3)))]
    assert "mean weight is 1.300" in refused(support(wrong)).reason
    for log, reason in ((few, "the log speaks too little"), (wrong, "propensities cannot be right"), ([], "nothing logged yet")):
        assert all(reason in method(log).reason for method in METHODS)
    fair = [Cell("a", "x", 1.0, logged(np.arange(200), np.ones(200)))]
    assert refused(support(fair)) is None
    assert support([Cell("a", "x", 1.0, logged([1, 2], [0, 0]))]).effective == 0.0
    constant = [Cell("a", "x", 1.0, logged(np.ones(200), np.ones(200)))]
    assert all(method(constant) == Withheld("the outcome does not vary yet") for method in METHODS)


def test_targets_that_are_no_shares_are_refused():
    some = logged(np.arange(200), np.ones(200))
    with pytest.raises(ValueError, match="sum to"):
        ips([Cell("a", "x", 0.7, some)])
    with pytest.raises(ValueError, match="differs between folds"):
        ips([Cell("a", "x", 0.7, some, 0), Cell("a", "x", 0.8, some, 1)])
    with pytest.raises(ValueError, match="cannot be"):
        Logged(-1)


SUMS = """
    SELECT item_id::VARCHAR, count(*), sum(click)::DOUBLE, sum(click * click)::DOUBLE, sum(w), sum(w * w), sum(w * click), sum(w * w * click),
        sum(w * w * click * click), max(w)
    FROM (SELECT item_id, click, (1 / $arms) / propensity_score AS w FROM read_parquet($path))
    GROUP BY item_id
"""


@pytest.mark.skipif(not DATA.exists(), reason=f"the data set is not at {DATA}")
@pytest.mark.parametrize(("name", "arms"), [("bts_women", 46), ("random_women", 46)])
def test_a_uniform_target_is_refused_from_thompsons_log_and_given_from_the_uniform_one(name, arms):
    with duckdb.connect() as connection:
        rows = connection.execute(SUMS, {"arms": float(arms), "path": str(DATA / f"{name}.parquet")}).fetchall()
    log = [Cell("all", item, 1 / arms, Logged(*sums)) for item, *sums in rows]
    found = support(log)
    assert (found.n, len(log)) == (10_000, arms)
    if name == "random_women":
        assert found.effective == pytest.approx(10_000)
        assert ips(log).value == pytest.approx(0.0046, abs=1e-9)
    else:
        assert round(found.effective, 1) == 2.1
        assert found.largest == pytest.approx(21_739, abs=1)
        assert all("2.1 effective rows of 10,000" in method(log).reason for method in METHODS)
