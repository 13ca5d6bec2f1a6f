"""Calls of a bank in 26 waves: no arm is credited with the season."""

import pytest
from tests.campaigns.bank_calls import DATA, OFTEN, played, waves

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not DATA.exists(), reason=f"the data set is not at {DATA}")]


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    with played(tmp_path_factory.mktemp("calls"), waves()) as bank:
        yield bank


def newest(bank, step):
    query = "SELECT arm, n, conversions, p_best, standing FROM tonglu.learned WHERE step = $step AND run_no = 27"
    return {row[0]: row[1:] for row in bank.rows(query, step=step)}


def test_every_call_was_made_with_its_attempts(bank):
    assert bank.rows("SELECT count(*) FROM tonglu.touch") == [(41_188,)]
    attempts = sum(min(attempts, 20) for wave in waves() for _, attempts, _ in wave.calls)
    assert dict(bank.rows("SELECT receipt, count(*) FROM source.receipts GROUP BY receipt")) == {
        "answered": 41_188,
        "no_answer": attempts - 41_188,
    }
    assert bank.rows("SELECT sum(conversions) FROM tonglu.learned WHERE step = 'hour' AND run_no = 27") == [(4_640,)]


def test_a_placebo_that_was_drawn_more_often_in_good_times_is_never_said_to_be_better(bank):
    hours = newest(bank, "hour")
    day, evening = hours["day"], hours["evening"]
    assert evening[1] / evening[0] > 1.9 * day[1] / day[0]  # what would be believed without a look at the season
    assert evening[2] < 0.95
    assert day[2] < 0.95
    assert bank.rows("SELECT count(*) FROM tonglu.learned WHERE step = 'hour' AND standing = 'winner'") == [(0,)]


def test_the_shares_that_were_written_are_kept_and_logged(bank):
    shares = bank.rows("SELECT DISTINCT arm, propensity FROM tonglu.exposure WHERE step = 'hour' ORDER BY ALL")
    assert shares == [
        ("day", pytest.approx(1 - OFTEN)),
        ("day", OFTEN),
        ("evening", pytest.approx(1 - OFTEN)),
        ("evening", OFTEN),
    ]
    assert bank.rows("SELECT about FROM tonglu.trust WHERE broken") == []


def test_drift_is_seen(bank):
    rates = [wave.rate for wave in waves()]
    assert max(rates[7:]) > 5 * rates[0]
    earlier = bank.rows("SELECT arm, standing FROM tonglu.learned WHERE step = 'call' AND run_no = 8 AND standing = 'winner'")
    assert earlier == []  # after seven waves the lines are not told apart any more, though after one they seemed to be
