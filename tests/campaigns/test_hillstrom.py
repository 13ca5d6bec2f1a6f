"""The published figures of Hillstrom's experiment come out of the measure stage."""

import pytest
from tests.campaigns.hillstrom import DATA, played

pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"the data set is not at {DATA}")


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    with played(tmp_path_factory.mktemp("hillstrom")) as bank:
        yield bank


def lift(bank, goal, columns):
    query = f"SELECT {columns} FROM tonglu.lift WHERE run_no = 2 AND journey = 'mens' AND goal = $goal"
    [row] = bank.rows(query, goal=goal)
    return row


def by_arm(bank, goal, arm, columns):
    query = f"""SELECT {columns} FROM tonglu.lift_by
        WHERE run_no = 2 AND journey = 'email' AND kind = 'arm' AND slice = $slice AND goal = $goal"""
    [row] = bank.rows(query, goal=goal, slice=f"mail/{arm}")
    return row


def test_everybody_is_in_the_arm_of_history(bank):
    counts = "n_treated, n_control, conversions_treated, conversions_control"
    assert by_arm(bank, "bought", "mens", counts) == (21_307, 21_306, 267, 122)
    assert by_arm(bank, "bought", "womens", counts) == (21_387, 21_306, 189, 122)
    assert by_arm(bank, "visited", "mens", counts) == (21_307, 21_306, 3_894, 2_262)
    assert by_arm(bank, "visited", "womens", counts) == (21_387, 21_306, 3_238, 2_262)


def test_spend_is_that_of_history(bank):
    rows = bank.rows("""SELECT slice, side, sum(v)::BIGINT FROM tonglu.measured
        WHERE journey = 'email' AND goal = 'bought' AND kind = 'arm' GROUP BY ALL ORDER BY ALL""")
    assert rows == [("mail/", "holdout", 1_390_833), ("mail/mens", "treated", 3_031_169), ("mail/womens", "treated", 2_303_811)]


def test_the_mens_email_raises_conversion_as_published(bank):
    low, high, middle, least, most, relative_low, relative_high = lift(
        bank, "bought", "fixed_low, fixed_high, lift, lift_low, lift_high, relative_low, relative_high"
    )
    assert (middle, low, high) == pytest.approx((0.006805, 0.005000, 0.008610), abs=1e-6)
    assert (relative_low, relative_high) == pytest.approx((0.7680, 1.7088), abs=2e-4)
    assert least < low
    assert most > high
    assert by_arm(bank, "bought", "mens", "lift, lift_low, lift_high") == pytest.approx((middle, least, most), abs=1e-12)


def test_the_mens_email_raises_spend_as_published(bank):
    found = lift(bank, "bought", "value_lift, value_low, value_high")
    assert found == pytest.approx((0.76983, 0.30207, 1.23759), abs=5e-5)


def test_past_spend_foretells_little(bank):
    assert lift(bank, "bought_given_history", "value_lift") == pytest.approx((0.76744,), abs=5e-5)
    assert lift(bank, "bought_given_history", "variance_ratio")[0] == pytest.approx(1, abs=0.002)


def test_the_assignment_is_believed_and_the_mens_email_wins(bank):
    assert bank.rows("SELECT about FROM tonglu.trust WHERE broken") == []
    standing = dict(bank.rows("SELECT arm, standing FROM tonglu.learned WHERE run_no = 2 AND journey = 'email'"))
    assert standing == {"mens": "winner", "womens": ""}
