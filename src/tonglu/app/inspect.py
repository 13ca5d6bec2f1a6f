"""Reading what was published: for status, report, explain, query. Nothing here needs the live warehouse or can change anything."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tonglu.core.errors import Finding, InputError, Place, did_you_mean, refuse_errors
from tonglu.language.project import PROJECT_FILE, Project, read_project
from tonglu.warehouse.analysts import SECONDS, Answer, PublishedFile
from tonglu.warehouse.analysts import query as ask

Row = dict[str, Any]


def project_of(root: Path) -> Project:
    """The project file alone, without the definitions that it points to.

    Raises:
        InputError: it is not there or cannot be read.
    """
    findings: list[Finding] = []
    if not (root / PROJECT_FILE).exists():
        hint = "Change to the project's folder, name it with --project, or lay one out with `tonglu init`."
        raise InputError([Finding("TL900", f"there is no {PROJECT_FILE} here", Place(str(root)), hint)])
    project, _ = read_project(root / PROJECT_FILE, PROJECT_FILE, findings)
    refuse_errors(findings)
    assert project is not None
    return project


def path_of(root: Path, project: Project, name: str) -> Path:
    """One of the project's own paths, such as 'published'."""
    return root / str(getattr(project.paths, name))


def published(root: Path, project: Project) -> PublishedFile:
    """The analysts' file of the last run, open for reading; close it after use.

    Raises:
        InputError: nothing has been published yet.
    """
    return PublishedFile(path_of(root, project, "published"))


def query(root: Path, project: Project, sql: str, limit: int, seconds: float = SECONDS) -> Answer:
    """Rows of one SELECT that somebody wrote, over the published file, from a process that can do nothing else.

    Raises:
        InputError: nothing is published, or the query is refused; the finding's place is in the query.
    """
    return ask(path_of(root, project, "published"), sql, limit, seconds)


@dataclass(frozen=True)
class Story:
    """What is known of one customer: trips, what happened, decisions, segments, and where they were left out for now."""

    customer_id: int
    entries: list[Row]
    timeline: list[Row]
    decisions: list[Row]
    segments: list[Row]
    left_out: list[Row]

    @property
    def empty(self) -> bool:
        """Whether nothing at all is known."""
        return not (self.entries or self.timeline or self.decisions or self.segments or self.left_out)

    def as_json(self) -> Mapping[str, object]:
        """Everything, by name."""
        return asdict(self)


def story_of(file: PublishedFile, customer_id: int, journey: str | None = None, until: datetime | None = None) -> Story:
    """What is known of one customer, in all journeys or in one, up to an instant.

    Raises:
        InputError: there was never such a journey.
    """
    check_known(file, journey, "--journey")
    asked = {"customer_id": customer_id, "journey": journey, "until": until}
    return Story(
        customer_id,
        entries=file.ask("entries", **asked),
        timeline=file.ask("timeline", **asked),
        decisions=file.ask("decisions", **asked),
        segments=file.ask("memberships", customer_id=customer_id, until=until),
        left_out=[] if until is not None else file.ask("left_out", customer_id=customer_id, journey=journey),
    )


def check_known(file: PublishedFile, journey: str | None, at: str) -> None:
    """See that a run knows a journey.

    Raises:
        InputError: there was never such a journey.
    """
    known = [row["journey"] for row in file.ask("journeys")]
    if journey is not None and journey not in known:
        hint = did_you_mean(journey, known)
        raise InputError([Finding("TL900", f"no run knows a journey '{journey}'", Place(at), hint)])


def last_run(file: PublishedFile) -> tuple[int, datetime] | None:
    """Number and instant of the last run."""
    row = file.ask("last_run")[0]
    return (row["run_no"], row["as_of"]) if row["runs"] else None


def overview_of(file: PublishedFile, truth: Mapping[str, float] | None = None) -> Mapping[str, object]:
    """Where everything stands, for programs: runs, journeys, decisions by reason, lifts (beside the truth), arms."""
    lifts = [
        {**row, **({"truth": truth.get(row["journey"]) if row["role"] == "primary" else None} if truth is not None else {})}
        for row in file.ask("lifts", journey=None)
    ]
    return {
        "last_run": file.ask("last_run")[0],
        "runs": file.ask("runs"),
        "journeys": file.ask("journeys_now"),
        "decisions": file.ask("reasons"),
        "lift": lifts,
        "learned": file.ask("learned", journey=None),
    }
