"""The audit log: one row per act, each chained to the one before by its hash. Rows are added, never changed or removed.

hash = SHA-256 of the previous hash, `|` and the row as canonical JSON. The chain alone proves nothing against somebody who can write all of
it anew, so its head is written elsewhere regularly: every run keeps it in the warehouse, `tonglu audit export` writes it to a file.

A row about a customer names a keyed pseudonym; the key is kept apart and destroyed when the customer is forgotten. Free words of every act
are kept apart too, the chain holds their salted hash: both can go and the chain still verifies. Words of an act about something else go
when they name a customer who is forgotten; a row of its own says of which rows.

An act that writes rows which decide what is sent keeps a digest of each, see `witness.py`: such a row counts, or holds, only with its act.
"""

import hmac
import json
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from tonglu.core.delivery import instant_of, instant_text
from tonglu.mailroom.connection import Database, Row
from tonglu.mailroom.witness import Changed, Told, canonical, changed, customer_of, rows_of, said, told

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
_LINKED = """
SELECT a.seq, a.at, a.what, a.subject, a.by, a.detail, a.note, a.previous, a.hash, coalesce(before.hash, :first), coalesce(next.previous, a.hash)
FROM audit AS a LEFT JOIN audit AS before ON before.seq = a.seq - 1 LEFT JOIN audit AS next ON next.seq = a.seq + 1
WHERE a.what IN (:what, :erase) ORDER BY a.seq
"""
_DETAILS = "SELECT seq, detail FROM audit ORDER BY seq"
_IS_ROW = "SELECT 1 FROM audit WHERE seq = :seq AND hash = :hash"
_KNOWN = "SELECT 1 FROM audit WHERE what = :what AND subject = :subject LIMIT 1"
_FIRST_OF = """
SELECT a.seq, a.at, a.what, a.subject, a.by, a.detail, a.note, a.previous, a.hash, n.salt, n.words
FROM audit AS a LEFT JOIN audit_note AS n USING (seq) WHERE a.what = :what AND a.subject = :subject ORDER BY a.seq LIMIT 1
"""
_KEY = "SELECT key FROM pseudonym_key WHERE customer_id = :customer_id"
_NEW_KEY = "INSERT INTO pseudonym_key (customer_id, key) VALUES (:customer_id, :key)"
_DESTROY_KEY = "DELETE FROM pseudonym_key WHERE customer_id = :customer_id"
_ERASE_WORDS = "DELETE FROM audit_note WHERE seq IN (SELECT seq FROM audit WHERE subject = :subject)"
_ERASE_NOTE = "DELETE FROM audit_note WHERE seq = :seq"
_ALIVE = "SELECT customer_id, key FROM pseudonym_key"
CUSTOMER = "customer "
ERASE = "erase"
"""The act of erasing words that name somebody; its detail has the numbers of their `rows`."""


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
        rows: Sequence[tuple[str, int]] = (),
    ) -> Head:
        """Add a row, inside the caller's transaction or in one of its own; the new head.

        Args:
            what: the act, such as 'switch'.
            subject: what it was done to; with a customer, their pseudonym is put after it.
            by: who did it.
            at: when.
            detail: what else there is to know; nothing about a person and no free words, for it can never be erased.
            words: why, in free words; they can be erased.
            customer_id: whom it is about.
            rows: the rows that the act wrote, by table and number; the act keeps their digests.
        """
        with self._database.joined():
            witnessed = {"wrote": [one.written() for one in self._tell(rows)]} if rows else {}
            seq, previous = self._last()
            salt = secrets.token_hex(16) if words else ""
            row = {
                "seq": seq + 1,
                "at": instant_text(at),
                "what": what,
                "subject": subject if customer_id is None else f"{CUSTOMER}{self.pseudonym(customer_id)} {subject}".strip(),
                "by": by,
                "detail": canonical({**(detail or {}), **witnessed}),
                "note": _commitment(salt, words),
            }
            digest = _chained(previous, row)
            self._database.change(_INSERT, {**row, "previous": previous, "hash": digest})
            if words:
                self._database.change(_NOTE, {"seq": seq + 1, "salt": salt, "words": words})
            return Head(seq + 1, digest, "mailroom")

    def pseudonym(self, customer_id: int) -> str:
        """How the log calls a customer; the key behind it is made at the first act about them. Inside a transaction."""
        return _pseudonym(self._key(customer_id), customer_id)

    def _key(self, customer_id: int) -> bytes:
        found = self._database.rows(_KEY, {"customer_id": customer_id})
        key: bytes = found[0][0] if found else secrets.token_bytes(32)
        if not found:
            self._database.change(_NEW_KEY, {"customer_id": customer_id, "key": key})
        return key

    def _tell(self, rows: Sequence[tuple[str, int]]) -> list[Told]:
        kept = []
        for table in dict.fromkeys(table for table, _ in rows):
            numbers = {number for name, number in rows if name == table}
            for number, row in rows_of(self._database, table, min(numbers) - 1).items():
                who = customer_of(table, row)
                key = b"" if who is None else self._key(who)
                kept += [told(table, number, row, key, "" if who is None else _pseudonym(key, who))] if number in numbers else []
        return kept

    def holding(self, table: str, what: str) -> frozenset[int]:
        """The numbers of the rows of a table that are as an act of this kind wrote them, and that act is a link of the chain."""
        acts: dict[int, str] = {}
        for row in self._database.rows(_LINKED, {"what": what, "erase": ERASE, "first": FIRST}):
            content = dict(zip(("seq", "at", "what", "subject", "by", "detail", "note"), row, strict=False))
            previous, digest, before, named = row[7:]
            if previous == before and named == digest and _chained(previous, content) == digest:
                acts |= {one.row: one.digest for one in said(row[5]) if one.table == table}
        rows = rows_of(self._database, table)
        return frozenset(number for number, row in rows.items() if acts.get(number) == told(table, number, row).digest)

    def changed(self) -> list[Changed]:
        """Every row that an act wrote, or should have written, and that is not as the act says. Walks the whole log."""
        called = {who: _pseudonym(key, who) for who, key in self._database.rows(_ALIVE)}
        return changed(self._database, called, self._database.rows(_DETAILS))

    def forget(self, customer_id: int) -> None:
        """Erase the free words about a customer and destroy the key of their pseudonym; inside a transaction."""
        called = self.pseudonym(customer_id)
        subjects = {one.subject for one in self.acts() if one.subject.startswith(f"{CUSTOMER}{called}")}
        for subject in sorted(subjects):
            self._database.change(_ERASE_WORDS, {"subject": subject})
        self._database.change(_DESTROY_KEY, {"customer_id": customer_id})

    def erase_words(self, names: Callable[[str], object], rewritten: Sequence[tuple[str, int]], *, by: str, at: datetime) -> int:
        """Erase the free words, of whatever act, that name somebody, and say so in a row of its own. Inside a transaction.

        Args:
            names: whether words name them.
            rewritten: the rows, by table and number, whose own words were taken out; the act keeps their digests from now on.
            by: who did it.
            at: when.

        Returns:
            of how many acts the words are erased.
        """
        rows = [one.seq for one in self.acts() if one.words and names(one.words)]
        for seq in rows:
            self._database.change(_ERASE_NOTE, {"seq": seq})
        if rows or rewritten:
            self.append(ERASE, "words that name somebody", by=by, at=at, detail={"rows": rows}, rows=rewritten)
        return len(rows)

    def known(self, what: str, subject: str) -> bool:
        """Whether there is a row of this act and subject."""
        return bool(self._database.rows(_KNOWN, {"what": what, "subject": subject}))

    def act(self, what: str, subject: str) -> Act:
        """The first row of this act and subject.

        Raises:
            LookupError: there is none.
        """
        found = self._database.rows(_FIRST_OF, {"what": what, "subject": subject})
        if not found:
            raise LookupError(f"no {what} of {subject} is in the audit log")
        return _act(found[0])

    def head(self) -> Head | None:
        """The last row; None while there is none."""
        seq, digest = self._last()
        return Head(seq, digest, "mailroom") if seq else None

    def holds(self, head: Head) -> bool:
        """Whether the row of a head is there with its hash."""
        return bool(self._database.rows(_IS_ROW, {"seq": head.seq, "hash": head.hash}))

    def acts(self, after: int = 0) -> list[Act]:
        """Every row after a number, oldest first."""
        return [_act(row) for row in self._database.rows(_ROWS, {"after": after})]

    def verify(self, heads: Iterable[Head] = ()) -> Broken | None:
        """Walk the chain and hold it against heads that were written elsewhere; the first row that is broken, or None."""
        rows = self._database.rows(_ROWS, {"after": 0})
        held: dict[int, list[Head]] = defaultdict(list)
        for one in heads:
            held[one.seq].append(one)
        alive = {_pseudonym(key, customer_id) for customer_id, key in self._database.rows(_ALIVE)}
        erased = {number for row in rows if row[2] == ERASE for number in json.loads(row[5])["rows"]}
        seq, previous = 0, FIRST
        for row in rows:
            broken = _broken(row, seq + 1, previous, alive, erased)
            head = next((one for one in held.get(seq + 1, ()) if one.hash != row[8]), None)
            if broken is None and head is not None:
                broken = Broken(
                    seq + 1, "head", f"row {seq + 1} is not the one whose hash {head.holder} holds: it was written anew"
                )
            if broken is not None:
                return broken
            seq, previous = row[0], row[8]
        longer = next((kept[0] for number, kept in sorted(held.items()) if number > seq), None)
        if longer is not None:
            return Broken(
                seq + 1, "missing", f"the log ends with row {seq}, but {longer.holder} holds the head of row {longer.seq}"
            )
        return None

    def _last(self) -> tuple[int, str]:
        rows = self._database.rows(_HEAD)
        return (rows[0][0], rows[0][1]) if rows else (0, FIRST)


def head_in(path: Path) -> Head | None:
    """The head that a file holds; None where there is none."""
    try:
        said_there = json.loads(path.read_text(encoding="utf-8"))
        return Head(int(said_there["seq"]), str(said_there["hash"]), path.name)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_head(path: Path, head: Head) -> None:
    """Keep a head in a file, whole or not at all."""
    unfinished = path.with_name(f".{path.name}.tmp")
    unfinished.write_text(json.dumps({"seq": head.seq, "hash": head.hash}) + "\n", encoding="utf-8")
    unfinished.replace(path)


def _broken(row: Row, expected: int, previous: str, alive: set[str], erased: set[int]) -> Broken | None:
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
    erasable = seq in erased or (subject.startswith(CUSTOMER) and subject.split(" ")[1] not in alive)
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
