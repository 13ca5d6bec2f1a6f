"""Hillstrom's e-mail experiment (2008): 64,000 customers, two e-mails and none, as the arms of a journey."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from tests.campaigns.history import HELD_OUT, TREATED, arm, data, event, numbered, read, side

from tonglu.testing import TinyBank, at

DATA = data("hillstrom") / "hillstrom.parquet"
T = at("2026-03-20 10:00")
DAY = timedelta(days=1)
NOBODY, MENS, WOMENS = "No E-Mail", "Mens E-Mail", "Womens E-Mail"
HOLDOUT, HALF = 1 / 3, {"mens": 0.5, "womens": 0.5}
BOUGHT = {"event": "bought", "value_of": "spend", "within": "14 days"}
GOALS = [
    {"name": "bought", **BOUGHT},
    {"name": "visited", "event": "visited", "within": "14 days"},
    {"name": "bought_given_history", **BOUGHT, "adjust": "history"},
]
JOURNEYS = {
    # All three arms; and the men's e-mail alone, among those who got it and those who got none.
    "email": {
        "enter": {"event": "mailed"},
        "holdout": "33.3333%",
        "goals": GOALS,
        "steps": [
            {"mail": {"touch": "catalogue", "via": ["email"], "experiment": {"arms": ["mens", "womens"], "learn": "thompson"}}}
        ],
    },
    "mens": {
        "enter": {"event": "mailed", "where": "mens"},
        "holdout": "50%",
        "goals": GOALS,
        "steps": [{"mail": {"touch": "catalogue_mens", "via": ["email"]}}],
    },
}


def where(number: int) -> str | None:
    """Where the engine puts a customer in both journeys; None where the two contradict each other."""
    if side("email", number, HOLDOUT) == HELD_OUT:
        return NOBODY if side("mens", number, 0.5) == HELD_OUT else None
    if arm("email", "mail", number, HALF) == "womens":
        return WOMENS
    return MENS if side("mens", number, 0.5) == TREATED else None


@contextmanager
def played(root: Path) -> Iterator[TinyBank]:
    """The experiment in two runs: the mailing, and fifteen days later."""
    rows = read(
        "hillstrom/hillstrom.parquet", "SELECT segment, history, visit, conversion, spend FROM logged ORDER BY customer_no"
    )
    numbers = numbered([str(row[0]) for row in rows], where)
    policy = {"per_run": 9, "measurement": {"tightest_at": 5000}}
    events = {"mailed": {"mens": "boolean"}, "visited": {}, "bought": {"spend": "decimal"}}
    with TinyBank(
        root, journeys=JOURNEYS, attributes={"history": "bigint"}, events=events, policy=policy, channels=("email",), threads=2
    ) as bank:
        bank.customers(
            *({"customer_id": number, "history": round(100 * row[1])} for number, row in zip(numbers, rows, strict=True)),
            purposes=("marketing",),
        )
        happened = []
        for number, (segment, _, visit, conversion, spend) in zip(numbers, rows, strict=True):
            happened.append(event("mailed", number, T, mens=segment != WOMENS))
            happened += [event("visited", number, T + 2 * DAY)] if visit else []
            happened += [event("bought", number, T + 3 * DAY, spend=f"{spend:.2f}")] if conversion else []
        bank.land("events", happened)
        bank.run(T)
        bank.run(T + 15 * DAY)
        yield bank
