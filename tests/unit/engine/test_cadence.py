"""The path of an entry without touches does not depend on how often the loop runs (semantics 12): random journeys, random lives."""

import random

import pytest
from tests.differential.cadence import cadences, cases_of, differences, trips

SEED = 20260401
CASES = 8


@pytest.fixture(scope="module")
def cases():
    return cases_of(SEED, batch=0, size=CASES, days=1)


@pytest.fixture(scope="module")
def daily(cases):
    return trips(cases, cases[0].facts.runs)


@pytest.mark.parametrize("cadence", ["hourly", "random"])
def test_the_same_lives_walk_the_same_paths_however_often_the_loop_runs(cases, daily, cadence):
    runs = cadences(cases[0].facts.runs, SEED, count=5)[cadence]
    told = list(differences(daily, trips(cases, runs)))
    assert told == [], "\n".join(told[:10])


def test_those_paths_have_waits_windows_forks_and_ends(daily):
    causes = {move[3].split()[0] for trip in daily.values() for move in trip.moves}
    assert {"waited", "won", "timed", "branched", "split", "arm"} <= causes
    assert {trip.end[0] for trip in daily.values()} == {"ended", "rests"}
    assert len({trip.side for trip in daily.values()}) > 1


def test_a_path_that_differs_is_told(daily):
    trip = random.Random(SEED).choice([trip for trip, path in sorted(daily.items()) if trip[3] == 1 and path.moves])
    shorter = {**daily, trip: type(daily[trip])(daily[trip].since, daily[trip].side, daily[trip].moves[:-1], daily[trip].end)}
    assert [told.startswith(str(trip)) for told in differences(daily, shorter)] == [True]
    assert list(differences(daily, {name: path for name, path in daily.items() if name != trip}))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_many_lives_walk_the_same_paths_at_any_cadence(seed):
    cases = cases_of(seed, batch=0, size=20, days=2)
    daily = trips(cases, cases[0].facts.runs)
    for runs in cadences(cases[0].facts.runs, seed, count=9).values():
        assert list(differences(daily, trips(cases, runs))) == []
