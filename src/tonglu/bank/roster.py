"""The bank's memory of itself: people, employers, chance and working days, kept in the hidden folder for the world."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tonglu.bank.calendar import Workdays, day_number, last_known_day, month_of, month_start
from tonglu.bank.chance import Dice
from tonglu.bank.employers import Employers, make_employers
from tonglu.bank.people import People, make_people

FORMAT = 2


@dataclass(frozen=True)
class Roster:
    """Everything that later days follow from. `first` and `opening` are bank days; the opening instant is `opening` x 24 h."""

    customers: int
    seed: int
    opening: int
    first: int
    dice: Dice
    workdays: Workdays
    employers: Employers
    people: People

    @property
    def first_month(self) -> int:
        """First month of history, counted from 1970-01."""
        return month_of(self.first)

    @property
    def last_month(self) -> int:
        """Last month whose pay-days are known."""
        return month_of(self.workdays.last)


def draw_roster(customers: int, seed: int, opening: date, months: int) -> Roster:
    """The bank of (customers, seed). Raises ValueError for an empty bank or days without a known holiday calendar."""
    if customers < 1 or months < 3:
        raise ValueError("a bank needs at least one customer and three months of history")
    at = day_number(opening)
    first = month_start(month_of(at) - months) + opening.day - 1
    dice, workdays = Dice(seed), Workdays.over(first - 75, last_known_day())
    if at > workdays.last:
        raise ValueError(f"no holiday calendar for the opening day {opening}")
    employers = make_employers(dice, customers, at, first)
    people = make_people(dice, customers, opening=at, first=first, employers=employers, workdays=workdays)
    return Roster(customers, seed, at, first, dice, workdays, employers, people)


def save_roster(roster: Roster, hidden: Path) -> None:
    """Write the roster into the hidden folder."""
    hidden.mkdir(parents=True, exist_ok=True)
    for name, columns in (("people", roster.people.columns()), ("employers", vars(roster.employers))):
        pq.write_table(pa.table({k: pa.array(v) for k, v in columns.items()}), hidden / f"{name}.parquet", compression="zstd")
    facts = {
        "format": FORMAT,
        "customers": roster.customers,
        "seed": roster.seed,
        "opening": roster.opening,
        "first": roster.first,
    }
    (hidden / "bank.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def load_roster(hidden: Path) -> Roster:
    """Read the roster back. Raises FileNotFoundError where no bank was made, ValueError for another format."""
    facts = json.loads((hidden / "bank.json").read_text(encoding="utf-8"))
    if facts["format"] != FORMAT:
        raise ValueError(f"{hidden} holds a bank of format {facts['format']}, this program reads {FORMAT}")
    people = People(**_columns(hidden / "people.parquet"))
    employers = Employers(**_columns(hidden / "employers.parquet"))
    workdays = Workdays.over(facts["first"] - 75, last_known_day())
    return Roster(
        facts["customers"], facts["seed"], facts["opening"], facts["first"], Dice(facts["seed"]), workdays, employers, people
    )


def _columns(path: Path) -> dict[str, np.ndarray]:
    table = pq.read_table(path)
    return {name: table[name].to_numpy() for name in table.column_names}
