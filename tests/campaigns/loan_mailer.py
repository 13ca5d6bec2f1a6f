"""Karlan and Zinman's mailing of a lender (2003): three waves, learned from two, judged on the third; and an assignment that is none."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from tests.campaigns.history import arm, data, event, numbered, read, side

from tonglu.testing import TinyBank, at

DATA = data("loan_mailer_rct") / "loan_mailer.parquet"
BEFORE = ("dormancy", "appscore", "lastterm", "lnlastamount", "itczero", "female", "edhi", "age")
"""What the lender knew before it mailed; the last amount in hundredths of its logarithm."""
DAY = timedelta(days=1)
WAVES = {1: at("2026-01-05 10:00"), 2: at("2026-03-02 10:00"), 3: at("2026-06-01 10:00")}
LEARNED_AT = at("2026-05-04 10:00")
"""When the outcomes of two waves are known, and nobody of the third was mailed."""
LEARNED_IN, JUDGED_IN = 3, 5
"""The runs in which the first two waves had been learned from, and in which the third is judged."""
HALVES = {"cheap": 0.5, "dear": 0.5}
MAILED = """
    SELECT wave, risk,
        row_number() OVER (PARTITION BY risk, wave ORDER BY offer4, hash(client_no)) * 2 <= count(*) OVER (PARTITION BY risk, wave) AS cheap,
        yearlong = 1, applied, tookup, coalesce(grossinterest, 0), dormancy, appscore, lastterm, 100 * lnlastamount, itczero, female, edhi, age
    FROM logged ORDER BY client_no
"""
RATE = "loan_rate"
REVENUE = "loan_revenue"
YEARLONG = {1: "yearlong_first", 3: "yearlong_third"}
SHARE_WITHOUT = """
    SELECT wave, avg((yearlong = 0)::INTEGER) FROM logged GROUP BY wave ORDER BY wave
"""


def _mailing(name: str, aims: dict[str, float]) -> dict[str, object]:
    goals = [{"name": "applied", "event": "applied", "value_of": "interest", "within": "30 days"}]
    arms = {"arms": ["cheap", "dear"], "learn": "thompson", "by": "strata", **({"aims": aims} if aims else {})}
    return {
        "enter": {"event": "mailed"},
        "strata": "risk",
        "goals": goals,
        "steps": [{"mail": {"touch": name, "via": ["letter"], "experiment": arms}}],
    }


def _yearlong(name: str, wave: int, holdout: float) -> dict[str, object]:
    return {
        "enter": {"event": "mailed", "where": f"wave = {wave}"},
        "strata": "risk",
        "holdout": f"{holdout:.4%}",
        "goal": {"event": "applied", "within": "30 days"},
        "steps": [{"mail": {"touch": name, "via": ["letter"]}}],
    }


@contextmanager
def played(root: Path) -> Iterator[TinyBank]:
    """The three waves, each a run, and runs between them in which nobody is mailed."""
    rows = read("loan_mailer_rct/loan_mailer.parquet", MAILED)
    without = dict(read("loan_mailer_rct/loan_mailer.parquet", SHARE_WITHOUT))
    holdouts = {wave: round(float(str(without[wave])), 6) for wave in YEARLONG}

    def where(number: int) -> tuple[str, str, str] | None:
        half = arm(RATE, "mail", number, HALVES)
        if arm(REVENUE, "mail", number, HALVES) != half:
            return None
        return half, *(side(name, number, holdouts[wave]) for wave, name in YEARLONG.items())  # type: ignore[return-value]

    numbers = _numbers(rows, where)
    journeys = {RATE: _mailing(RATE, {}), REVENUE: _mailing(REVENUE, {"value": 1})}
    journeys |= {name: _yearlong(name, wave, holdouts[wave]) for wave, name in YEARLONG.items()}
    policy = {"per_run": 9, "learning": {"floor": "50%"}, "measurement": {"covariates": list(BEFORE)}}
    attributes = {"risk": "text", **dict.fromkeys(BEFORE, "integer")}
    events = {"mailed": {"wave": "integer"}, "applied": {"interest": "decimal"}}
    with TinyBank(
        root, journeys=journeys, attributes=attributes, events=events, policy=policy, channels=("letter",), threads=2
    ) as bank:
        known = [
            {"customer_id": number, "risk": row[1], **dict(zip(BEFORE, (round(float(str(x))) for x in row[7:]), strict=True))}
            for number, row in zip(numbers, rows, strict=True)
        ]
        bank.customers(*known, purposes=("marketing",))
        bank.land("events", [one for number, row in zip(numbers, rows, strict=True) for one in _events(number, row)])
        for as_of in (WAVES[1], WAVES[2], LEARNED_AT, WAVES[3]):
            bank.run(as_of)
        bank.run_whole(WAVES[3] + 40 * DAY)
        yield bank


def _numbers(rows: list[tuple[object, ...]], where) -> list[int]:
    """By wave, since the side of the other wave's journey does not matter."""
    found: list[int] = [0] * len(rows)
    first = 1
    for wave in WAVES:
        mine = [place for place, row in enumerate(rows) if row[0] == wave]
        place_of = list(YEARLONG).index(wave) + 1 if wave in YEARLONG else None

        def inside(number: int, place_of: int | None = place_of) -> tuple[str, str] | None:
            put = where(number)
            return None if put is None else (put[0], put[place_of] if place_of else "")

        wanted = [
            ("cheap" if rows[place][2] else "dear", ("treated" if rows[place][3] else "held out") if place_of else "")
            for place in mine
        ]
        numbers = numbered(wanted, inside, first)
        for place, number in zip(mine, numbers, strict=True):
            found[place] = number
        first = max(numbers) + 1
    return found


def _events(number: int, row: tuple[object, ...]) -> Iterator[dict[str, object]]:
    wave, applied, interest = int(str(row[0])), row[4], float(str(row[6]))
    yield event("mailed", number, WAVES[wave], wave=wave)
    if applied:
        yield event("applied", number, WAVES[wave] + 10 * DAY, interest=f"{interest:.2f}")
