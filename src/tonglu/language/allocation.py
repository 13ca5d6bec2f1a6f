"""What is scarce, in the policy: `capacity` (touches by channel, branch, employee, hour and day) and `budget` (yuan by day and month)."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from tonglu.core.errors import Finding, Severity, did_you_mean
from tonglu.language.values import Authored, Money, Name, Purpose, refuse, shown
from tonglu.language.yamlfile import Loc, YamlFile

UNIT_COLUMNS: Mapping[str, str] = {"branch": "branch_id", "employee": "manager_id"}
"""What a limit counts by, and the attribute of the profile that says which one a customer's touch takes from. An employee of a channel
that people work is who is given the touch; see `stages/assign.py`."""


def _units(value: object) -> object:
    """Units are numbers or names; they are compared as text."""
    return {str(key): figure for key, figure in value.items()} if isinstance(value, dict) else value


def _named(data: Any, gate: str, about: tuple[str, ...]) -> Any:
    """A limit without a name is called by what it says: call_by_branch_40_per_day."""
    if not isinstance(data, dict) or "name" in data:
        return data
    words = [str(data[key]) for key in about if data.get(key)] or ["all"]
    by = [f"by {data['by']}"] if data.get("by") else []
    text = " ".join([*words, *by, str(data.get("at_most", gate)), "per", str(data.get("per"))])
    return {**data, "name": re.sub("[^a-z0-9]+", "_", text.lower())[:63].strip("_")}


class Figures(Authored):
    """Where each unit's own figure stands: a table of the bank with one row per unit."""

    table: Name
    unit: Name
    at_most: Name


class Capacity(Authored):
    """At most so many touches of a channel in each hour or day of the bank's clock: of the whole bank, or of each branch or employee.

    `at_most` holds for every unit that neither `each` nor the table of `figures` names.
    """

    name: Name
    channel: Name
    by: Literal["branch", "employee"] | None = None
    at_most: Annotated[int, Field(ge=0)]
    per: Literal["hour", "day"]
    each: Annotated[Mapping[str, Annotated[int, Field(ge=0)]], BeforeValidator(_units)] = Field(default_factory=dict)
    figures: Figures | None = None

    @model_validator(mode="before")
    @classmethod
    def _called(cls, data: Any) -> Any:
        return _named(data, "capacity", ("channel",))

    @model_validator(mode="after")
    def _figures_have_units(self) -> "Capacity":
        if self.by is None and (self.each or self.figures):
            raise refuse("figures of units need to know the units", "Add by: branch, or by: employee.", "TL872")
        return self


class Budget(Authored):
    """At most so much money in each day or month: of a channel, journey or purpose, or of all of them. Held as fen."""

    name: Name
    channel: Name | None = None
    journey: Name | None = None
    purpose: Purpose | None = None
    at_most: Annotated[Money, PlainSerializer(lambda fen: f"{fen / 100:.2f} yuan", return_type=str, when_used="json")]
    per: Literal["day", "month"]

    @model_validator(mode="before")
    @classmethod
    def _called(cls, data: Any) -> Any:
        return _named(data, "budget", ("purpose", "journey", "channel"))

    @model_validator(mode="after")
    def _not_negative(self) -> "Budget":
        if self.at_most < 0:
            raise refuse(f"a budget of {shown(self.at_most / 100)} yuan is less than nothing", "Write 0 or more.", "TL125")
        return self


@dataclass(frozen=True)
class Limit:
    """One limit, of either kind, as gates and explanations use it: `at_most` is touches under `capacity`, fen under `budget`."""

    gate: Literal["capacity", "budget"]
    name: str
    channel: str | None
    journey: str | None
    purpose: str | None
    by: str | None
    per: str
    at_most: int
    each: Mapping[str, int]
    figures: Figures | None


def limits_of(capacity: Collection[Capacity], budget: Collection[Budget]) -> tuple[Limit, ...]:
    """All limits in written order, capacity before budget."""
    places = [
        Limit("capacity", one.name, one.channel, None, None, one.by, one.per, one.at_most, one.each, one.figures)
        for one in capacity
    ]
    money = [
        Limit("budget", one.name, one.channel, one.journey, one.purpose, None, one.per, one.at_most, {}, None) for one in budget
    ]
    return (*places, *money)


def check_limits(
    capacity: Sequence[Capacity],
    budget: Collection[Budget],
    file: YamlFile,
    findings: list[Finding],
    *,
    channels: Mapping[str, int],
    journeys: Collection[str],
    profile: Collection[str],
    tables: Mapping[str, Collection[str]],
    worked: Collection[str] = (),
) -> None:
    """Find what limits name and nothing else knows.

    Args:
        capacity: the policy's own.
        budget: the policy's own.
        file: the file that the policy was read from.
        findings: where everything found is added.
        channels: what a touch of each channel costs, fen.
        journeys: the journeys that exist.
        profile: the attributes of a customer; none when they are not known.
        tables: the columns of the bank's tables.
        worked: the channels whose touches people work.
    """
    for number, one in enumerate(capacity):
        _known_channel(one.channel, ("capacity", number, "channel"), file, findings, channels)
        column = UNIT_COLUMNS.get(one.by or "")
        if column is not None and profile and column not in profile:
            hint = f"Give the profile a column {column}, or leave 'by' out."
            findings.append(
                file.finding("TL871", f"the profile does not say the {one.by} of a customer", ("capacity", number, "by"), hint)
            )
        before = {(other.channel, other.by) for other in capacity[:number]}
        if one.by == "employee" and one.channel in worked and (one.channel, one.by) in before:
            told = f"a second limit by employee of channel '{one.channel}', whose touches people are given"
            hint = "Keep one of the two, or say this one by branch."
            findings.append(file.finding("TL875", told, ("capacity", number), hint))
        if one.figures is not None:
            _known_figures(one.figures, ("capacity", number, "figures"), file, findings, tables)
    for number, spent in enumerate(budget):
        if spent.channel is not None:
            _known_channel(spent.channel, ("budget", number, "channel"), file, findings, channels)
        if spent.journey is not None and spent.journey not in journeys:
            hint = did_you_mean(spent.journey, journeys)
            findings.append(
                file.finding("TL870", f"journey '{spent.journey}' does not exist", ("budget", number, "journey"), hint)
            )
        if channels and not any(channels.get(name, 0) for name in ([spent.channel] if spent.channel else channels)):
            place, hint = file.place(("budget", number)), "Write what a touch costs in channels.yaml: cost: 0.05."
            about = f"channel '{spent.channel}' costs" if spent.channel else "all channels cost"
            findings.append(
                Finding("TL874", f"{about} nothing, so this budget holds nothing back", place, hint, Severity.WARNING)
            )


def _known_channel(name: str, loc: Loc, file: YamlFile, findings: list[Finding], channels: Collection[str]) -> None:
    if name not in channels:
        hint = did_you_mean(name, channels)
        findings.append(Finding("TL208", f"channel '{name}' does not exist", file.place(loc), hint, Severity.WARNING))


def _known_figures(
    figures: Figures, loc: Loc, file: YamlFile, findings: list[Finding], tables: Mapping[str, Collection[str]]
) -> None:
    if figures.table not in tables:
        hint = did_you_mean(figures.table, tables)
        findings.append(file.finding("TL873", f"table '{figures.table}' does not exist", (*loc, "table"), hint))
        return
    for key, column in (("unit", figures.unit), ("at_most", figures.at_most)):
        if column not in tables[figures.table]:
            hint = did_you_mean(column, tables[figures.table])
            findings.append(file.finding("TL873", f"table '{figures.table}' has no column '{column}'", (*loc, key), hint))
