"""The tests that stand beside journeys, `journeys/tests/<journey>.yaml`: what is known of a customer, and the path and touches expected."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from tonglu.core.errors import Finding
from tonglu.language.loader import load_model
from tonglu.language.values import Authored, EventName, Moment, Name, as_list, refuse
from tonglu.language.yamlfile import YamlFile, read_yaml

LONGEST = timedelta(days=400)
"""How long a test may run."""
Scalar = bool | int | float | str | date | None


class Happened(Authored):
    """An event of the customer; what is written beside `event` and `at` are its properties."""

    model_config = ConfigDict(extra="allow", frozen=True)

    event: EventName
    at: Moment

    @property
    def properties(self) -> Mapping[str, object]:
        """Its properties."""
        return dict(self.model_extra or {})


class Stay(Authored):
    """From when (included) until when (not included) the customer is a member of a segment; both on the bank's clock."""

    starts: Annotated[Moment | None, Field(alias="from")] = None
    ends: Annotated[Moment | None, Field(alias="to")] = None


class Later(Authored):
    """Attributes that change at an instant."""

    at: Moment
    customer: Mapping[Name, Scalar]


class Runs(Authored):
    """The days on which the loop runs, at the project's `run_at` (08:00 where it has none), both included."""

    starts: Annotated[date, Field(alias="from")]
    ends: Annotated[date, Field(alias="to")]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends < self.starts:
            raise refuse("'to' is before 'from'", "", "TL901")
        if self.ends - self.starts > LONGEST:
            raise refuse("a test runs at most 400 days", "", "TL901")
        return self


class Touched(Authored):
    """A touch that is expected, with as much of it as the test cares for."""

    step: Name
    channel: Name | None = None
    on: date | None = None
    outcome: Literal["sent", "deferred", "dropped"] = "sent"
    reason: Name | None = None


class Received(Authored):
    """A receipt of a touch: of the one that the step made at the visit, as the receiver reports it."""

    step: Name
    receipt: Name
    at: Moment
    visit: Annotated[int, Field(ge=1)] = 1


class Expected(Authored):
    """What should come of it; what is not written is not looked at."""

    enters: bool | None = None
    path: tuple[Name, ...] | None = None
    touches: tuple[Touched, ...] | None = None
    end: Name | None = None
    rests_at: Name | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if all(getattr(self, name) is None for name in type(self).model_fields):
            raise refuse("the case expects nothing", "Write path, touches, end, rests_at or enters.", "TL901")
        return self


class Case(Authored):
    """One customer, what is known and happens, and what is expected. Everything that is not said about consent and addresses is there;
    `runs` stands in the place of the file's. A case that expects nothing is one that `tonglu test --record` is to complete."""

    name: str
    customer: Mapping[Name, Scalar] = Field(default_factory=dict)
    segments: Mapping[Name, Annotated[tuple[Stay, ...], BeforeValidator(as_list)]] = Field(default_factory=dict)
    lists: Mapping[Name, Moment] = Field(default_factory=dict)
    events: tuple[Happened, ...] = ()
    receipts: tuple[Received, ...] = ()
    then: tuple[Later, ...] = ()
    channels: tuple[Name, ...] | None = None
    consents: tuple[Name, ...] | None = None
    arms: Mapping[Name, Name] = Field(default_factory=dict)
    held_out: bool = False
    runs: Runs | None = None
    expect: Expected | None = None

    @model_validator(mode="before")
    @classmethod
    def _listed_segments(cls, data: object) -> object:
        """Segments that are only listed hold from the beginning."""
        if isinstance(data, dict) and isinstance(data.get("segments"), list):
            return {**data, "segments": {name: {} for name in data["segments"]}}
        return data


class RehearsalFile(Authored):
    """The whole file."""

    journey: Name
    runs: Runs
    with_journeys: Annotated[tuple[Name, ...], BeforeValidator(as_list), Field(alias="with")] = ()
    cases: Annotated[tuple[Case, ...], Field(min_length=1, max_length=200)]


@dataclass(frozen=True)
class Rehearsal:
    """A file of tests as it was read."""

    written: RehearsalFile
    file: YamlFile


def read_rehearsal(path: Path, shown: str, findings: list[Finding]) -> Rehearsal | None:
    """Read one file; None, with findings, when it cannot be used."""
    file = read_yaml(path, shown)
    written = load_model(file, RehearsalFile, findings)
    return None if written is None else Rehearsal(written, file)
