"""What is wrong with an installation or a project's surroundings; each finding with what to do about it."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from tonglu.app.inspect import path_of, project_of
from tonglu.core.errors import InputError, TongluError, Unavailable
from tonglu.language.project import Project
from tonglu.language.yamlfile import read_yaml

EXTRAS = {
    "quality": ("great_expectations", "runs judge incoming data with it"),
    "channels": ("apprise", "channels of kind apprise or webhook, and alerts, need this extra"),
    "flows": ("prefect", "schedules need it"),
    "lake": ("duckdb_extensions", "attached databases on machines without internet need it"),
}
NEEDED = ("quality",)
VARIABLES = ("url_from", "secret_from")
HORIZON = timedelta(days=60)
LEAST_FREE = 2 * 1024**3


class Health(StrEnum):
    """How it stands with one thing."""

    FINE = "fine"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True)
class Symptom:
    """One thing that was looked at, how it is, and what to do if it is not fine."""

    name: str
    health: Health
    found: str
    advice: str = ""


def examine(root: Path, today: date, secrets: Mapping[str, str]) -> list[Symptom]:
    """Look at the installation, and at the project if there is one."""
    symptoms = [*_installation(today)]
    try:
        project = project_of(root)
    except InputError as error:
        symptoms.append(Symptom("project", Health.WARNING, error.findings[0].message, error.findings[0].hint))
        return [*symptoms, _disk(root, None)]
    symptoms.append(Symptom("project", Health.FINE, f"{project.bank.zh} {project.bank.en}, {project.zone}"))
    return [*symptoms, _disk(root, project), *_files(root, project), *_variables(root, project, secrets)]


def _installation(today: date) -> Iterator[Symptom]:
    own = ".".join(map(str, sys.version_info[:3]))
    yield Symptom("python", Health.FINE if sys.version_info >= (3, 11) else Health.BROKEN, own, "Tonglu needs 3.11 or newer.")
    yield Symptom("tonglu", Health.FINE, _version("tonglu") or "not installed as a package")
    yield _sqlite()
    duck = _version("duckdb")
    yield Symptom("duckdb", Health.FINE if duck.startswith("1.") else Health.BROKEN, duck, "pip install 'duckdb>=1.5.5,<2'")
    for extra, (module, use) in EXTRAS.items():
        there = find_spec(module) is not None
        health = Health.FINE if there else Health.BROKEN if extra in NEEDED else Health.WARNING
        found = f"{module} {_version(module.replace('_', '-'))}" if there else f"not installed; {use}"
        yield Symptom(f"extra {extra}", health, found, "" if there else f"pip install 'tonglu[{extra}]'")
    yield _calendar(today)


def _sqlite() -> Symptom:
    from tonglu.mailroom.connection import FIXED_SQLITE, sqlite_version

    found = sqlite_version()
    health = Health.FINE if found >= FIXED_SQLITE else Health.BROKEN
    advice = "" if health is Health.FINE else "This SQLite can corrupt a file that two processes write: pip install 'apsw>=3.54'"
    return Symptom("sqlite (apsw)", health, ".".join(map(str, found)), advice)


def _calendar(today: date) -> Symptom:
    from tonglu.bank.calendar import date_of, last_known_day

    last = date_of(last_known_day())
    left = last - today
    advice = "Holidays after that day are not known; install a newer chinesecalendar when the State Council names them."
    health = Health.FINE if left > HORIZON else Health.WARNING
    return Symptom("holiday calendar", health, f"known to {last}", "" if health is Health.FINE else advice)


def _disk(root: Path, project: Project | None) -> Symptom:
    free = shutil.disk_usage(root).free
    warehouse = path_of(root, project, "warehouse") if project else None
    size = warehouse.stat().st_size if warehouse and warehouse.exists() else 0
    health = Health.FINE if free > max(LEAST_FREE, 2 * size) else Health.WARNING
    advice = "" if health is Health.FINE else "A run wants free twice the size of the warehouse, and 2 GB at least."
    return Symptom("disk", health, f"{free / 1024**3:,.1f} GB free, warehouse {size / 1024**3:,.2f} GB", advice)


def _files(root: Path, project: Project) -> Iterator[Symptom]:
    from tonglu.mailroom.mailroom import Mailroom
    from tonglu.warehouse.analysts import current_file, live_reader

    if path_of(root, project, "warehouse").exists():
        try:
            live_reader(path_of(root, project, "warehouse")).close()
            yield Symptom("warehouse", Health.FINE, "can be opened")
        except Unavailable as problem:
            yield Symptom("warehouse", Health.WARNING, str(problem), "A run has it at this moment, or another program.")
    else:
        yield Symptom("warehouse", Health.FINE, "not made yet")
    mailroom = path_of(root, project, "mailroom")
    if mailroom.exists():
        try:
            with Mailroom(mailroom) as opened:
                wrong = opened.quick_check()
        except TongluError as problem:
            wrong = [str(problem)]
        found = wrong[0] if wrong else "whole"
        yield Symptom("mailroom", Health.BROKEN if wrong else Health.FINE, found, "Restore it from a backup." if wrong else "")
    try:
        yield Symptom("published", Health.FINE, current_file(path_of(root, project, "published")).name)
    except InputError as error:
        yield Symptom("published", Health.FINE, error.findings[0].message)


def _variables(root: Path, project: Project, secrets: Mapping[str, str]) -> Iterator[Symptom]:
    """The environment variables that files name."""
    wanted = {} if project.alerts.url_from is None else {project.alerts.url_from: "alerts"}
    data = read_yaml(path_of(root, project, "channels"), project.paths.channels).data
    channels = data.get("channels") if isinstance(data, dict) else None
    for name, options in (channels if isinstance(channels, dict) else {}).items():
        for key in VARIABLES if isinstance(options, dict) else ():
            if isinstance(options.get(key), str):
                wanted[options[key]] = f"channel {name}"
    for variable, use in wanted.items():
        there = bool(secrets.get(variable))
        found = f"{use}: set" if there else f"{use}: not set"
        yield Symptom(
            f"${variable}",
            Health.FINE if there else Health.WARNING,
            found,
            "" if there else "Touches of it wait until it is set.",
        )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
