"""Opt-outs: effective for the deliverer at once, read into the warehouse by watermark."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tonglu.core.consent_words import EVERY, folded
from tonglu.core.delivery import instant_of, instant_text
from tonglu.mailroom.audit import Audit
from tonglu.mailroom.connection import Database
from tonglu.mailroom.witness import last_row

EVERY_CHANNEL = EVERY
EVERY_PURPOSE = EVERY
PROFILING = "profiling"
"""The purpose of a word about personalised marketing: it covers marketing on all channels, and only such a word takes it back."""
MARKETING = "marketing"
BY_CUSTOMER, BY_FILES = "customer", "the bank's files"
WORDS_AN_ACT = 1_000

_RECORD = """
INSERT INTO optout (customer_id, channel, purpose, action, at, from_run)
SELECT :customer_id, :channel, :purpose, :action, :at, :from_run
WHERE NOT EXISTS (
    SELECT 1 FROM optout
    WHERE customer_id = :customer_id AND channel = :channel AND purpose = :purpose AND at = :at AND action = :action
)
"""
_SINCE = """
SELECT seq, customer_id, channel, purpose, action, at FROM optout WHERE seq > :seq AND NOT from_run ORDER BY seq LIMIT :limit
"""
# At equal instants 'out' counts: it is the greater word.
_LATEST = """
SELECT action FROM optout WHERE customer_id = :customer_id AND channel IN (:channel, '*') AND purpose IN (:purpose, '*')
ORDER BY at DESC, action DESC LIMIT 1
"""
_PROFILED = """
SELECT action FROM optout WHERE customer_id = :customer_id AND purpose = 'profiling' ORDER BY at DESC, action DESC LIMIT 1
"""
_OUT = """
SELECT customer_id FROM (
    SELECT customer_id, action, row_number() OVER (PARTITION BY customer_id ORDER BY at DESC, action DESC) AS newest
    FROM optout WHERE channel IN (:channel, '*') AND purpose IN (:purpose, '*')
) WHERE newest = 1 AND action = 'out'
"""
_UNPROFILED = """
SELECT customer_id FROM (
    SELECT customer_id, action, row_number() OVER (PARTITION BY customer_id ORDER BY at DESC, action DESC) AS newest
    FROM optout WHERE purpose = 'profiling'
) WHERE newest = 1 AND action = 'out'
"""


@dataclass(frozen=True)
class OptOut:
    """A customer's word about one channel or all ('*') and one purpose or all ('*'): out, or in again."""

    customer_id: int
    channel: str
    out: bool
    at: datetime
    seq: int = 0
    purpose: str = EVERY_PURPOSE


class OptOuts:
    """Append-only, every word with its act in the audit log.

    The word of the latest instant that covers a channel and purpose counts, in whatever order words come; out wins a tie. Channels and
    purposes are kept folded: in small letters, nothing and 'all' as '*'. Which of them there are is known to runs alone: the next one takes
    a word out of an unknown channel for every channel, and tells it back.
    """

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    def record(self, customer_id: int, channel: str, at: datetime, purpose: str = EVERY_PURPOSE) -> None:
        """The customer wants nothing more on this channel ('*': on any) for this purpose ('*': for any); durable on return."""
        with self._database.transaction():
            self.note(customer_id, channel, at, out=True, purpose=purpose)

    def lift(self, customer_id: int, channel: str, at: datetime, purpose: str = EVERY_PURPOSE) -> None:
        """The customer agreed again."""
        with self._database.transaction():
            self.note(customer_id, channel, at, out=False, purpose=purpose)

    def note(self, customer_id: int, channel: str, at: datetime, *, out: bool, purpose: str = EVERY_PURPOSE) -> None:
        """`record` or `lift` inside the caller's transaction."""
        self._record([OptOut(customer_id, channel, out, at, purpose=purpose)], BY_CUSTOMER, from_run=False)

    def told(self, words: Iterable[OptOut]) -> int:
        """Words that a run learned from the bank's own files, in one transaction; how many were new. Runs do not read them back."""
        with self._database.transaction():
            return self._record(list(words), BY_FILES, from_run=True)

    def _record(self, words: Sequence[OptOut], by: str, *, from_run: bool) -> int:
        before = last_row(self._database, "optout")
        new = self._database.change_many(_RECORD, (_parameters(word, from_run=from_run) for word in words))
        rows = [("optout", number) for number in range(before + 1, last_row(self._database, "optout") + 1)]
        for begin in range(0, len(rows), WORDS_AN_ACT):
            told = rows[begin : begin + WORDS_AN_ACT]
            self._audit.append("opt_out", f"{len(told)} word(s)", by=by, at=max(word.at for word in words), rows=told)
        return new

    def stops(self, customer_id: int, channel: str, purpose: str = MARKETING) -> bool:
        """Whether the customer is out of this channel for this purpose now."""
        latest = self._database.rows(_LATEST, {"customer_id": customer_id, "channel": channel, "purpose": purpose})
        if purpose == MARKETING and not (latest and latest[0][0] == "out"):
            latest = self._database.rows(_PROFILED, {"customer_id": customer_id})
        return bool(latest) and latest[0][0] == "out"

    def out_of(self, channel: str, purpose: str = MARKETING) -> frozenset[int]:
        """Every customer who is out of this channel for this purpose now."""
        rows = self._database.rows(_OUT, {"channel": channel, "purpose": purpose})
        rows += self._database.rows(_UNPROFILED) if purpose == MARKETING else []
        return frozenset(int(row[0]) for row in rows)

    def since(self, seq: int, limit: int = 100_000) -> list[OptOut]:
        """Words after the watermark `seq` that no run told, oldest first."""
        return [
            OptOut(customer_id, channel, action == "out", instant_of(at), number, purpose)
            for number, customer_id, channel, purpose, action, at in self._database.rows(_SINCE, {"seq": seq, "limit": limit})
        ]


def _parameters(word: OptOut, *, from_run: bool) -> dict[str, object]:
    return {
        "customer_id": word.customer_id,
        "channel": folded(word.channel),
        "purpose": folded(word.purpose),
        "action": "out" if word.out else "in",
        "at": instant_text(word.at),
        "from_run": from_run,
    }
