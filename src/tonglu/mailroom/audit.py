"""The audit log: one row per act, each chained to the one before by its hash. Rows are added, never changed or removed.

hash = SHA-256 of the previous hash, `|` and the row as canonical JSON. The chain alone proves nothing against somebody who can write all of
it anew, so its head is written elsewhere regularly: every run keeps it in the warehouse, `tonglu audit export` writes it to a file.

A row about a customer names a keyed pseudonym; the key is kept apart and destroyed when the customer is forgotten. Free words about a
customer are kept apart too, the chain holds their salted hash: both can go and the chain still verifies.
"""

import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from tonglu.core.delivery import instant_of, instant_text
from tonglu.mailroom.connection import Database, Row

FIRST = "0" * 64
"""The hash before the first row."""
_INSERT = """
INSERT INTO audit (seq, at, what, subject, by, detail, note, previous, hash)
VALUES (:seq, :at, :what, :subject, :by, :detail, :note, :previous, :hash)
"""
_NOTE = "INSERT INTO audit_note (seq, salt, words) VALUES (:seq, :salt, :words)"
_HEAD = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"
_ROWS = """
SELECT a.seq, a.at, a.what, a.subject, a.by, a.detail, a.note, a.previous, a.hash, n.salt, n.words
FROM audit AS a LEFT JOIN audit_note AS n USING (seq) WHERE a.seq > :after ORDER BY a.seq
"""
_KNOWN = "SELECT 1 FROM audit WHERE what = :what AND subject = :subject LIMIT 1"
_KEY = "SELECT key FROM pseudonym_key WHERE customer_id = :customer_id"
_NEW_KEY = "INSERT INTO pseudonym_key (customer_id, key) VALUES (:customer_id, :key)"
_DESTROY_KEY = "DELETE FROM pseudonym_key WHERE customer_id = :customer_id"
_ERASE_WORDS = "DELETE FROM audit_note WHERE seq IN (SELECT seq FROM audit WHERE subject = :subject)"
_ALIVE = "SELECT customer_id, key FROM pseudonym_key"
CUSTOMER = "customer "


@dataclass(frozen=True)
class Act:
    """One row: who did what to what, when; `words` are the free words, or None when they were erased or there were none."""

    seq: int
    at: datetime
    what: str
    subject: str
    by: str
    detail: Mapping[str, object]
    words: str | None
    previous: str
    hash: str


@dataclass(frozen=True)
class Head:
    """The last row at some time, as it was written elsewhere; `holder` says where."""

    seq: int
    hash: str
    holder: str


@dataclass(frozen=True)
class Broken:
    """The first row at which the chain does not hold: its number, what differs (content, link, missing, words or head), in words."""

    seq: int
    what: str
    message: str


class Audit:
    """The port `core.ports.AuditLog` over the mailroom's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(
        self,
        what: str,
        subject: str,
        *,
        by: str,
        at: datetime,
        detail: Mapping[str, object] | None = None,
        words: str = "",
        customer_id: int | None = None,
    ) -> Head:
        """Add a row, inside the caller's transaction or in one of its own; the new head.

        Args:
            what: the act, such as 'switch'.
            subject: what it was done to; with a customer, their pseudonym is put after it.
            by: who did it.
            at: when.
            detail: what else there is to know; nothing about a person, for it can never be erased.
            words: why, in free words; can be erased when the row is about a customer.
            customer_id: whom it is about.
        """
        with self._database.joined():
            seq, previous = self._last()
            salt = secrets.token_hex(16) if words else ""
            row = {
                "seq": seq + 1,
                "at": instant_text(at),
                "what": what,
                "subject": subject if customer_id is None else f"{CUSTOMER}{self.pseudonym(customer_id)} {subject}".strip(),
                "by": by,
                "detail": canonical(detail or {}),
                "note": _commitment(salt, words),
            }
            digest = _chained(previous, row)
            self._database.change(_INSERT, {**row, "previous": previous, "hash": digest})
            if words:
                self._database.change(_NOTE, {"seq": seq + 1, "salt": salt, "words": words})
            return Head(seq + 1, digest, "mailroom")

    def pseudonym(self, customer_id: int) -> str:
        """How the log calls a customer; the key behind it is made at the first act about them. Inside a transaction."""
        found = self._database.rows(_KEY, {"customer_id": customer_id})
        key = found[0][0] if found else secrets.token_bytes(32)
        if not found:
            self._database.change(_NEW_KEY, {"customer_id": customer_id, "key": key})
        return _pseudonym(key, customer_id)

    def forget(self, customer_id: int) -> None:
        """Erase the free words about a customer and destroy the key of their pseudonym; inside a transaction."""
        called = self.pseudonym(customer_id)
        subjects = {one.subject for one in self.acts() if one.subject.startswith(f"{CUSTOMER}{called}")}
        for subject in sorted(subjects):
            self._database.change(_ERASE_WORDS, {"subject": subject})
        self._database.change(_DESTROY_KEY, {"customer_id": customer_id})

    def known(self, what: str, subject: str) -> bool:
        """Whether there is a row of this act and subject."""
        return bool(self._database.rows(_KNOWN, {"what": what, "subject": subject}))

    def head(self) -> Head | None:
        """The last row; None while there is none."""
        seq, digest = self._last()
        return Head(seq, digest, "mailroom") if seq else None

    def acts(self, after: int = 0) -> list[Act]:
        """Every row after a number, oldest first."""
        return [_act(row) for row in self._database.rows(_ROWS, {"after": after})]

    def verify(self, heads: Iterable[Head] = ()) -> Broken | None:
        """Walk the chain and hold it against heads that were written elsewhere; the first row that is broken, or None."""
        rows = self._database.rows(_ROWS, {"after": 0})
        held = {one.seq: one for one in heads}
        alive = {_pseudonym(key, customer_id) for customer_id, key in self._database.rows(_ALIVE)}
        seq, previous = 0, FIRST
        for row in rows:
            broken = _broken(row, seq + 1, previous, alive)
            if broken is None and (head := held.get(seq + 1)) is not None and head.hash != row[8]:
                broken = Broken(
                    seq + 1, "head", f"row {seq + 1} is not the one whose hash {head.holder} holds: it was written anew"
                )
            if broken is not None:
                return broken
            seq, previous = row[0], row[8]
        longer = next((one for number, one in sorted(held.items()) if number > seq), None)
        if longer is not None:
            return Broken(
                seq + 1, "missing", f"the log ends with row {seq}, but {longer.holder} holds the head of row {longer.seq}"
            )
        return None

    def _last(self) -> tuple[int, str]:
        rows = self._database.rows(_HEAD)
        return (rows[0][0], rows[0][1]) if rows else (0, FIRST)


def canonical(value: object) -> str:
    """JSON in one way only: keys in order, no spaces."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def _broken(row: Row, expected: int, previous: str, alive: set[str]) -> Broken | None:
    seq, at, what, subject, by, detail, note, link, digest, salt, words = row
    if seq != expected:
        return Broken(expected, "missing", f"row {expected} is not there: after row {expected - 1} comes row {seq}")
    content = {"seq": seq, "at": at, "what": what, "subject": subject, "by": by, "detail": detail, "note": note}
    if link != previous:
        return Broken(
            seq, "link", f"row {seq} does not follow row {seq - 1}: the hash that it names as the one before is another"
        )
    if _chained(link, content) != digest:
        return Broken(seq, "content", f"the content of row {seq} is not what its hash was made of")
    erasable = subject.startswith(CUSTOMER) and subject.split(" ")[1] not in alive
    if note and words is None and not erasable:
        return Broken(seq, "words", f"the words of row {seq} are gone, and nobody was forgotten for whom they could be erased")
    if words is not None and _commitment(salt, words) != note:
        return Broken(seq, "words", f"the words of row {seq} are not those that it was made with")
    return None


def _chained(previous: str, row: Mapping[str, object]) -> str:
    return sha256(f"{previous}|{canonical(row)}".encode()).hexdigest()


def _commitment(salt: str, words: str) -> str:
    return sha256(f"{salt}|{words}".encode()).hexdigest() if words else ""


def _pseudonym(key: bytes, customer_id: int) -> str:
    return hmac.new(key, str(customer_id).encode(), sha256).hexdigest()[:32]


def _act(row: Row) -> Act:
    seq, at, what, subject, by, detail, _, previous, digest, _, words = row
    return Act(seq, instant_of(at), what, subject, by, json.loads(detail), words, previous, digest)
