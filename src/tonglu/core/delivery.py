"""What stages, mailroom and channels say to each other about a touch on its way out: rows, results and the channel protocols.

Instants are naive datetimes that mean UTC. Texts, addresses and variables are personal data: no `repr` here shows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable

Value = str | int | float | bool | None
"""A template variable: what JSON holds. Money is integer fen, days and instants are ISO text."""

ADDRESS_GONE = "the address is gone"
"""Why a touch fails whose address was deleted between the decision and the hand-over."""

STAGED_COLUMNS = (
    "touch_key",
    "customer_id",
    "journey",
    "version",
    "address",
    "message",
    "arm",
    "variables",
    "not_before",
    "expires_at",
    "heeds_opt_out",
)
"""Columns of a staged Parquet batch: customer_id BIGINT, the two instants TIMESTAMP, heeds_opt_out BOOLEAN, the others VARCHAR.
`variables` is a JSON object, `arm` and `version` may be empty or null; a null `address` is gone, and its touch fails. Rows leave in the
file's order, so stage them in the order of touch_key."""


STAGED_BRANCH = "branch"
"""The column with the customer's branch, VARCHAR; batches that were staged before there was one lack it."""


class DeliveryState(StrEnum):
    """The one delivery state of an outbox row (engagement receipts are kept apart)."""

    WAITING = "waiting"  # for its instant, its retry or a lifted pause
    LEASED = "leased"  # in the hands of one deliverer
    ACCEPTED = "accepted"  # a platform has it and will report by receipts
    PENDING = "pending"  # a person has it and will confirm
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"  # nobody can tell whether it left; never sent again by itself
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Delivered:
    """The receiver took it. `state` is delivered, accepted (a platform reports later) or pending (a person confirms later)."""

    reference: str = ""
    state: DeliveryState = DeliveryState.DELIVERED


@dataclass(frozen=True)
class Retry:
    """The receiver certainly took nothing, and another try may go through.

    `reached` is False when no attempt came to the receiver (no connection). A receiver that does not honour keys is attempted
    once, so a reached one is not tried again.
    """

    reason: str
    reached: bool = True


@dataclass(frozen=True)
class Refused:
    """The receiver took nothing, and never will."""

    reason: str


@dataclass(frozen=True)
class Unsure:
    """Nobody can tell whether the receiver took it, such as an answer that did not come in time."""

    reason: str


Outcome = Delivered | Retry | Refused | Unsure


@dataclass(frozen=True)
class Assigned:
    """To whom a run gave a touch: a branch, one of its employees, or neither; and the name of whom it is about."""

    branch_id: int | None
    employee_id: int | None
    name: str = field(default="", repr=False)


@dataclass(frozen=True)
class OutboxRow:
    """One touch as a run hands it over. `touch_key` is unique for ever; `version` names the pinned texts, "" the current ones.

    An `address` of None is one that is gone: the touch fails. `heeds_hours` and `heeds_opt_out` are False for touches of a purpose
    that policy lets leave when its channel is closed, or to somebody who opted out. `product` is the kind of product that it is about,
    `hours` the segment whose hours hold; both are empty for none. `assigned` says who works a touch of a channel of people.
    """

    touch_key: str
    run_no: int
    channel: str
    journey: str
    customer_id: int
    not_before: datetime
    expires_at: datetime
    message: str
    arm: str = ""
    version: str = ""
    address: str | None = field(default="", repr=False)
    variables: Mapping[str, Value] = field(default_factory=dict, repr=False)
    heeds_hours: bool = True
    heeds_opt_out: bool = True
    product: str = ""
    branch: str = ""
    purpose: str = "marketing"
    hours: str = ""
    assigned: Assigned | None = None


@dataclass(frozen=True)
class BatchRow:
    """One bulk batch as a run hands it over: a staged Parquet file with `STAGED_COLUMNS`.

    `path` is relative to the folder of staged batches, `sha256` is the file's, `made_at` is the run's `as_of`.
    No row of the file may have a `not_before` later than the batch's. `journey` is that of all its touches, "" where they have
    several: a pause of it holds the batch. `heeds_hours` is False when every touch may leave although the channel is closed.
    `product`, `purpose` and `hours` are those of all its touches.
    """

    batch_id: str
    run_no: int
    channel: str
    not_before: datetime
    expires_at: datetime
    made_at: datetime
    path: str
    rows: int
    sha256: str
    journey: str = ""
    heeds_hours: bool = True
    product: str = ""
    purpose: str = "marketing"
    hours: str = ""


@dataclass(frozen=True)
class OutboundMessage:
    """One rendered touch as a channel gets it; `touch_key` is the key by which a receiver can tell a repeat."""

    touch_key: str
    channel: str
    customer_id: int = field(repr=False)
    address: str = field(repr=False)
    message: str
    arm: str
    title: str = field(repr=False)
    body: str = field(repr=False)
    attempt: int = 1
    journey: str = ""
    assigned: Assigned | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None
    heeds_hours: bool = True
    heeds_opt_out: bool = True


@dataclass(frozen=True)
class OutboundBatch:
    """One batch as a bulk channel gets it, with everything that must not leave although it was staged."""

    batch_id: str
    channel: str
    now: datetime
    made_at: datetime
    staged: Path
    rows: int
    sha256: str
    excluded: frozenset[str] = frozenset()  # touch keys
    opted_out: frozenset[int] = field(default=frozenset(), repr=False)  # customers
    stopped_journeys: frozenset[str] = frozenset()
    attempt: int = 1
    stopped_branches: frozenset[str] = frozenset()
    paused_branches: frozenset[str] = frozenset()


@dataclass(frozen=True)
class LeftOut:
    """A staged touch that did not leave with its batch: its state and why.

    The state is cancelled, expired or failed, or waiting for one that may leave later: it surely did not leave with this batch.
    """

    touch_key: str
    state: DeliveryState
    reason: str


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch: the outcome for the rows that left, their number, and the touches left out."""

    outcome: Outcome
    rows: int = 0
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True)
class Text:
    """A rendered message; a channel without titles has an empty one."""

    title: str = field(repr=False)
    body: str = field(repr=False)


class Texts(Protocol):
    """Renders messages: `tonglu.language.message.MessageLibrary` in production."""

    def text(self, message: str, version: str, arm: str, channel: str, variables: Mapping[str, object]) -> Text:
        """The text for these variables.

        Raises:
            InputError: no such message, version, arm or channel, or a variable is missing.
        """


@runtime_checkable
class MessageChannel(Protocol):
    """A channel that takes one message at a time."""

    @property
    def kind(self) -> str:
        """The kind's name in channels.yaml."""

    @property
    def deduplicates(self) -> bool:
        """Whether the receiver honours keys: one key takes effect at most once however often it is sent."""

    def send(self, message: OutboundMessage) -> Outcome:
        """Try once. Results are values; an exception counts as `Unsure`."""


@runtime_checkable
class BulkChannel(Protocol):
    """A channel that takes a whole batch at a time."""

    @property
    def kind(self) -> str:
        """The kind's name in channels.yaml."""

    @property
    def deduplicates(self) -> bool:
        """Whether the receiver takes one `batch_id` at most once."""

    def send_batch(self, batch: OutboundBatch) -> BatchResult:
        """Try once. Results are values; an exception counts as `Unsure`."""


Channel = MessageChannel | BulkChannel


def masked(text: str) -> str:
    """An address or name fit for logs: the ends of a long text, the first character of a short one."""
    shown = (3, 4) if len(text) > 10 else (1, 1) if len(text) > 6 else (1, 0)
    head, tail = text[: shown[0]], text[len(text) - shown[1] :]
    return f"{head}{'*' * (len(text) - sum(shown))}{tail}"


def instant_text(at: datetime) -> str:
    """An instant as ISO text of fixed width, so that order by text is order by time."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")


def instant_of(text: str) -> datetime:
    """The instant of an `instant_text`."""
    return datetime.fromisoformat(text)
