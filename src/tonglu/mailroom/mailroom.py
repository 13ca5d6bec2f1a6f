"""The mailroom: one database, one part per table, and what crosses tables."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from tonglu.core.errors import Finding, InputError, Place
from tonglu.mailroom.approvals import Approvals
from tonglu.mailroom.audit import Audit, Head, head_in, write_head
from tonglu.mailroom.batches import Batches
from tonglu.mailroom.connection import Database
from tonglu.mailroom.delivery_log import DeliveryLog
from tonglu.mailroom.erasure import Erased, Erasure
from tonglu.mailroom.forgetting import Forgets
from tonglu.mailroom.inbox import Inbox
from tonglu.mailroom.levers import Levers
from tonglu.mailroom.optouts import OptOuts
from tonglu.mailroom.outbox import Outbox
from tonglu.mailroom.switches import Action, Scope, Switch, Switches
from tonglu.mailroom.witness import last_row
from tonglu.mailroom.worklist import Worklist


class Mailroom:
    """What several processes share: deliverers lease from it, receivers post to it, runs hand over to it and read it.

    Open one per process and thread. Every writing call is one durable transaction.
    """

    def __init__(self, path: Path, *, looking: bool = False) -> None:
        """Open or create the mailroom's file (on a local disk).

        Args:
            path: the file.
            looking: the head of the audit log, which is kept in a file beside, is not written anew when this closes.

        Raises:
            TongluError: the SQLite library can corrupt a shared file, or the file comes from a newer version.
            Unavailable: other processes keep the file busy.
        """
        self.path = path
        self._looking, self._closed = looking, False
        self._database = Database(path)
        self.audit = Audit(self._database)
        self.approvals = Approvals(self._database, self.audit)
        self.log = DeliveryLog(self._database)
        self.inbox = Inbox(self._database)
        self.optouts = OptOuts(self._database, self.audit)
        self.switches = Switches(self._database)
        self.levers = Levers(self._database, self.audit)
        self.outbox = Outbox(self._database, self.log, self.switches, self.optouts)
        self.batches = Batches(self._database, self.log)
        self.worklist = Worklist(self._database, self.outbox, self.switches, self.optouts, self.inbox)
        self.forgets = Forgets(self._database, self.audit)
        self._erasure = Erasure(self._database, self.outbox, self.batches, self.optouts, self.worklist)

    def throw(self, scope: Scope, name: str, action: Action, *, by: str, reason: str, at: datetime) -> int:
        """Throw a switch; a kill also cancels, in the same transaction, every unsent row that it reaches. Rows cancelled.

        A paused journey's or product's touches wait, and so do their batches: a batch has one journey and one product. Those of a
        paused branch stay behind when their batch leaves, and wait on in a batch of their own. Out of a batch that an earlier
        version staged for several journeys a paused one's are left when it leaves, as those that were killed after the hand-over are.

        Raises:
            InputError: a channel, journey, product or branch without a name, a name for everything, or nobody who did it.
        """
        if (scope is Scope.ALL) != (name == "") or not by.strip() or not reason.strip():
            place = Place("switch")
            message = "a switch needs who and why, and a name unless it is about everything"
            raise InputError([Finding("TL820", message, place)])
        with self._database.transaction():
            self.switches.note(Switch(scope, name, action, by, reason, at))
            detail = {"action": action.value}
            row = ("switch", last_row(self._database, "switch"))
            subject = f"{scope.value} {name}".strip()
            self.audit.append("switch", subject, by=by, at=at, detail=detail, words=reason, rows=[row])
            if action is not Action.KILL:
                return 0
            self.worklist.withdraw_reached(scope, name, f"killed by {by}")
            return self.outbox.cancel_reached(scope, name, at, f"killed by {by}") + self.worklist.clear(at)

    def cancel(
        self, keys: Iterable[str], at: datetime, reason: str, in_batches: Mapping[str, Iterable[str]] | None = None
    ) -> int:
        """Cancel touches that have not begun to leave: outbox keys, touches inside batches by batch_id, and items that nobody works.

        An item in somebody's hands goes when they let go of it. How many.
        """
        keys = list(keys)
        cancelled = self.outbox.cancel(keys, at, reason) + self.worklist.withdraw(keys, at, reason)
        for batch_id, touches in (in_batches or {}).items():
            cancelled += self.batches.exclude(batch_id, touches, at, reason)
        return cancelled

    def purge(self, before: datetime, staged_root: Path, inbox_read: int = 0) -> Erased:
        """Erase payloads and staged files settled before an instant, and news up to the watermark `inbox_read`.

        Keys, states and the log stay: they are what keeps a hand-over idempotent.
        """
        return self._erasure.purge(before, staged_root, inbox_read)

    def forget(self, customer_id: int, at: datetime, staged_root: Path) -> Erased:
        """Cancel what waits for a customer, erase what is kept about them, and opt them out of every channel.

        Raises:
            Unavailable: something of theirs is being sent at this moment; the opt-out holds already, ask again.
        """
        return self._erasure.forget(customer_id, at, staged_root)

    def quick_check(self) -> list[str]:
        """What is wrong with the file; nothing when it is whole."""
        return list(self._database.quick_check())

    @property
    def head_file(self) -> Path:
        """Where the head of the audit log is kept beside the database, so that a cut tail is seen."""
        return self.path.with_suffix(".head")

    def kept_head(self) -> Head | None:
        """The head as the last command that closed the mailroom kept it."""
        return head_in(self.head_file)

    def close(self) -> None:
        """Close the connection; keep the head of the audit log in its file, unless the log no longer holds what the file says."""
        if not self._closed and not self._looking:
            head, kept = self.audit.head(), self.kept_head()
            if head is not None and (kept is None or (head.seq > kept.seq and self.audit.holds(kept))):
                write_head(self.head_file, head)
        self._closed = True
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
