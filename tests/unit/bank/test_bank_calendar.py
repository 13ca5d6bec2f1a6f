from datetime import date

import numpy as np
import pytest

from tonglu.bank.calendar import Workdays, date_of, day_number, last_known_day, month_of, month_start
from tonglu.bank.chance import Dice, mixed, pick

YEAR_2026 = Workdays.over(day_number(date(2025, 12, 1)), last_known_day())


@pytest.mark.parametrize(
    ("month", "nominal", "paid"),
    [
        (2, 15, date(2026, 2, 14)),
        (2, 20, date(2026, 2, 14)),
        (4, 5, date(2026, 4, 3)),
        (5, 5, date(2026, 4, 30)),
        (5, 10, date(2026, 5, 9)),
        (9, 25, date(2026, 9, 24)),
        (10, 5, date(2026, 9, 30)),
        (10, 10, date(2026, 10, 10)),
        (12, 20, date(2026, 12, 18)),
        (2, 31, date(2026, 2, 28)),
    ],
)
def test_a_pay_day_on_a_day_off_moves_to_the_preceding_working_day(month: int, nominal: int, paid: date) -> None:
    at = month_of(day_number(date(2026, month, 1)))
    days = YEAR_2026.pay_dates(at, np.array([nominal]), np.array([True]))
    assert [date_of(int(d)) for d in days] == [paid]


def test_a_payer_that_does_not_shift_pays_on_the_nominal_day() -> None:
    at = month_of(day_number(date(2026, 2, 1)))
    assert date_of(int(YEAR_2026.pay_dates(at, np.array([15]), np.array([False]))[0])) == date(2026, 2, 15)


def test_a_year_without_known_holidays_is_refused() -> None:
    with pytest.raises(ValueError, match="holiday calendar"):
        Workdays.over(day_number(date(2026, 12, 1)), last_known_day() + 400)


def test_days_outside_the_table_are_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        YEAR_2026.at_or_before([day_number(date(2024, 1, 1))])


def test_months_and_days_are_inverse() -> None:
    for month in range(600, 700):
        assert month_of(month_start(month)) == month
        assert month_of(month_start(month) - 1) == month - 1


def test_the_mixer_is_splitmix64() -> None:
    # Reference values of splitmix64 from state 0 (Vigna's splitmix64.c): the state grows by the golden gamma.
    states = np.array([0, 0x9E3779B97F4A7C15], dtype=np.uint64)
    assert [hex(x) for x in mixed(states)] == ["0xe220a8397b1dcdaf", "0x6e789e6aa1b965f4"]


def test_a_draw_depends_on_its_counters_only() -> None:
    dice = Dice(3)
    together = dice.uniform("p", 7, np.arange(100))
    alone = np.array([dice.uniform("p", 7, i)[0] for i in range(100)])
    assert np.array_equal(together, alone)
    assert not np.array_equal(together, dice.uniform("p", 8, np.arange(100)))
    assert not np.array_equal(together, dice.uniform("q", 7, np.arange(100)))
    assert not np.array_equal(together, Dice(4).uniform("p", 7, np.arange(100)))


def test_uniforms_and_normals_have_their_moments() -> None:
    u, z = Dice(1).uniform("u", np.arange(200_000)), Dice(1).normal("z", np.arange(200_000))
    assert u.min() >= 0
    assert u.max() < 1
    assert abs(u.mean() - 0.5) < 0.003
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 0.01
    assert abs(z.mean()) < 0.01
    assert abs(z.std() - 1) < 0.01


def test_picks_follow_their_weights() -> None:
    chosen = pick(np.array([1.0, 0.0, 3.0]), Dice(1).uniform("w", np.arange(50_000)))
    shares = np.bincount(chosen, minlength=3) / 50_000
    assert shares[1] == 0
    assert abs(shares[2] - 0.75) < 0.01
