"""Work that a touch asks of a person: the outcomes that an employee may report, how often may be tried, and the item on a list.

Instants are naive datetimes that mean UTC. Names, addresses, texts and notes are personal data: no `repr` here shows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from tonglu.core.delivery import Assigned, DeliveryState


@dataclass(frozen=True)
class Disposition:
    """What an employee may report of an attempt, and what it means.

    Attributes:
        name: the word that is reported.
        receipt: the receipt of the touch that it stands for (semantics 24).
        again: another attempt may follow, while attempts are left.
        opts_out: the customer wants nothing more on this channel.
        state: the delivery state of the touch when this outcome settles it.
    """

    name: str
    receipt: str
    again: bool = False
    opts_out: bool = False
    state: DeliveryState = DeliveryState.DELIVERED


DISPOSITIONS: Mapping[str, Disposition] = MappingProxyType(
    {
        one.name: one
        for one in (  # [D] the words of a call centre; what each means is our own reading of them
            Disposition("confirmed", "confirmed"),
            Disposition("answered", "answered"),
            Disposition("answered_hangup", "answered"),
            Disposition("interested", "answered"),
            Disposition("converted", "answered"),
            Disposition("transferred", "answered"),
            Disposition("vulnerable", "answered"),
            Disposition("fraud_suspicion", "answered"),
            Disposition("call_back", "call_back", again=True),
            Disposition("no_answer", "no_answer", again=True, state=DeliveryState.FAILED),
            Disposition("busy", "no_answer", again=True, state=DeliveryState.FAILED),
            Disposition("power_off", "no_answer", again=True, state=DeliveryState.FAILED),
            Disposition("voicemail", "no_answer", again=True, state=DeliveryState.FAILED),
            Disposition("refused", "refused"),
            Disposition("refused_once", "refused"),
            Disposition("complaint", "refused", opts_out=True),
            Disposition("do_not_call", "refused", opts_out=True),
            Disposition("invalid", "failed", state=DeliveryState.FAILED),
            Disposition("wrong_person", "failed", state=DeliveryState.FAILED),
            Disposition("not_a_friend", "failed", state=DeliveryState.FAILED),
            Disposition("capped", "failed", state=DeliveryState.FAILED),
        )
    }
)
"""Every outcome that a worklist knows. Voicemail is no contact; a wrong person never was the customer; `not_a_friend` and `capped` are
what WeCom says of a group message that it did not deliver."""


@dataclass(frozen=True)
class Terms:
    """How the items of one channel may be worked.

    Attributes:
        confirm: the employee's outcome `confirmed` is the sending itself.
        lasts: how long an item stays on its list, from the instant at which it may leave.
        by_branch: whoever of the branch is free takes it; otherwise it has one employee.
        role: the employees of a branch who may be given items; None is any.
        outcomes: the outcomes that may be reported.
        total: attempts in all.
        per_day: attempts on one day of the bank.
        apart: the least time between two attempts.
        hours: of the people, on the bank's clock, the end not included; None is always.
    """

    confirm: bool
    lasts: timedelta
    by_branch: bool
    outcomes: tuple[str, ...]
    role: str | None = None
    total: int = 1
    per_day: int = 1
    apart: timedelta = timedelta()
    hours: tuple[time, time] | None = None


class WorkState(StrEnum):
    """Where an item stands. Only `open` and `taken` ones can be worked."""

    OPEN = "open"
    TAKEN = "taken"
    DONE = "done"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class WorkItem:
    """One item as an employee sees it; `title` and `body` are what to say. `due_at` is the earliest instant of the next attempt.

    `taken_back` says why it may not be worked any more, if so.
    """

    key: str
    channel: str
    journey: str
    customer_id: int = field(repr=False)
    branch_id: int | None
    employee_id: int | None
    name: str = field(repr=False)
    address: str = field(repr=False)
    message: str
    arm: str
    title: str = field(repr=False)
    body: str = field(repr=False)
    not_before: datetime
    due_at: datetime
    expires_at: datetime
    state: WorkState
    attempts: int
    version: int
    outcome: str = ""
    taken_by: str = ""
    taken_until: datetime | None = None
    product: str = ""
    branch: str = ""
    purpose: str = "marketing"
    taken_back: str = ""


@dataclass(frozen=True)
class NewItem:
    """One touch as it is put on a list."""

    key: str
    channel: str
    journey: str
    customer_id: int = field(repr=False)
    assigned: Assigned
    address: str = field(repr=False)
    message: str
    arm: str
    title: str = field(repr=False)
    body: str = field(repr=False)
    not_before: datetime
    expires_at: datetime
    heeds_hours: bool = True
    heeds_opt_out: bool = True


class Lists(Protocol):
    """Where a channel of people puts its touches: the mailroom's worklist."""

    def put(self, item: NewItem) -> bool:
        """Put a touch on its list, durably; False when it is there already."""
