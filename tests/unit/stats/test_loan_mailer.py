"""A lender's randomised mailing (Karlan and Zinman 2008): an effect within strata, and an assignment that is none."""

from pathlib import Path

import duckdb
import numpy as np
import pytest
import statsmodels.api as sm

from tonglu.stats.balance import Covariates, acted_too_early, balance, unbalanced
from tonglu.stats.estimate import Withheld
from tonglu.stats.stratified import post_stratified
from tonglu.stats.sufficient import Moments, Proportion

DATA = Path(__file__).resolve().parents[4] / "shared" / "datasets" / "loan_mailer_rct" / "loan_mailer.parquet"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"the data set is not at {DATA}")

BEFORE = ("dormancy", "appscore", "lastterm", "lnlastamount", "itczero", "female", "edhi", "age")
"""What the lender knew before it mailed, complete for everybody."""


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        connection.execute(f"""
            CREATE VIEW mailed AS
            SELECT *, offer4 < median(offer4) OVER (PARTITION BY risk) AS cheap, yearlong = 1 AS long FROM read_parquet('{DATA}')
        """)
        yield connection


def strata(connection, arm, sums, kind, where="true", by="risk, wave"):
    """Per stratum (treated, control) of what SQL summed."""
    rows = connection.execute(
        f"SELECT ({by})::VARCHAR, {arm}, count(*), {sums} FROM mailed WHERE {where} GROUP BY ALL"
    ).fetchall()
    found = {}
    for name, treated, *values in rows:
        found.setdefault(name, [kind(0)] * 2)[0 if treated else 1] = kind(*values)
    return {name: tuple(pair) for name, pair in sorted(found.items())}


def known(connection, arm, where, by="risk, wave"):
    sums = ", ".join(f"sum({x})::DOUBLE" for x in BEFORE)
    pairs = [f"sum({x}::DOUBLE * {y})" for number, x in enumerate(BEFORE) for y in BEFORE[number:]]
    p = len(BEFORE)

    def read(n, *values):
        return Covariates(n, values[:p] or (0.0,) * p, values[p:] or (0.0,) * len(pairs))

    return balance(strata(connection, arm, f"{sums}, {', '.join(pairs)}", read, where, by), BEFORE)


def test_the_counts_are_the_published_ones(connection):
    assert connection.execute("SELECT count(*), sum(applied)::INT, sum(tookup)::INT FROM mailed").fetchone() == (
        53810,
        4540,
        3887,
    )


def test_the_published_elasticity_comes_out_of_statsmodels(connection):
    # Table 3, column 1: probit of applying on the rate, within risk and wave.
    frame = connection.execute(
        "SELECT applied, offer4, low, med, waved2, waved3 FROM mailed WHERE normrate_less = 1 ORDER BY client_no"
    ).fetchnumpy()
    x = sm.add_constant(np.column_stack([frame[name] for name in ("offer4", "low", "med", "waved2", "waved3")]))
    slope = sm.Probit(frame["applied"], x).fit(disp=0).get_margeff(at="mean").margeff[0]
    assert slope == pytest.approx(-0.002888, abs=5e-6)
    assert slope * frame["offer4"].mean() / frame["applied"].mean() == pytest.approx(-0.27, abs=0.005)


def test_the_cheap_half_applies_more_often_within_risk_and_wave(connection):
    found = post_stratified(list(strata(connection, "cheap", "sum(applied)::INT", Proportion).values()))
    assert 100 * found.value == pytest.approx(1.19, abs=0.005)
    assert found.z > 4
    assert unbalanced(known(connection, "cheap", "true")) is None


def test_the_yearlong_offer_of_the_first_wave_is_no_assignment_and_is_refused(connection):
    def effect(where):
        return post_stratified(list(strata(connection, "long", "sum(applied)::INT", Proportion, where).values())).value

    # What would be believed without a check: 24 points.
    assert 100 * effect("wave = 1") == pytest.approx(24, abs=0.5)
    assert 100 * effect("wave > 1") == pytest.approx(0.25, abs=0.005)
    refused = unbalanced(known(connection, "long", "wave = 1"))
    assert isinstance(refused, Withheld)
    assert "dormancy by -0.73 standard deviations" in refused.reason
    assert unbalanced(known(connection, "long", "wave = 3")) is None
    # The second wave was drawn within branches: only strata that know it are balanced. The first wave is not even then.
    assert unbalanced(known(connection, "long", "wave = 2")) is not None
    assert unbalanced(known(connection, "long", "wave = 2", "risk, branchuse")) is None
    assert unbalanced(known(connection, "long", "wave = 1", "risk, branchuse")) is not None


def test_the_yearlong_offer_of_the_first_wave_predicts_the_loan_before_it(connection):
    sums = "sum(dormancy)::DOUBLE, sum(dormancy * dormancy)::DOUBLE"

    def earlier(where):
        return post_stratified(list(strata(connection, "long", sums, Moments, where).values()))

    assert acted_too_early(earlier("wave = 1")) is not None
    assert acted_too_early(earlier("wave = 3")) is None
