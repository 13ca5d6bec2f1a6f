"""Forget a customer: everything about the person goes from every store, the counts stay.

In this order, each step safe to do again: keep them out and cancel what waits; files that people wrote or read; the mailroom's rows under a
random number; the warehouse in one transaction, and its file written anew, because DuckDB and SQLite keep old pages; the published files; last
the act in the audit log, with the key of their pseudonym destroyed. A killed one is finished when `tonglu forget` is called again; no run
is made before.
"""

import os
import re
import secrets
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tonglu.app.erase_files import Person, erase_files, left_in
from tonglu.app.loop import LAST_RUN, recover
from tonglu.app.people import known_person
from tonglu.app.workplace import Workplace
from tonglu.core.errors import Finding, InputError, Place
from tonglu.mailroom.forgetting import FORGOTTEN, Forgetting
from tonglu.mailroom.inbox import InboxItem
from tonglu.stages.forget import Whom, forget, take_out_of_words, touch_keys
from tonglu.stages.pattern import columns, fill
from tonglu.stages.tables import current
from tonglu.warehouse.publish import publish
from tonglu.warehouse.rewriting import rewrite_file

LOWEST = -(2**62)
PERSONAL = "SELECT own FROM here WHERE customer_id = $customer_id"
OPEN = "SELECT DISTINCT journey FROM tonglu.rest WHERE customer_id = $surrogate ORDER BY journey"


@dataclass(frozen=True)
class Forgotten:
    """Who was forgotten, now or by finishing what was begun: rows by table, files rewritten or removed, and where they are named still."""

    customer_id: int
    rows: Mapping[str, int] = field(default_factory=dict)
    files: int = 0
    left: tuple[str, ...] = ()


def begin(place: Workplace, customer_id: int, *, by: str, reason: str, at: datetime) -> None:
    """Write down that a customer is to be forgotten; from here on their files are kept out.

    Raises:
        InputError: no secret, nobody of that name, no reason, or a reason that names the customer.
    """
    own = known_person(place.definitions.project, by)
    if not reason.strip():
        raise InputError(
            [Finding("TL900", "a reason is needed", Place("--reason"), "Write a few words; they are kept for audit.")]
        )
    if any(_named_in(text, reason) for text in person_of(place, customer_id).texts):
        raise InputError(
            [Finding("TL858", "the reason names the customer, and it stays", Place("--reason"), "Write why, not who.")]
        )
    surrogate = LOWEST - secrets.randbelow(2**62)
    wanted = Forgetting(customer_id, surrogate, secrets.token_hex(16), own, reason.strip(), at)
    place.mailroom.forgets.begin(wanted, place.settings.erasure_key)


def forget_all(place: Workplace, at: datetime) -> list[Forgotten]:
    """Forget everybody of whom it was written down; closes the place.

    Raises:
        InputError: the secret is missing or another.
        Unavailable: something of theirs is being sent at this moment, or another process has a file.
    """
    waiting = place.mailroom.forgets.unfinished()
    if waiting:
        place.mailroom.forgets.check_secret(place.settings.erasure_key)
        recover(place)
    done = []
    for one in waiting:
        _fail_at(place, "forget_begun")
        done.append(_forget(place, one, at))
    return done


def person_of(place: Workplace, customer_id: int) -> Person:
    """What tells who a customer is: their number, and every value of the personal tables."""
    texts = {str(customer_id)}
    for contract in place.definitions.contracts.values():
        if contract.personal and "customer_id" in contract.columns:
            for row in place.warehouse.fetch(
                fill(PERSONAL, {"here": current(contract)}, {"own": columns(list(contract.columns))}), customer_id=customer_id
            ):
                texts |= {
                    str(value) for name, value in zip(contract.columns, row, strict=False) if _telling(name, value, contract.key)
                }
    return Person(customer_id, tuple(sorted(texts)), tuple(touch_keys(place.warehouse, customer_id)))


def _named_in(text: str, reason: str) -> bool:
    """Whether words hold a text; a number only where it stands by itself, for customer 1 is not in 'branch 17'."""
    return bool(re.search(rf"(?<!\d){text}(?!\d)", reason)) if text.isdigit() else text in reason


def _telling(name: str, value: object, key: tuple[str, ...]) -> bool:
    """Whether a value of a personal table can be looked for: a part of a key, such as a channel, is of many."""
    return isinstance(value, str) and name not in key and len(value) >= 2


def _forget(place: Workplace, one: Forgetting, at: datetime) -> Forgotten:
    place.mailroom.forget(one.customer_id, at, place.staged)
    _fail_at(place, "forget_cancelled")
    person = person_of(place, one.customer_id)
    files = erase_files(place, person)
    _fail_at(place, "forget_files")
    mailed = place.mailroom.forgets.replace(one, person.touch_keys, person.pattern)
    _fail_at(place, "forget_mailroom")
    warehouse = place.warehouse
    with warehouse.transaction():
        whom = Whom(one.customer_id, one.surrogate, one.salt)
        take_out_of_words(warehouse, lambda words: person.pattern.sub(FORGOTTEN, words))
        rows = forget(warehouse, place.definitions.contracts.values(), whom, one.at)
    _fail_at(place, "forget_warehouse")
    for (journey,) in warehouse.fetch(OPEN, surrogate=one.surrogate):
        told = {"journey": journey, "reason": "forgotten", "by": one.by}
        item = InboxItem("eject", f"forgotten|{one.surrogate}|{journey}", one.surrogate, told, one.at)
        place.mailroom.inbox.post([item])
    last = warehouse.fetch(LAST_RUN)
    place.let_go_of_warehouse()
    path = place.definitions.path("warehouse")
    rewrite_file(path, lambda: _fail_at(place, "forget_copied"))
    _fail_at(place, "forget_swapped")
    if last:
        _publish_anew(place, last[0][0])
    _fail_at(place, "forget_published")
    place.mailroom.forgets.finish(one, {**rows, "mailroom": mailed})
    return Forgotten(one.customer_id, {**rows, "mailroom": mailed}, files, tuple(left_in(place, person)))


def _publish_anew(place: Workplace, run_no: int) -> None:
    folder = place.definitions.path("published")
    if not folder.is_dir() or not any(folder.glob("tonglu-*.duckdb")):
        return
    kept = publish(place.warehouse, folder, run_no, facts=False)
    for path in [*folder.glob("tonglu-*.duckdb*"), *folder.glob(".tonglu-*")]:
        if path != kept:
            path.unlink(missing_ok=True)
    place.let_go_of_warehouse()


def clear_copies(place: Workplace) -> None:
    """Remove what dry runs, replays and DuckDB left behind when they were killed."""
    data = place.definitions.path("warehouse").parent
    for path in [*data.glob("tonglu-dry-*"), *data.glob("tonglu-replay-*"), *data.glob("*.duckdb.tmp")]:
        shutil.rmtree(path, ignore_errors=True)


def _fail_at(place: Workplace, point: str) -> None:
    """A named place at which a test of recovery lets the process die."""
    if place.settings.failpoint == point:
        os.kill(os.getpid(), signal.SIGKILL)
