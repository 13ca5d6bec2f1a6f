"""Employers: sizes, pay-days, agreements.

Assumptions of ours: one employer per 50 customers; sizes follow a Pareto law (exponent 1.15, cut at 3 % of all weight); 78 %
of employers, spread over all sizes, have a payroll agreement, of which 75 % were signed before the history begins, 15 %
during it and 10 % in the year after the opening (the last two only below the median size, so that no single signing floods a
day); 2 % of older agreements end. An employer without an agreement pays by plain transfer, 40 % of them from the owner's
personal account. 60 % of pay-days are 5, 8, 10, 15, 20, 25 or the month's end, the rest any day. Platforms of flexible work
(8 % of employers, agreement always) pay by interface on the nominal day itself, also on days off, and their days cover the
month evenly; so do 15 % of the employers without agreement; everyone else pays on the preceding working day.
"""

from dataclasses import dataclass

import numpy as np

from tonglu.bank.calendar import FAR
from tonglu.bank.chance import Dice, Flags, Floats, Ints
from tonglu.bank.places import INDUSTRIES, PLATFORM, PROVINCES

USUAL_DAYS = (5, 8, 10, 15, 20, 25, 31)
USUAL_WEIGHTS = (10.0, 9.0, 26.0, 24.0, 11.0, 9.0, 11.0)
EMPLOYER_BASE = 700_001
OWNER_BASE = 2_000_000_000
"""Counterparty numbers of owners' personal accounts start here."""

CITIES = tuple(city for _, _, cities in PROVINCES for city in cities)
CITY_PROVINCE = np.repeat(np.arange(len(PROVINCES)), [len(cities) for _, _, cities in PROVINCES]).astype(np.int64)
CITY_WEIGHTS = np.concatenate(
    [np.array([w * (2.0 if i == 0 else 1.0) for i in range(len(c))]) / (len(c) + 1) for _, w, c in PROVINCES]
)


@dataclass(frozen=True)
class Employers:
    """Columns of all employers, those that sign in the future included; position i has employer_id EMPLOYER_BASE + i."""

    industry: Ints
    city: Ints
    word: Ints
    weight: Floats
    labelled: Flags
    """Has (or will have) a payroll agreement; its salaries carry the code of wages."""
    owner_pays: Flags
    shifts: Flags
    pay_day: Ints
    signed_on: Ints
    """Bank day of the agreement's signing; for employers without one, long ago."""
    ended_on: Ints
    headcount: Ints

    def __len__(self) -> int:
        return len(self.industry)

    @property
    def payer(self) -> Ints:
        """Counterparty number that appears on the salary transaction."""
        i = np.arange(len(self), dtype=np.int64)
        return np.where(self.owner_pays, OWNER_BASE + i, EMPLOYER_BASE + i)


def make_employers(dice: Dice, customers: int, opening: int, first: int) -> Employers:
    """Employers for a bank of `customers`, opening and history's first bank day given."""
    n = max(40, customers // 50)
    i = np.arange(n, dtype=np.int64)
    industry = dice.pick("employer.industry", [w for _, w, _ in INDUSTRIES], i)
    industry[industry == PLATFORM] = 0
    industry[i % 12 == 5] = PLATFORM
    platform = industry == PLATFORM
    weight = (1.0 - dice.uniform("employer.size", i)) ** (-1 / 1.15)
    weight = np.minimum(weight, 0.03 * weight.sum())
    # Spread over the ranks of size by the golden ratio, so that few big employers cannot upset the share of labelled wages.
    rank = np.argsort(np.argsort(-weight, kind="stable"), kind="stable")
    labelled = (rank * 0.6180339887498949 % 1.0 < 0.76) | platform
    usual = np.array(USUAL_DAYS)[dice.pick("employer.usual_day", USUAL_WEIGHTS, i)]
    any_day = dice.whole("employer.any_day", 1, 29, i)
    usual = np.where(platform, np.cumsum(platform) % 31 + 1, usual)
    pay_day = np.where(~platform & (dice.uniform("employer.day_kind", i) >= 0.6), any_day, usual)
    small = (weight < np.median(weight)) & labelled & ~platform
    u = dice.uniform("employer.signed", i)
    signed = first - dice.whole("employer.signed_before", 60, 3000, i)
    signed = np.where(small & (u < 0.3), first + dice.whole("employer.signed_in", 0, max(opening - first, 1), i), signed)
    signed = np.where(small & (u >= 0.3) & (u < 0.5), opening + dice.whole("employer.signed_after", 0, 365, i), signed)
    ends = labelled & (signed < first) & small & (dice.uniform("employer.ends", i) < 0.03)
    ended = np.where(ends, first + dice.whole("employer.ended", 60, opening - first + 365, i), FAR)
    shifts = ~platform & (labelled | (dice.uniform("employer.no_shift", i) >= 0.15))
    share = weight / weight.sum() * customers * 0.55
    headcount = np.maximum(3, share * (1.2 + 2.0 * dice.uniform("employer.headcount", i))).astype(np.int64)
    return Employers(
        industry=industry,
        city=dice.pick("employer.city", CITY_WEIGHTS, i),
        word=dice.whole("employer.word", 0, 20, i),
        weight=weight,
        labelled=labelled,
        owner_pays=~labelled & (dice.uniform("employer.owner", i) < 0.4),
        shifts=shifts,
        pay_day=pay_day,
        signed_on=signed,
        ended_on=ended,
        headcount=headcount,
    )
