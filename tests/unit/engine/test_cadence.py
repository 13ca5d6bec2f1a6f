"""The path of an entry without touches does not depend on how often the loop runs (semantics 12)."""

import random
from datetime import datetime, timedelta

import pytest

from tonglu.testing import TinyBank, at

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
T = at("2026-03-02 08:00")
NAMES = ("seen", "paid", "moved", "complained")
STEPS = [
    {"settle": {"wait": "90 minutes"}},
    {
        "watch": {
            "wait_for": [{"event": "seen", "go": "fork"}, {"event": "paid", "where": "amount >= 100", "go": "thank"}],
            "within": "5 hours",
            "otherwise": "fork",
        }
    },
    {"fork": {"branch": [{"when": "age >= 60", "go": "slow"}, {"when": "age >= 18", "go": "quick"}, {"else": "end_early"}]}},
    {"quick": {"wait": "45 minutes", "next": "try"}},
    {"slow": {"wait": "7 hours"}},
    {"try": {"experiment": {"arms": {"again": "second", "leave": "thank"}}}},
    {"second": {"wait_for": {"event": "seen", "go": "fork"}, "within": "6 hours", "otherwise": "thank"}},
    {"thank": {"wait": "1 second"}},
    {"end_early": {"end": "early"}},
]


def journey():
    return {
        "enter": {"event": "entered", "fresh": "30 days"},
        "goal": {"event": "moved", "within": "30 days"},
        "exit": [{"event": "complained"}],
        "holdout": "30%",
        "steps": STEPS,
    }


def facts(seed: int, days: int, people: int) -> list[tuple[str, int, datetime, int]]:
    """(name, customer, instant, amount): at random instants, and at the very edges that the waits make."""
    chance = random.Random(seed)
    edges = [
        timedelta(minutes=90),
        timedelta(minutes=90) + 5 * HOUR,
        timedelta(minutes=135),
        timedelta(hours=11, minutes=15),
        DAY,
        HOUR,
        6 * HOUR,
    ]
    rows = []
    for customer in range(1, people + 1):
        came = (
            T
            - HOUR
            + chance.choice([timedelta(0), SECOND * chance.randrange(int(days * 40_000)), HOUR * chance.randrange(days * 12)])
        )
        rows.append(("entered", customer, came, 0))
        for _ in range(chance.randrange(6)):
            delay = chance.choice(edges) if chance.random() < 0.6 else SECOND * chance.randrange(int(days * 60_000))
            instant = came + delay + chance.choice([timedelta(0), timedelta(0), TICK, -TICK])
            name = chance.choices(NAMES, [5, 3, 1, 1])[0]
            rows.append((name, customer, instant, chance.choice([50, 100])))
    return rows


def play(make, rows, instants, people: int) -> TinyBank:
    """The same customers and facts, run at these instants; each fact lands before the first run that may see it."""
    bank = make(journeys={"path": journey()}, attributes={"age": "integer"}, events={"paid": {"amount": "bigint"}})
    bank.customers(*({"customer_id": number, "age": [17, 30, 70, None][number % 4]} for number in range(1, people + 1)))
    for number, (name, customer, instant, amount) in enumerate(rows):
        properties = {"amount": amount} if name == "paid" else {}
        bank.event(name, customer, instant, event_id=f"f{number:05d}", **properties)
    for instant in instants:
        bank.run(instant)
    return bank


def all_paths(bank: TinyBank):
    entered = bank.rows("SELECT customer_id, since, assignment FROM tonglu.entry ORDER BY ALL")
    return entered, sorted(bank.paths(), key=lambda move: move[:4]), bank.ended(), bank.resting()


def cadences(kind: str, seed: int, days: int) -> list[datetime]:
    chance = random.Random(seed + 1000)
    last = T + days * DAY
    if kind == "hourly":
        return [T + hour * HOUR for hour in range(days * 24 + 1)]
    if kind == "daily":
        return [T + day * DAY for day in range(days + 1)]
    instants = {T + SECOND * chance.randrange(days * 86_400) for _ in range(days * 10)}
    return [*sorted(instants), last]


def assert_same(first, second):
    for one, other in zip(all_paths(first), all_paths(second), strict=True):
        assert one == other


def test_hourly_and_daily_runs_walk_the_same_paths(tiny):
    rows = facts(1, 1, 48)
    daily, hourly = (play(tiny, rows, cadences(kind, 1, 1), 48) for kind in ("daily", "hourly"))
    assert_same(daily, hourly)
    causes = {move[-1] for move in hourly.paths()}
    assert {"waited", "won", "timed out", "branched", "arm again", "arm leave"} <= causes
    assert {reason for *_, reason in hourly.ended()} == {"early", "goal", "exit_complained"}


def test_one_run_and_runs_at_random_instants_walk_the_same_paths(tiny):
    rows = facts(2, 1, 48)
    assert_same(play(tiny, rows, [T + DAY], 48), play(tiny, rows, cadences("random", 1, 1), 48))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3, 11))
def test_any_cadence_walks_the_same_paths(tiny, seed):
    rows = facts(seed, 3, 90)
    daily = play(tiny, rows, cadences("daily", seed, 3), 90)
    assert_same(daily, play(tiny, rows, cadences("hourly" if seed % 4 == 0 else "random", seed, 3), 90))
