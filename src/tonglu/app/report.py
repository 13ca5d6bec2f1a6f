"""What a report is drawn from: the published file, its title, and, where the bundled bank is, the truth beside the measurement."""

from collections.abc import Mapping
from pathlib import Path

from tonglu.app.definitions import read_definitions
from tonglu.app.inspect import path_of
from tonglu.app.simulate import truth
from tonglu.app.workplace import Workplace, workplace
from tonglu.core.errors import InputError, Unavailable
from tonglu.language.project import Project
from tonglu.settings import Settings

HIDDEN = "hidden"


def has_bundled_bank(root: Path, project: Project) -> bool:
    """Whether the bundled bank and its world are in this project."""
    landing = path_of(root, project, "landing")
    return (landing.parent / HIDDEN).is_dir() and landing.is_dir()


def truth_of(root: Path, project: Project, settings: Settings | None = None) -> Mapping[str, float] | None:
    """What the touches truly changed, by journey; None without the bundled bank, or while a run has the warehouse."""
    if not has_bundled_bank(root, project) or not path_of(root, project, "warehouse").exists():
        return None
    try:
        with workplace(root, settings) as place:
            return truth_in(place)
    except Unavailable:
        return None


def truth_in(place: Workplace) -> Mapping[str, float] | None:
    """What the touches truly changed, by journey; None without the bundled bank or before its first run."""
    if not has_bundled_bank(place.root, place.definitions.project):
        return None
    return truth(place) if runs_made(place) else None


def fair_limits(root: Path) -> tuple[float, float] | None:
    """Between what the policy wants the ratios of fairness; None where it cannot be read."""
    try:
        policy = read_definitions(root).policy
    except InputError:
        return None
    return policy.fairness.least, policy.fairness.most


def runs_made(place: Workplace) -> int:
    """How many runs this project has behind it."""
    [(runs,)] = place.warehouse.fetch("SELECT count(*) FROM tonglu.run")
    return int(runs)


def report_path(root: Path, project: Project) -> Path:
    """Where the report goes unless told otherwise."""
    return path_of(root, project, "reports") / "report.html"


def title_of(project: Project) -> str:
    """The report's title."""
    return f"{project.bank.zh} {project.bank.en}"
