"""Ranking by uplift against scikit-uplift; calibration against scikit-learn."""

import duckdb
import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import auc
from sklift.metrics import qini_auc_score, uplift_auc_score
from sklift.metrics import qini_curve as their_qini_curve
from sklift.metrics import uplift_curve as their_uplift_curve

from tonglu.stats.calibration import Reliability, calibration_error
from tonglu.stats.estimate import Withheld
from tonglu.stats.sufficient import Proportion
from tonglu.stats.uplift import Bin, area, auuc, qini, qini_curve, uplift_curve

BINS = """
    SELECT count(*) FILTER (t = 1), coalesce(sum(y) FILTER (t = 1), 0)::INT, count(*) FILTER (t = 0), coalesce(sum(y) FILTER (t = 0), 0)::INT
    FROM ranked GROUP BY score ORDER BY score DESC
"""


def ranked(seed, base, share=0.5, size=1500):
    draws = np.random.default_rng(seed)
    score = draws.integers(0, 10, size) / 10
    t = (draws.random(size) < share).astype(int)
    y = (draws.random(size) < base + t * 0.3 * (score - 0.3)).astype(int)
    return y, score, t


def binned(y, score, t):
    with duckdb.connect() as connection:
        columns = {"y": y.tolist(), "score": score.tolist(), "t": t.tolist()}
        connection.execute("CREATE TABLE ranked AS SELECT unnest($y) AS y, unnest($score) AS score, unnest($t) AS t", columns)
        return [Bin(Proportion(*row[:2]), Proportion(*row[2:])) for row in connection.execute(BINS).fetchall()]


# A base rate of 0.7 has more responders among controls than idle treated: the perfect uplift order is another one.
@pytest.mark.filterwarnings("ignore:.*stable_cumsum:FutureWarning")  # of scikit-uplift in scikit-learn
@pytest.mark.parametrize("case", [(1, 0.2), (2, 0.2, 0.8), (3, 0.7, 0.3), (4, 0.09, 0.1)])
def test_curves_and_coefficients_agree_with_scikit_uplift(case):
    y, score, t = ranked(*case)
    bins = binned(y, score, t)
    assert qini(bins) == pytest.approx(qini_auc_score(y, score, t), abs=1e-9)
    assert auuc(bins) == pytest.approx(uplift_auc_score(y, score, t), abs=1e-9)
    for ours, theirs in (
        (qini_curve(bins), their_qini_curve(y, score, t)),
        (uplift_curve(bins), their_uplift_curve(y, score, t)),
    ):
        assert np.array(ours) == pytest.approx(np.column_stack(theirs), abs=1e-9)
        assert area(ours) == pytest.approx(auc(*theirs), abs=1e-9)


def test_the_ranking_that_finds_the_persuadable_is_better_than_its_reverse():
    bins = binned(*ranked(5, 0.2, size=6000))
    assert qini(bins) > 0 > qini(bins[::-1])
    assert auuc(bins) > 0 > auuc(bins[::-1])
    assert qini([sum(bins[1:], bins[0])]) == pytest.approx(0.0, abs=1e-12)


def test_a_ranking_of_one_arm_or_of_nothing_to_gain_is_withheld():
    treated = Bin(Proportion(10, 3), Proportion())
    assert qini([treated]) == auuc([treated]) == Withheld("a ranking needs treated and controls")
    idle = Bin(Proportion(10, 0), Proportion(10, 0))
    assert qini([idle]) == Withheld("no ranking could be better than another")


def test_calibration_agrees_with_scikit_learn():
    draws = np.random.default_rng(6)
    predicted = draws.beta(2, 5, 4000)
    happened = (draws.random(4000) < predicted**1.3).astype(int)
    rates, means = calibration_curve(happened, predicted, n_bins=10)
    number = np.minimum((predicted * 10).astype(int), 9)
    bins = [
        Reliability(int((number == b).sum()), float(predicted[number == b].sum()), int(happened[number == b].sum()))
        for b in range(10)
    ]
    met = [one for one in bins if one.n]
    assert [one.happened / one.n for one in met] == pytest.approx(list(rates), abs=1e-9)
    assert [one.predicted / one.n for one in met] == pytest.approx(list(means), abs=1e-9)
    expected = sum(one.n * abs(r - m) for one, r, m in zip(met, rates, means, strict=True)) / 4000
    assert calibration_error(bins) == pytest.approx(expected, abs=1e-9)
    assert calibration_error([]) == 0.0
    assert sum(bins, Reliability()).gap == pytest.approx((happened.sum() - predicted.sum()) / 4000, abs=1e-12)
    with pytest.raises(ValueError, match="cannot be"):
        Reliability(3, 1.0, 4)
