"""What the deliverer asks of the mailroom: small protocols, so that another database can serve and tests can stand in."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from tonglu.core.delivery import DeliveryState
from tonglu.mailroom.batches import StagedBatch
from tonglu.mailroom.delivery_log import LoggedDelivery
from tonglu.mailroom.outbox import Clearance, Lease
from tonglu.mailroom.parts import Part
from tonglu.mailroom.switches import Scope


class LeasesPort(Protocol):
    """The rows on their way out."""

    def sweep(self, now: datetime, served: Mapping[str, bool], attempts: int) -> dict[DeliveryState, int]:
        """Put right what time and switches changed."""

    def lease(
        self,
        unit: str,
        channel: str,
        now: datetime,
        *,
        owner: str,
        until: datetime,
        limit: int,
        closed: bool = False,
        groups: Mapping[str, bool] | None = None,
    ) -> list[Lease]:
        """Take due rows; of a closed channel or group those that do not heed its hours."""

    def begin(self, lease: Lease, now: datetime) -> Clearance:
        """The last look, and the durable mark."""

    def settle(
        self,
        lease: Lease,
        state: DeliveryState,
        now: datetime,
        detail: str = "",
        more: Iterable[LoggedDelivery] = (),
        parts: Iterable[Part] = (),
    ) -> bool:
        """Write a result, and what stays behind as batches of their own; False when the lease is lost."""

    def reschedule(self, lease: Lease, due_at: datetime, now: datetime, detail: str) -> bool:
        """Back to waiting; False when the lease is lost."""


class BatchesPort(Protocol):
    """The staged batches."""

    def staged(self, batch_id: str) -> StagedBatch | None:
        """Where a batch's file is."""

    def excluded(self, batch_id: str) -> frozenset[str]:
        """Touches taken out of a batch."""


class OptOutsPort(Protocol):
    """Who wants nothing more."""

    def out_of(self, channel: str, purpose: str = "marketing") -> frozenset[int]:
        """Every customer who is out of this channel for this purpose now."""


class SwitchesPort(Protocol):
    """What is stopped."""

    def stopped_within(self, batch_id: str, scope: Scope) -> frozenset[str]:
        """Names of a scope whose touches must not leave with a batch."""

    def killed_within(self, batch_id: str, scope: Scope) -> frozenset[str]:
        """Names of a scope whose touches must never leave with a batch."""

    def paused(self, scope: Scope) -> frozenset[str]:
        """The names of a scope that are paused now."""


class MailroomPort(Protocol):
    """The four parts that a deliverer needs."""

    @property
    def outbox(self) -> LeasesPort:
        """The rows on their way out."""

    @property
    def batches(self) -> BatchesPort:
        """The staged batches."""

    @property
    def optouts(self) -> OptOutsPort:
        """Who wants nothing more."""

    @property
    def switches(self) -> SwitchesPort:
        """What is stopped."""
