"""Moro's calls of a Portuguese bank (May 2008 to November 2010): 26 waves, calls by people with attempts and outcomes, a season that moves.

Who was called by mobile and who by landline was not drawn by chance and went with the season, as did success: nearly all early calls were
landline, and late ones, when few were called, succeeded half the time. Two things are compared. `line` is history's, mobile or landline,
with the shares of each wave as they were. `hour` is a placebo: the engine itself draws `day` or `evening`, which change nothing, and
draws `evening` more often in the waves that went well.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tests.campaigns.history import arm, data, numbered, read

from tonglu.testing import TinyBank, at

DATA = data("uci_bank_marketing") / "bank_additional_full.parquet"
T = at("2026-01-05 10:00")
DAY = timedelta(days=1)
EVERY = timedelta(days=30)
CALLED = """
    WITH turned AS (SELECT *, (month <> lag(month, 1, '') OVER (ORDER BY row_no))::INTEGER AS turns FROM logged)
    SELECT sum(turns) OVER (ORDER BY row_no)::INTEGER AS wave, contact = 'cellular', campaign::INTEGER, y = 'yes' FROM turned ORDER BY row_no
"""
JOURNEY = "deposit_call"
OFTEN, SELDOM = 0.8, 0.2
MOST_ATTEMPTS = 20
"""Tries of one call; the few that took more are told with so many."""


@dataclass(frozen=True)
class Wave:
    """The calls of one month: for each whether it was mobile, how many attempts it took, and whether a deposit came of it."""

    number: int
    calls: tuple[tuple[bool, int, bool], ...]

    @property
    def as_of(self) -> datetime:
        return T + (self.number - 1) * EVERY

    @property
    def rate(self) -> float:
        return sum(yes for *_, yes in self.calls) / len(self.calls)

    @property
    def lines(self) -> dict[str, float]:
        """The share of each line, in written order; one alone where all calls were alike."""
        share = sum(mobile for mobile, *_ in self.calls) / len(self.calls)
        return {name: one for name, one in (("mobile", share), ("landline", 1 - share)) if one}


def waves() -> list[Wave]:
    """All waves, in their order."""
    found: dict[int, list[tuple[bool, int, bool]]] = {}
    for number, mobile, attempts, yes in read("uci_bank_marketing/bank_additional_full.parquet", CALLED):
        found.setdefault(int(str(number)), []).append((bool(mobile), int(str(attempts)), bool(yes)))
    return [Wave(number, tuple(calls)) for number, calls in sorted(found.items())]


def journey(wave: Wave, *, good: bool) -> dict[str, object]:
    """The journey as it is written for one wave."""
    evening = OFTEN if good else SELDOM
    call: dict[str, object] = {"touch": "deposit", "via": ["call"], "valid_for": "10 days"}
    if len(wave.lines) > 1:
        call["touch"] = "deposit_by_line"
        call["experiment"] = {"arms": list(wave.lines), "weights": list(wave.lines.values())}
    return {
        "enter": {"event": "listed"},
        "goal": {"event": "subscribed", "value": 100, "within": "20 days"},
        "steps": [
            {
                "hour": {
                    "experiment": {
                        "arms": {"day": "call", "evening": "call"},
                        "weights": {"day": 1 - evening, "evening": evening},
                    }
                }
            },
            {"call": call},
        ],
    }


@contextmanager
def played(root: Path, several: list[Wave]) -> Iterator[TinyBank]:
    """Each wave a run, and its calls worked the day after; one run more, when the last outcomes are known."""
    middle = sorted(wave.rate for wave in several)[len(several) // 2]
    written = {wave.number: journey(wave, good=wave.rate >= middle) for wave in several}
    with TinyBank(
        root,
        journeys={JOURNEY: written[several[0].number]},
        events={"listed": {}, "subscribed": {}},
        policy={"per_run": 9, "caps": [{"purpose": "marketing", "at_most": 9, "within": "7 days"}]},
        channels=(),
        people={"call": {"expires": "10 days", "attempts": {"per_day": 10, "total": MOST_ATTEMPTS, "apart": "1 minute"}}},
        threads=2,
    ) as bank:
        first = 1
        for wave in several:
            bank.edit(journeys={JOURNEY: written[wave.number]})
            lines = wave.lines

            def line(number: int, lines: dict[str, float] = lines) -> str:
                return arm(JOURNEY, "call", number, lines)

            numbers = numbered(["mobile" if mobile else "landline" for mobile, *_ in wave.calls], line, first)
            first = max(numbers) + 1
            bank.customers(*numbers, purposes=("marketing",))
            bank.events([("listed", number, wave.as_of) for number in numbers])
            bank.run(wave.as_of)
            touches = dict(
                bank.rows("SELECT customer_id, touch_key FROM tonglu.touch WHERE run_no = (SELECT max(run_no) FROM tonglu.run)")
            )
            receipts = []
            for number, (_, attempts, _) in zip(numbers, wave.calls, strict=True):
                for attempt in range(min(attempts, MOST_ATTEMPTS)):
                    said = "answered" if attempt == min(attempts, MOST_ATTEMPTS) - 1 else "no_answer"
                    receipts.append(_receipt(touches[number], said, attempt, wave.as_of + DAY + attempt * DAY / 24))
            bank.land("receipts", receipts)
            bank.events(
                [("subscribed", n, wave.as_of + 4 * DAY) for n, (*_, yes) in zip(numbers, wave.calls, strict=True) if yes]
            )
        bank.run(several[-1].as_of + EVERY)
        yield bank


def _receipt(touch_key: str, receipt: str, attempt: int, when: datetime) -> dict[str, object]:
    about = {"receipt_id": f"{attempt}-{touch_key}", "touch_key": touch_key, "receipt": receipt, "occurred_at": when}
    return {**about, "detail": json.dumps({"attempt": attempt + 1})}
