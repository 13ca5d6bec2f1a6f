"""Things that open and close on their own: complaints, risk alerts, loans in the pipeline.

Assumptions of ours: one complaint per 25,000 customers and day, closed after 2 to 16 days; one risk alert per 30,000, cleared
after half a day to 12 days (so about 0.02 % of customers stand under each); 1.5 % of customers, three in four of them
business owners or farmers, have a loan application between one year before and one year after the opening, which goes survey
- approved - line - drawn - repaying - closed; one application in five stops at approval; three in a hundred borrowers fall
behind, from some day of the first eight months of repaying on until the loan is closed.
"""

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from tonglu.bank.calendar import DAY, FAR, HOUR
from tonglu.bank.chance import Ints, pick
from tonglu.bank.people import FIRST_CUSTOMER
from tonglu.bank.places import ALERTS, BUSINESS_OWNER, COMPLAINT_TOPICS, FARMER, LOAN_STAGES
from tonglu.bank.roster import Roster
from tonglu.bank.tables import event_rows, instants, joined, numbers, texts, words

NEVER = FAR * DAY
COMPLAINTS_PER_DAY = 1 / 25_000
ALERTS_PER_DAY = 1 / 30_000
LONGEST = 17
"""Days within which every complaint and alert closes."""
STAGE_DAYS = (0, 9, 6, 12, 30, 330)
REPAYING = 4
PAY_LATE = 0.03
LONGEST_OVERDUE = 120


@dataclass(frozen=True)
class Cases:
    """Cases with a beginning and an end (microseconds); `detail` is a topic's or a rule's position, `number` the row's id."""

    number: Ints
    person: Ints
    opened: Ints
    closed: Ints
    detail: Ints

    @staticmethod
    def together(parts: "list[Cases]") -> "Cases":
        """All parts in order."""
        return Cases(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Cases)})

    def where(self, keep: np.ndarray) -> "Cases":
        """The cases at which `keep` is true."""
        return Cases(**{f.name: getattr(self, f.name)[keep] for f in fields(self)})

    def changing(self, start: int, end: int) -> "Cases":
        """The cases that open or close with start <= instant < end."""
        return self.where(((self.opened >= start) & (self.opened < end)) | ((self.closed >= start) & (self.closed < end)))


def complaints_of_day(bank: Roster, day: int) -> Cases:
    """Complaints that arise on a bank day whatever the bank does."""
    return _arising(bank, "complaint", day, rate=COMPLAINTS_PER_DAY, details=len(COMPLAINT_TOPICS), length=(2, 14))


def alerts_of_day(bank: Roster, day: int) -> Cases:
    """Risk alerts raised on a bank day."""
    return _arising(bank, "alert", day, rate=ALERTS_PER_DAY, details=len(ALERTS), length=(0.5, 11.5))


def _arising(bank: Roster, purpose: str, day: int, *, rate: float, details: int, length: tuple[float, float]) -> Cases:
    dice, people = bank.dice, bank.people
    everyone = np.arange(len(people), dtype=np.int64)
    who = np.flatnonzero(dice.uniform(purpose, day, everyone) < rate)
    who = who[(people.opened[who] <= day) & (people.closed[who] > day)]
    at = day * DAY + (dice.uniform(f"{purpose}.time", day, who) * 14 * HOUR).astype(np.int64)
    last = ((length[0] + length[1] * dice.uniform(f"{purpose}.length", day, who)) * DAY).astype(np.int64)
    return Cases(day * 100_000 + np.arange(len(who)), who, at, at + last, dice.whole(f"{purpose}.detail", 0, details, day, who))


def complaints(cases: Cases, at: int) -> pa.Table:
    """Rows of `complaints` as they stand at an instant (microseconds)."""
    return pa.table(
        {
            "complaint_id": numbers(cases.number),
            "customer_id": numbers(cases.person + FIRST_CUSTOMER),
            "opened_at": instants(cases.opened),
            "closed_at": instants(cases.closed, cases.closed >= at),
            "topic": words(COMPLAINT_TOPICS, cases.detail),
        }
    )


def complaint_events(cases: Cases, start: int, end: int) -> list[pa.Table]:
    """`complaint_opened` and `complaint_closed` with start <= instant < end."""
    tables = []
    for name, at, prefix in (("complaint_opened", cases.opened, "co"), ("complaint_closed", cases.closed, "cc")):
        inside = (at >= start) & (at < end)
        part = cases.where(inside)
        topic = joined('{"topic": "', words(COMPLAINT_TOPICS, part.detail).cast(pa.string()), '"}')
        tables.append(event_rows(texts(prefix, part.number), part.person, name, at[inside], topic))
    return tables


def alerts(cases: Cases, at: int) -> pa.Table:
    """Rows of `risk_alerts` as they stand at an instant (microseconds)."""
    return pa.table(
        {
            "alert_id": numbers(cases.number),
            "customer_id": numbers(cases.person + FIRST_CUSTOMER),
            "dimension": words([d for d, _ in ALERTS], cases.detail),
            "rule": words([r for _, r in ALERTS], cases.detail),
            "raised_at": instants(cases.opened),
            "cleared_at": instants(cases.closed, cases.closed >= at),
        }
    )


@dataclass(frozen=True)
class Loans:
    """All loans and, per stage, the instant (microseconds, `NEVER`) at which each reaches it."""

    person: Ints
    amount: Ints
    reached: Ints
    late: Ints

    def overdue_at(self, at: int) -> Ints:
        """Days by which an instalment is late at an instant: those who pay late do so from a day of repaying on, until it is over."""
        due = self.reached[:, REPAYING] + self.late
        open_now = (due <= at) & (self.reached[:, REPAYING + 1] > at) & (self.late > 0)
        return np.where(open_now, np.minimum((at - np.where(open_now, due, at)) // DAY, LONGEST_OVERDUE), 0)

    def stage_at(self, at: int) -> Ints:
        """Position of the stage at an instant, -1 before the survey."""
        return np.asarray((self.reached <= at).sum(axis=1) - 1)


def make_loans(bank: Roster) -> Loans:
    """The pipeline from a year before the opening to a year after; a function of the roster alone."""
    dice, p = bank.dice, bank.people
    everyone = np.arange(len(p), dtype=np.int64)
    share = np.where((p.occupation == BUSINESS_OWNER) | (p.occupation == FARMER), 0.09, 0.005)
    who = np.flatnonzero((dice.uniform("loan", everyone) < share) & (p.age >= 20) & (p.age < 70))
    start = (bank.opening - 365 + dice.uniform("loan.start", who) * 730) * DAY
    reached = np.empty((len(who), len(STAGE_DAYS)))
    reached[:, 0] = start
    for stage in range(1, len(STAGE_DAYS)):
        reached[:, stage] = reached[:, stage - 1] + STAGE_DAYS[stage] * (0.5 + dice.uniform("loan.stage", stage, who)) * DAY
    whole = reached.astype(np.int64)
    whole[dice.uniform("loan.stops", who) < 0.2, 2:] = NEVER
    whole[p.opened[who] * DAY > whole[:, 0]] = NEVER
    late = np.where(dice.uniform("loan.late", who) < PAY_LATE, 1 + dice.uniform("loan.late.day", who) * 240 * DAY, 0).astype(
        np.int64
    )
    size = pick(np.array([0.35, 0.3, 0.2, 0.1, 0.05]), dice.uniform("loan.size", who))
    return Loans(who, np.array([5, 10, 30, 50, 100])[size] * 1_000_000, whole, late)


def loans(pipeline: Loans, at: int, which: Ints) -> pa.Table:
    """Rows of `loans` for positions `which` of the pipeline, all of them begun, as they stand at an instant."""
    stage = pipeline.stage_at(at)[which]
    return pa.table(
        {
            "loan_id": numbers(400_001 + which),
            "customer_id": numbers(pipeline.person[which] + FIRST_CUSTOMER),
            "stage": words(LOAN_STAGES, stage),
            "amount": numbers(pipeline.amount[which]),
            "changed_at": instants(pipeline.reached[which, stage]),
            "overdue_days": pa.array(pipeline.overdue_at(at)[which].astype(np.int32)),
        }
    )


def loan_moves(pipeline: Loans, start: int, end: int) -> pa.Table:
    """`loan_stage` events with start <= instant < end."""
    which, stage = np.nonzero((pipeline.reached >= start) & (pipeline.reached < end))
    number = 400_001 + which
    told = joined(texts('{"loan_id": ', number, ', "stage": "'), words(LOAN_STAGES, stage).cast(pa.string()), '"}')
    return event_rows(texts("l", number * 10 + stage), pipeline.person[which], "loan_stage", pipeline.reached[which, stage], told)
