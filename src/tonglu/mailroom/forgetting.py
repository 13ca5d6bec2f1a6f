"""Forgetting a customer in the mailroom: the intent that survives a crash, the keyed hash that keeps them out, their rows renamed."""

import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5, sha256

from tonglu.core.delivery import instant_of, instant_text
from tonglu.core.errors import Finding, InputError, Place
from tonglu.mailroom.audit import Audit
from tonglu.mailroom.connection import Database
from tonglu.mailroom.witness import WITNESSED

SHORTEST_SECRET = 16
_BEGIN = """
INSERT INTO forgetting (customer_id, surrogate, salt, by, reason, at) SELECT :customer_id, :surrogate, :salt, :by, :reason, :at
WHERE NOT EXISTS (SELECT 1 FROM forgetting WHERE customer_id = :customer_id)
"""
_OPEN = "SELECT customer_id, surrogate, salt, by, reason, at FROM forgetting ORDER BY at, customer_id"
_DONE = "DELETE FROM forgetting WHERE customer_id = :customer_id"
_SUPPRESS = "INSERT OR IGNORE INTO suppressed (hash, at) VALUES (:hash, :at)"
_SUPPRESSED = "SELECT hash FROM suppressed ORDER BY hash"
_CHECK = "SELECT hash FROM suppression_check"
_SET_CHECK = "INSERT OR IGNORE INTO suppression_check (one, hash) VALUES (1, :hash)"
_OWN_KEYS = "SELECT key FROM outbox WHERE customer_id = :customer_id AND unit = 'touch'"
_PAYLOADS = "SELECT seq, payload FROM inbox WHERE payload IS NOT NULL"
_DROP_ITEM = "DELETE FROM inbox WHERE seq = :seq"
_SPARE_ITEM = "UPDATE inbox SET payload = :payload WHERE seq = :seq"
_COLUMNS = """
SELECT m.name, c.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c
WHERE m.type = 'table' AND c.name IN ('customer_id', 'touch_key', 'key')
"""
_GONE = {"optout", "inbox"}
_APART = {"forgetting", "pseudonym_key"}
_WORDS = {
    ("switch", "reason"): "true",
    ("lever", "reason"): "true",
    ("submission", "note"): "true",
    ("approval", "override"): "true",
    ("work_attempt", "note"): "true",
    ("work_log", "detail"): "action = 'reveal'",
}
"""Where people write free words, which may name a customer whom the row is not about."""
FORGOTTEN = "[forgotten]"
"""What stands in free words where somebody was named who is forgotten."""


@dataclass(frozen=True)
class Forgetting:
    """A customer who is being forgotten: the random number that stands for them from now on, and the salt of their new touch keys."""

    customer_id: int
    surrogate: int
    salt: str
    by: str
    reason: str
    at: datetime

    def key(self, touch_key: str) -> str:
        """What stands for a touch key: nobody can make it without the salt, which goes when this is done."""
        return md5(f"{self.salt}|{touch_key}".encode(), usedforsecurity=False).hexdigest()


class Forgets:
    """The rows of customers who are or were forgotten."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    def begin(self, wanted: Forgetting, secret: str) -> None:
        """Write the intent down, and keep the customer's files out from now on; again for the same customer changes nothing.

        Raises:
            InputError: the secret is missing, short, or not the one that others were forgotten with.
        """
        self.check_secret(secret)
        with self._database.transaction():
            at = instant_text(wanted.at)
            self._database.change(_SET_CHECK, {"hash": keyed(secret, "check")})
            self._database.change(_SUPPRESS, {"hash": keyed(secret, str(wanted.customer_id)), "at": at})
            told = {"customer_id": wanted.customer_id, "surrogate": wanted.surrogate, "salt": wanted.salt}
            self._database.change(_BEGIN, {**told, "by": wanted.by, "reason": wanted.reason, "at": at})

    def unfinished(self) -> list[Forgetting]:
        """Customers whose erasure has begun and not ended."""
        rows = self._database.rows(_OPEN)
        return [Forgetting(who, stands, salt, by, why, instant_of(at)) for who, stands, salt, by, why, at in rows]

    def suppressed(self) -> list[str]:
        """The keyed hashes of everybody who was forgotten."""
        return [str(row[0]) for row in self._database.rows(_SUPPRESSED)]

    def check_secret(self, secret: str) -> None:
        """Refuse a secret that is missing, short, or another than before.

        Raises:
            InputError: it is.
        """
        if len(secret) < SHORTEST_SECRET:
            hint = f"Set TONGLU_ERASURE_KEY to at least {SHORTEST_SECRET} characters, keep it with the other secrets, and never change it."
            text = (
                "the key that keeps forgotten customers out is not set"
                if not secret
                else "the key that keeps forgotten customers out is too short"
            )
            raise InputError([Finding("TL857", text, Place("TONGLU_ERASURE_KEY"), hint)])
        known = self._database.rows(_CHECK)
        if known and known[0][0] != keyed(secret, "check"):
            text = "TONGLU_ERASURE_KEY is not the key with which customers were forgotten: they would come back"
            raise InputError([Finding("TL857", text, Place("TONGLU_ERASURE_KEY"), "Set the first one again.")])

    def replace(self, one: Forgetting, touch_keys: Iterable[str], named: re.Pattern[str]) -> int:
        """Put the surrogate and new keys into every table, and remove words and news of the customer; rows changed.

        Free words of other people and acts that match `named` lose what they name.
        """
        changed = 0
        with self._database.transaction():
            self._database.rows("PRAGMA defer_foreign_keys = ON")
            taken, rewritten = self._take_out_of_words(named)
            changed += taken + self._audit.erase_words(named.search, rewritten, by=one.by, at=one.at)
            own = [row[0] for row in self._database.rows(_OWN_KEYS, {"customer_id": one.customer_id})]
            keys = {old: one.key(old) for old in [*own, *touch_keys]}
            for seq, payload in self._database.rows(_PAYLOADS):
                if any(old in payload for old in keys):
                    changed += self._database.change(_DROP_ITEM, {"seq": seq})
                elif (fresh := _spared(payload, named)) != payload:
                    changed += self._database.change(_SPARE_ITEM, {"seq": seq, "payload": fresh})
            for table, column in self._database.rows(_COLUMNS):
                changed += self._replace_in(table, column, one, keys)
        return changed

    def _take_out_of_words(self, named: re.Pattern[str]) -> tuple[int, list[tuple[str, int]]]:
        """How many rows were rewritten, and which of them are held against their acts."""
        changed, witnessed = 0, []
        for (table, column), where in _WORDS.items():
            name, own = quoted(table), quoted(column)
            said = self._database.rows(f"SELECT DISTINCT {own} FROM {name} WHERE {own} <> '' AND {where}")  # noqa: S608
            found = [{"words": words, "fresh": named.sub(FORGOTTEN, words)} for (words,) in said if named.search(words)]
            if table in WITNESSED:
                by_words = f"SELECT seq FROM {name} WHERE {own} = :words AND {where}"  # noqa: S608
                witnessed += [
                    (table, int(row[0])) for one in found for row in self._database.rows(by_words, {"words": one["words"]})
                ]
            statement = f"UPDATE {name} SET {own} = :fresh WHERE {own} = :words AND {where}"  # noqa: S608
            changed += self._database.change_many(statement, found)
        return changed, witnessed

    def _replace_in(self, table: str, column: str, one: Forgetting, keys: dict[str, str]) -> int:
        if column == "customer_id" and table in _APART:
            return 0
        name, own = quoted(table), quoted(column)  # names come from the catalogue
        if column != "customer_id":
            statement = f"UPDATE {name} SET {own} = :new WHERE {own} = :old"  # noqa: S608
            return self._database.change_many(statement, ({"new": new, "old": old} for old, new in keys.items()))
        if table in _GONE:
            return self._database.change(f"DELETE FROM {name} WHERE {own} = :old", {"old": one.customer_id})  # noqa: S608
        statement = f"UPDATE {name} SET {own} = :new WHERE {own} = :old"  # noqa: S608
        return self._database.change(statement, {"new": one.surrogate, "old": one.customer_id})

    def finish(self, one: Forgetting, counts: dict[str, int]) -> None:
        """Write the act down, destroy the key of the pseudonym, rewrite the file, and end the intent."""
        with self._database.transaction():
            called = f"customer {self._audit.pseudonym(one.customer_id)} forgotten"
            if not self._audit.known("forget", called):
                detail = {"reason": one.reason, "rows": counts}
                self._audit.append("forget", "forgotten", by=one.by, at=one.at, detail=detail, customer_id=one.customer_id)
        self._database.rewrite()
        with self._database.transaction():
            self._audit.forget(one.customer_id)
            self._database.change(_DONE, {"customer_id": one.customer_id})
        self._database.rewrite()


def _spared(payload: str, named: re.Pattern[str]) -> str:
    """News about somebody else whose free words name the customer, without the name."""
    told = json.loads(payload)
    for name in ("reason", "detail"):
        words = told.get(name)
        if isinstance(words, str) and named.search(words):
            told[name] = named.sub(FORGOTTEN, words)
            payload = json.dumps(told, ensure_ascii=False)
    return payload


def keyed(secret: str, text: str) -> str:
    """HMAC-SHA256 of a text, as hex digits."""
    return hmac.new(secret.encode(), text.encode(), sha256).hexdigest()


def quoted(name: str) -> str:
    """An identifier in SQLite's quotes."""
    return '"' + name.replace('"', '""') + '"'
