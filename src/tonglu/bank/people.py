"""Customers: who they are, where they work and since when, how they bank.

Assumptions of ours (shares of all customers): occupations by age so that about 55 % are employed, 18 % retired, 7 % farmers,
6 % business owners, 7 % students, 6 % freelancers, under 1 % servicemen. Pensions reach 92 % of the retired. Of the employed,
50 % were paid through the bank before the history begins, 4 % changed their payer during it, 11 % received a first salary
during it, 10 % within the last 60 days (a drive for new payrolls), 23 % will within a year after the opening, 2 % never do;
half of the last arrivals work for platforms, so that first salaries come on days off too. 4 % of the first two lose the job
during the history and another 4 % in the year after. Customers who join after the opening are 6 % of N in a year, all of them
newly employed; they are numbered after N. 5 % of N opened their account during the history. One customer in 6 with a salary
moves more than 70 % of it away within 48 hours nearly every month (85 %), the others rarely (2 %). Ratings: 12 % missing, up
to 500 days old (so about a quarter expired at 365 days). New citizens: 16 % without registered residence where they live.
"""

from dataclasses import dataclass, fields

import numpy as np

from tonglu.bank.calendar import DAY, FAR, HOUR, Workdays, calendar_month, month_of, month_start
from tonglu.bank.chance import Dice, Flags, Floats, Ints, pick
from tonglu.bank.employers import CITY_PROVINCE, CITY_WEIGHTS, Employers
from tonglu.bank.places import (
    BUSINESS_OWNER,
    CIVIL_SERVANT,
    EMPLOYEE,
    FARMER,
    FREELANCER,
    MUNICIPALITIES,
    PLATFORM,
    PROVINCES,
    PUBLIC,
    RETIRED,
    SERVICEMAN,
    STUDENT,
)

FIRST_CUSTOMER = 1_000_001
JOINING_SHARE = 0.06
LONG_AGO = 0


@dataclass(frozen=True)
class People:
    """Columns of all customers, the joining ones included; position i has customer_id FIRST_CUSTOMER + i. Days are bank days."""

    birth: Ints
    age: Ints
    """Age in years at the opening."""
    female: Flags
    city: Ints
    county: Flags
    local: Flags
    resident_since: Ints
    occupation: Ints
    employer: Ints
    """Position of the present (or coming) employer, -1 for none."""
    prev_employer: Ints
    job_from: Ints
    job_to: Ints
    first_pay: Ints
    """Bank day of the first salary through this bank (`LONG_AGO`: before the history, `FAR`: never)."""
    income: Ints
    risk: Ints
    """1..5, 0 when not rated."""
    risk_on: Ints
    married: Flags
    children: Ints
    vulnerable: Flags
    opened: Ints
    closed: Ints
    login_rate: Floats
    """Expected app logins per day."""
    card_rate: Floats
    moves_out: Floats
    """Probability that most of a salary leaves within 48 hours."""
    pension: Ints
    """Monthly pension in fen, 0 for none."""
    has_plan: Flags
    has_pension_deposit: Flags

    def __len__(self) -> int:
        return len(self.birth)

    @property
    def ids(self) -> Ints:
        """customer_id by position."""
        return np.arange(FIRST_CUSTOMER, FIRST_CUSTOMER + len(self), dtype=np.int64)

    @property
    def group(self) -> Ints:
        """Group by age on which touches act differently: 0 young (<30), 1 prime (<45), 2 mature (<60), 3 silver."""
        return np.searchsorted(np.array([30, 45, 60]), self.age, side="right").astype(np.int64)

    def columns(self) -> dict[str, np.ndarray]:
        """All columns by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def positions(customer_ids: Ints) -> Ints:
    """Positions of customer numbers."""
    return np.asarray(customer_ids, dtype=np.int64) - FIRST_CUSTOMER


@dataclass(frozen=True)
class _Job:
    employer: Ints
    prev_employer: Ints
    job_from: Ints
    job_to: Ints


def make_people(dice: Dice, customers: int, *, opening: int, first: int, employers: Employers, workdays: Workdays) -> People:
    """`customers` customers at the opening and those who join in the year after; `first` is the first bank day of history."""
    joining = max(2, int(customers * JOINING_SHARE))
    i = np.arange(customers + joining, dtype=np.int64)
    joins = i >= customers
    since = first - 400 - dice.whole("people.opened", 0, 5000, i)
    u = dice.uniform("people.opened_lately", i)
    since = np.where(u < 0.05, first + (u / 0.05 * (opening - first - 30)).astype(np.int64), since)
    opened = np.where(joins, opening + (i - customers) * 365 // joining, since)
    age, occupation = _ages_and_occupations(dice, i, joins)
    birth = opening - (age * 365.25 + dice.uniform("people.birthday", i) * 364).astype(np.int64) - 1
    job = _jobs(dice, i, joins=joins, occupation=occupation, opened=opened, opening=opening, first=first, emp=employers)
    city = dice.pick("people.city", CITY_WEIGHTS, i)
    placed = (job.employer >= 0) & (dice.uniform("people.city_of_employer", i) < 0.8)
    city = np.where(placed, employers.city[np.maximum(job.employer, 0)], city)
    first_pay = _first_pay(job, opened, first, employers, workdays)
    income = _income(dice, i, occupation, age, city)
    pensioner = (occupation == RETIRED) & (dice.uniform("people.pensioner", i) < 0.92)
    pension = np.where(pensioner, np.clip(income, 150_000, 1_200_000), 0)
    newcomer = dice.uniform("people.newcomer", i) < np.where(age < 45, 0.22, 0.07)
    rated = (dice.uniform("people.rated", i) < 0.88) & (age >= 18) & ~joins
    rating_weights = np.where(age[:, None] >= 60, [0.34, 0.38, 0.2, 0.06, 0.02], [0.14, 0.3, 0.33, 0.17, 0.06])
    risk = 1 + (dice.uniform("people.risk", i)[:, None] >= np.cumsum(rating_weights, axis=1)[:, :4]).sum(axis=1)
    married = dice.uniform("people.married", i) < np.select([age < 23, age < 30, age < 36], [0.02, 0.35, 0.72], 0.88)
    children = np.where(married & (age >= 24), pick(np.array([0.2, 0.5, 0.26, 0.04]), dice.uniform("people.children", i)), 0)
    closes = dice.uniform("people.closes", i) < 0.012
    paid_long = (job.employer >= 0) & (first_pay < opening - 60)
    return People(
        birth=birth,
        age=age,
        female=dice.uniform("people.sex", i) < 0.505,
        city=city,
        county=_county(dice, i, city, occupation),
        local=~newcomer,
        resident_since=np.maximum(birth, opening - np.where(newcomer, dice.whole("people.came", 30, 2500, i), 100_000)),
        occupation=occupation,
        employer=job.employer,
        prev_employer=job.prev_employer,
        job_from=job.job_from,
        job_to=job.job_to,
        first_pay=first_pay,
        income=income,
        risk=np.where(rated, risk, 0),
        risk_on=np.where(rated, opening - 1 - dice.whole("people.risk_on", 0, 500, i), 0),
        married=married,
        children=children,
        vulnerable=dice.uniform("people.vulnerable", i) < np.where(age >= 75, 0.06, 0.004),
        opened=opened,
        closed=np.where(closes & ~joins, first + dice.whole("people.closed", 30, opening - first + 365, i), FAR),
        login_rate=_login_rate(dice, i, age, job.employer >= 0),
        card_rate=np.clip(0.015 + 0.09 * dice.uniform("people.card", i) ** 2, 0.0, 0.2) * np.where(age >= 65, 0.5, 1.0),
        moves_out=np.where(dice.uniform("people.mover", i) < 1 / 6, 0.85, 0.02),
        pension=pension,
        has_plan=paid_long & (dice.uniform("people.plan", i) < 0.18),
        has_pension_deposit=pensioner & (dice.uniform("people.pension_deposit", i) < 0.15),
    )


def _ages_and_occupations(dice: Dice, i: Ints, joins: Flags) -> tuple[Ints, Ints]:
    band = pick(np.array([0.02, 0.09, 0.13, 0.24, 0.20, 0.15, 0.11, 0.06]), dice.uniform("people.age_band", i))
    low = np.array([14, 18, 24, 30, 40, 50, 60, 70])[band]
    high = np.array([18, 24, 30, 40, 50, 60, 70, 91])[band]
    age = low + np.floor((high - low) * dice.uniform("people.age", i)).astype(np.int64)
    age = np.where(joins, 20 + (age % 33), age)
    u = dice.uniform("people.occupation", i)
    female = dice.uniform("people.sex", i) < 0.505
    retiring = np.where(female, 52, 60)
    # Shares in working life: employee, civil servant, business owner, farmer, freelancer, serviceman.
    working = np.array([EMPLOYEE, CIVIL_SERVANT, BUSINESS_OWNER, FARMER, FREELANCER, SERVICEMAN])[
        pick(np.array([0.66, 0.08, 0.085, 0.085, 0.08, 0.01]), u)
    ]
    working = np.where((working == SERVICEMAN) & (age > 45), EMPLOYEE, working)
    studying = (age < 18) | ((age < 24) & (dice.uniform("people.student", i) < 0.6))
    rests = (age >= retiring) & (dice.uniform("people.retired", i) < np.where(age >= 65, 0.95, 0.85)) & (working != FARMER)
    occupation = np.select([studying, rests, (age >= 60) & (working == EMPLOYEE)], [STUDENT, RETIRED, FREELANCER], working)
    occupation = np.where(joins, EMPLOYEE, occupation)
    return age, occupation.astype(np.int64)


def _jobs(dice: Dice, i: Ints, *, joins: Flags, occupation: Ints, opened: Ints, opening: int, first: int, emp: Employers) -> _Job:
    works = (occupation == EMPLOYEE) | (occupation == CIVIL_SERVANT) | (occupation == SERVICEMAN)
    kind = pick(np.array([0.50, 0.04, 0.11, 0.10, 0.23, 0.02]), dice.uniform("job.kind", i))
    kind = np.where(joins, 4, kind)
    u = dice.uniform("job.from", i)
    length = opening - first
    start = np.select(
        [kind == 1, kind == 2, kind == 3, kind == 4],
        [first + 60 + u * (length - 90), first + u * (length - 60), opening - 60 + u * 60, opening + u * 365],
        LONG_AGO,
    )
    begins = np.where(joins, opened + u * 10, start).astype(np.int64)
    employer = dice.pick("job.employer", emp.weight, i)
    arrives = works & (kind >= 2)
    platforms = np.flatnonzero(emp.industry == PLATFORM)
    if len(platforms):
        flexible = arrives & (occupation == EMPLOYEE) & (dice.uniform("job.flexible", i) < np.where(kind >= 3, 0.5, 0.2))
        employer = np.where(flexible, platforms[dice.whole("job.platform", 0, len(platforms), i)], employer)
    publics = np.flatnonzero(emp.industry == PUBLIC)
    if len(publics):
        employer = np.where(occupation == CIVIL_SERVANT, publics[dice.whole("job.public", 0, len(publics), i)], employer)
    employer = np.where(works & (kind != 5), employer, -1)
    previous = np.where((kind == 1) & works, dice.pick("job.previous", emp.weight, i), -1)
    previous = np.where(previous == employer, -1, previous)
    u = dice.uniform("job.lost", i)
    steady = (kind < 2) & (employer >= 0)
    lost = np.where(steady & (u < 0.04), first + 120 + (u / 0.04 * (length - 120)).astype(np.int64), FAR)
    later = steady & (u >= 0.04) & (u < 0.08)
    lost = np.where(later, opening + ((u - 0.04) / 0.04 * 365).astype(np.int64), lost)
    return _Job(employer, previous, begins, np.maximum(lost, np.where(lost < FAR, begins + 60, 0)))


def _first_pay(job: _Job, opened: Ints, first: int, emp: Employers, workdays: Workdays) -> Ints:
    """Bank day of the first salary here; beyond the known holidays the nominal day stands in, no world reaches it."""
    e = np.maximum(job.employer, 0)
    begins = np.maximum.reduce([job.job_from, np.where(emp.labelled[e], emp.signed_on[e], LONG_AGO), opened])
    none = (job.employer < 0) | (begins >= np.minimum(job.job_to, emp.ended_on[e]))
    result = np.where(none, FAR, np.where(begins < first, LONG_AGO, -1))
    result = np.where((job.prev_employer >= 0) & ~none, LONG_AGO, result)
    open_rows = np.flatnonzero(result == -1)
    if not len(open_rows):
        return result
    for month in range(month_of(first), month_of(int(begins[open_rows].max())) + 3):
        pay = pay_dates_or_nominal(workdays, month, emp)[e[open_rows]]
        due = (pay >= begins[open_rows]) & (result[open_rows] == -1)
        result[open_rows[due]] = pay[due]
    return result


def pay_dates_or_nominal(workdays: Workdays, month: int, emp: Employers) -> Ints:
    """Pay-days of all employers in a month; nominal ones where the holiday calendar ends."""
    try:
        return workdays.pay_dates(month, emp.pay_day, emp.shifts)
    except ValueError:
        return month_start(month) + np.minimum(emp.pay_day, 28) - 1


def _county(dice: Dice, i: Ints, city: Ints, occupation: Ints) -> Flags:
    municipal = np.array([p in MUNICIPALITIES for p, _, _ in PROVINCES])[CITY_PROVINCE[city]]
    share = np.where(municipal, 0.1, 0.36)
    share = np.where(occupation == FARMER, 0.92, share)
    return dice.uniform("people.county", i) < share


def _income(dice: Dice, i: Ints, occupation: Ints, age: Ints, city: Ints) -> Ints:
    typical = np.array([720_000, 900_000, 1_500_000, 320_000, 120_000, 380_000, 560_000, 850_000])[occupation]
    rich = np.array([1.6 if p in ("北京", "上海") else 1.3 if p in ("广东", "江苏", "浙江") else 1.0 for p, _, _ in PROVINCES])
    spread = np.where(occupation == BUSINESS_OWNER, 0.8, 0.4)
    fen = typical * rich[CITY_PROVINCE[city]] * np.exp(spread * dice.normal("people.income", i))
    fen *= np.where(age < 28, 0.8, 1.0)
    return np.asarray(np.maximum(np.round(fen / 10_000), 1) * 10_000, dtype=np.int64)


def _login_rate(dice: Dice, i: Ints, age: Ints, paid: Flags) -> Floats:
    kind = pick(np.array([0.58, 0.30, 0.12]), np.clip(dice.uniform("people.app", i) + 0.1 * paid - 0.12 * (age >= 60), 0, 0.999))
    return np.array([0.003, 0.025, 0.10])[kind]


def first_pay_instant(people: People) -> Ints:
    """Microseconds of the morning on which the first salary arrives, the start of being new."""
    return np.array(people.first_pay * DAY + HOUR, dtype=np.int64)


def january_raises(month: int, first_month: int) -> int:
    """How many Januaries lie after `first_month` up to `month`: pensions rise by 3 % in each."""
    return sum(calendar_month(m) == 1 for m in range(first_month + 1, month + 1))
