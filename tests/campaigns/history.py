"""What replays have in common: the data, and customers numbered so that the engine's own draws put them where history did.

An experiment's assignment is given; the engine's is a hash of the customer's number. Numbers mean nothing, so each customer of history gets the
next one that the engine, unchanged, draws into the same arm. Nothing of the engine is replaced, and what it logs as propensity is the share by
which history drew.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import duckdb

from tonglu.core.chance import Salt, draw

DATASETS = Path(__file__).resolve().parents[3] / "shared" / "datasets"
HELD_OUT, TREATED = "held out", "treated"
T = TypeVar("T", bound=Hashable)


def data(name: str) -> Path:
    """A data set's folder, or a file in it."""
    return DATASETS / name


def read(name: str, query: str) -> list[tuple[object, ...]]:
    """Rows of a query over the view `logged` of a data set's file."""
    with duckdb.connect() as connection:
        connection.read_parquet(str(data(name))).create_view("logged")
        return connection.execute(query).fetchall()


def numbered(wanted: Sequence[T], where: Callable[[int], T | None], first: int = 1) -> list[int]:
    """Customer numbers from `first` on, such that `where` the engine puts each is where history did.

    Args:
        wanted: where history put each.
        where: where the engine puts a number; None where it is of no use.
        first: the least number.
    """
    needed: dict[T, int] = defaultdict(int)
    for one in wanted:
        needed[one] += 1
    free: dict[T, list[int]] = defaultdict(list)
    number, missing = first, dict(needed)
    while missing:
        place = where(number)
        if place in missing:
            free[place].append(number)
            missing[place] -= 1
            if not missing[place]:
                del missing[place]
        number += 1
    queues = {place: iter(numbers) for place, numbers in free.items()}
    return [next(queues[one]) for one in wanted]


def event(name: str, customer: int, when: datetime, **properties: object) -> dict[str, object]:
    """A row of `events`, one of its name for each customer."""
    about = {"event_id": f"{name}-{customer}", "customer_id": customer, "name": name, "occurred_at": when}
    return {**about, "properties": json.dumps(properties)}


def side(journey: str, number: int, holdout: float) -> str:
    """The side of a journey on which a customer is."""
    return HELD_OUT if draw(Salt.HOLDOUT, journey, number) < holdout else TREATED


def arm(journey: str, step: str, number: int, shares: Mapping[str, float], entry_no: int = 1) -> str:
    """The arm that a customer is drawn at a step."""
    u, high = draw(Salt.ARM, journey, number, step, entry_no), 0.0
    for name, share in shares.items():
        high += share
        if u < high:
            return name
    return name
