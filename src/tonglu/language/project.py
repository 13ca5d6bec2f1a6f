"""The project file, `tonglu.yaml`: the bank, its zone, when it runs, and where everything lies."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, WithJsonSchema

from tonglu.core.errors import Finding, did_you_mean
from tonglu.core.workdays import CalendarKind
from tonglu.language.loader import load_model
from tonglu.language.values import Authored, ClockTime, Name, Title, refuse
from tonglu.language.yamlfile import YamlFile, read_yaml

PROJECT_FILE = "tonglu.yaml"


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        hint = did_you_mean(value, ("Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Macau", "UTC"))
        raise refuse(f"there is no time zone '{value}'", hint or "Write it like 'Asia/Shanghai'.", "TL806") from None
    return value


def _inside(value: str) -> str:
    path = Path(value)
    if not value.strip() or path.is_absolute() or ".." in path.parts:
        raise refuse(f"'{value}' is not a path inside of the project", "Write it from the project's own folder.", "TL807")
    return value


ProjectPath = Annotated[str, AfterValidator(_inside), WithJsonSchema({"type": "string"})]


class Paths(Authored):
    """Where things lie, from the project's own folder."""

    journeys: ProjectPath = "journeys"
    messages: ProjectPath = "journeys/messages"
    policy: ProjectPath = "journeys/policy.yaml"
    channels: ProjectPath = "journeys/channels.yaml"
    segments: ProjectPath = "segments"
    contracts: ProjectPath = "data/contracts"
    landing: ProjectPath = "data/landing"
    warehouse: ProjectPath = "data/warehouse.duckdb"
    mailroom: ProjectPath = "data/mailroom.sqlite"
    published: ProjectPath = "data/published"
    handover: ProjectPath = "data/handover"
    reports: ProjectPath = "data/reports"


class Alerts(Authored):
    """Who hears of a failed or missed run: an Apprise URL, named by the environment variable that holds it."""

    url_from: Annotated[str, Field(pattern="^[A-Z][A-Z0-9_]{0,127}$")] | None = None


class Project(Authored):
    """The whole project file. `run_at` is the daily run on the bank's wall clock; `calendar` says which days are worked; `people`, by name
    with their roles, may act (`--by`): without it anybody with a name may."""

    bank: Title
    zone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"
    run_at: ClockTime | None = None
    calendar: CalendarKind = "chinese"
    alerts: Alerts = Alerts()
    people: Mapping[Annotated[str, Field(min_length=1, max_length=64)], tuple[Name, ...]] = Field(default_factory=dict)
    paths: Paths = Paths()

    @property
    def zone_info(self) -> ZoneInfo:
        """The bank's zone."""
        return ZoneInfo(self.zone)


def read_project(path: Path, shown_as: str, findings: list[Finding]) -> tuple[Project | None, YamlFile]:
    """Read the project file; None with findings when it cannot be used."""
    file = read_yaml(path, shown_as)
    return load_model(file, Project, findings), file
