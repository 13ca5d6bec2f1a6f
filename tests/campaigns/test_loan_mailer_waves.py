"""A lender's mailing in three waves: what two waves teach is judged on the third, by two objectives; an assignment that is none is refused."""

import pytest
from tests.campaigns.loan_mailer import DATA, JUDGED_IN, LEARNED_IN, RATE, REVENUE, played

from tonglu.app.evaluate import of_journey
from tonglu.app.inspect import project_of, published

pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"the data set is not at {DATA}")
RISKS = ("HIGH", "LOW", "MEDIUM")


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    with played(tmp_path_factory.mktemp("lender")) as bank:
        yield bank


def best(bank, journey, run_no):
    """The arm that is likeliest to be the best, by stratum."""
    query = (
        "SELECT stratum, arg_max(arm, p_best) FROM tonglu.learned WHERE journey = $journey AND run_no = $run_no GROUP BY stratum"
    )
    return dict(bank.rows(query, journey=journey, run_no=run_no))


def judged(bank, journey, policy, *, value=False, learned_in=None):
    with published(bank.root, project_of(bank.root)) as file:
        return of_journey(file, journey, None, None, policy, learned_in, value=value)[3]


def test_everybody_of_history_was_mailed_and_answered(bank):
    counts = "SELECT sum(n), sum(conversions) FROM tonglu.learned WHERE journey = $journey AND run_no = $run_no AND stratum = ''"
    assert bank.rows(counts, journey=RATE, run_no=JUDGED_IN) == [(53_810, 4_540)]
    assert bank.rows(counts, journey=RATE, run_no=LEARNED_IN) == [(4_958 + 19_599, 2_262)]


def test_two_waves_teach_that_cheap_offers_win_answers_and_dear_ones_revenue(bank):
    assert best(bank, RATE, LEARNED_IN) == dict.fromkeys(("", *RISKS), "cheap")
    assert best(bank, REVENUE, LEARNED_IN)[""] == "dear"
    assert best(bank, REVENUE, LEARNED_IN)["HIGH"] == "dear"
    standing = (
        "SELECT arm FROM tonglu.learned WHERE journey = $journey AND run_no = $run_no AND stratum = '' AND standing = 'winner'"
    )
    assert bank.rows(standing, journey=RATE, run_no=LEARNED_IN) == [("cheap",)]
    assert bank.rows(standing, journey=REVENUE, run_no=JUDGED_IN) == [("dear",)]


def test_the_third_wave_confirms_what_the_first_two_taught(bank):
    rate = judged(bank, RATE, "best", learned_in=LEARNED_IN)
    assert rate.support.n == 29_253
    assert rate.support.effective == pytest.approx(29_253 / 2, abs=100)
    assert rate.refused == ""
    assert rate.played.estimate == pytest.approx(0.07787, abs=5e-5)
    learned = rate.estimates["doubly robust"]
    assert learned.estimate == pytest.approx(0.0817, abs=1e-4)
    assert learned.estimate > rate.played.high
    revenue = judged(bank, REVENUE, "best", value=True, learned_in=LEARNED_IN)
    assert revenue.estimates["doubly robust"].estimate > revenue.played.high
    assert revenue.support.n == 29_253


def test_the_better_arm_depends_on_the_objective(bank):
    cheap, dear = (judged(bank, RATE, arm).estimates["doubly robust"] for arm in ("cheap", "dear"))
    assert 100 * (cheap.estimate - dear.estimate) == pytest.approx(1.19, abs=0.02)  # as published
    assert cheap.low > dear.high
    cheap, dear = (judged(bank, REVENUE, arm, value=True).estimates["doubly robust"] for arm in ("cheap", "dear"))
    assert dear.low > cheap.high


def test_an_assignment_that_differed_before_is_refused_and_a_clean_one_believed(bank):
    rows = bank.rows("SELECT journey, lift, method FROM tonglu.lift WHERE run_no = $run_no", run_no=JUDGED_IN)
    found = {journey: (lift, method) for journey, lift, method in rows}
    lift, method = found["yearlong_first"]
    assert lift is None
    assert method.startswith("withheld: the arms differed before they were assigned")
    assert "dormancy by -0.73 standard deviations" in method
    lift, method = found["yearlong_third"]
    assert 100 * lift == pytest.approx(0.36, abs=0.01)
    assert method == "always-valid, post-stratified"
