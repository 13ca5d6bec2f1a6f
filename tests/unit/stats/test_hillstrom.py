"""A public e-mail experiment, from the rows to the published numbers."""

from pathlib import Path

import duckdb
import pytest

from tonglu.stats.always_valid import always_valid
from tonglu.stats.difference import compare_means, difference_of_proportions, newcombe, relative_lift, wald, welch
from tonglu.stats.estimate import Estimate, Interval
from tonglu.stats.ratio_mismatch import RatioCheck, check_ratio
from tonglu.stats.stratified import cuped, theta
from tonglu.stats.sufficient import Covaried, Moments, Proportion

DATA = Path(__file__).resolve().parents[4] / "shared" / "datasets" / "hillstrom" / "hillstrom.parquet"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"the data set is not at {DATA}")

SUMS = """
    SELECT segment, count(*), sum(conversion)::BIGINT, sum(visit)::BIGINT, sum(spend)::DOUBLE, sum(spend * spend)::DOUBLE,
        sum(history)::DOUBLE, sum(history * history)::DOUBLE, sum(spend * history)::DOUBLE
    FROM read_parquet($path) GROUP BY segment
"""


@pytest.fixture(scope="module")
def arms():
    with duckdb.connect() as connection:
        rows = connection.execute(SUMS, {"path": str(DATA)}).fetchall()
    return {row[0].split()[0]: row[1:] for row in rows}


def limits(result):
    assert isinstance(result, Interval)
    return result.low, result.high


def test_the_sums_are_the_published_ones(arms):
    assert {name: row[:3] for name, row in arms.items()} == {
        "No": (21306, 122, 2262),
        "Mens": (21307, 267, 3894),
        "Womens": (21387, 189, 3238),
    }
    assert [round(arms[name][3], 2) for name in ("No", "Mens", "Womens")] == [13908.33, 30311.69, 23038.11]


def test_mens_conversion(arms):
    treated, control = (Proportion(*arms[name][:2]) for name in ("Mens", "No"))
    by_wald = wald(treated, control)
    assert isinstance(by_wald, Interval)
    assert by_wald.estimate == pytest.approx(0.006805, abs=5e-7)
    assert limits(by_wald) == pytest.approx((0.005000, 0.008610), abs=5e-7)
    assert limits(newcombe(treated, control)) == pytest.approx((0.005014, 0.008641), abs=5e-7)
    assert limits(relative_lift(treated, control)) == pytest.approx((0.7680, 1.7088), abs=5e-5)
    assert difference_of_proportions(treated, control) == by_wald


def test_mens_spend(arms):
    treated, control = (Moments(arms[name][0], *arms[name][3:5]) for name in ("Mens", "No"))
    result = welch(treated, control)
    assert isinstance(result, Interval)
    assert result.estimate == pytest.approx(0.76983, abs=5e-6)
    assert limits(result) == pytest.approx((0.48514, 1.05451), abs=5e-6)
    assert limits(always_valid(compare_means(treated, control), 5000)) == pytest.approx((0.30207, 1.23759), abs=5e-6)


def test_mens_spend_adjusted_by_history(arms):
    treated, control = (Covaried(arms[name][0], *arms[name][3:]) for name in ("Mens", "No"))
    plain, adjusted = compare_means(treated.outcome, control.outcome), cuped(treated, control)
    assert isinstance(plain, Estimate)
    assert isinstance(adjusted, Estimate)
    assert theta(treated, control) == pytest.approx(0.0012229, abs=5e-8)
    assert adjusted.value == pytest.approx(0.76744, abs=5e-6)
    assert adjusted.variance / plain.variance == pytest.approx(0.99957, abs=5e-6)


def test_the_three_arms_match_their_ratio(arms):
    check = check_ratio([row[0] for row in arms.values()], [1, 1, 1])
    assert isinstance(check, RatioCheck)
    assert not check.mismatch
