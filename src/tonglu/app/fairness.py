"""The fairness report: how groups of customers were treated by each journey, and whether that keeps within the policy's limits."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tonglu.app.definitions import Definitions
from tonglu.app.inspect import published
from tonglu.app.workplace import Workplace
from tonglu.core.errors import InputError
from tonglu.language.policy import Policy
from tonglu.language.project import Project
from tonglu.mailroom.approvals import Submission
from tonglu.mailroom.mailroom import Mailroom
from tonglu.stats.fairness import Compared, Group, Verdict, compare
from tonglu.warehouse.analysts import PublishedFile

COUNTS = (
    "SELECT journey, by_column, group_name, entered, touched, offered FROM tonglu.fairness WHERE run_no = $run_no ORDER BY ALL"
)
LAST = "SELECT max(run_no) FROM tonglu.run"


def groups_of(file: PublishedFile, journey: str | None = None) -> list[Group]:
    """The groups of the last run, of one journey or of all."""
    rows = file.ask("fairness", journey=journey)
    return [_group(tuple(row.values())) for row in rows]


def fairness(root: Path, project: Project, policy: Policy, journey: str | None = None) -> list[Compared]:
    """How groups were treated up to the last run.

    Raises:
        InputError: nothing is published yet.
    """
    with published(root, project) as file:
        return compare(groups_of(file, journey), policy.fairness.least, policy.fairness.most)


def keep_seen(place: Workplace, mailroom_path: Path, hashes: Mapping[str, str], source: str) -> None:
    """Keep what a dry run or backtest came to, so that approving can hold it against the limits.

    Args:
        place: the copy that was played.
        mailroom_path: of the project itself.
        hashes: of each journey as it was played.
        source: how it was played, in words.
    """
    if not place.definitions.policy.fairness.by:
        return
    [(last,)] = place.warehouse.fetch(LAST)
    rows = place.warehouse.fetch(COUNTS, run_no=last)
    with Mailroom(mailroom_path) as mailroom:
        for name, digest in hashes.items():
            mine = [[str(row[1]), str(row[2]), int(row[3]), int(row[4]), float(row[5])] for row in rows if row[0] == name]
            mailroom.approvals.note_fairness(name, digest, source, mine)


def beyond_limits(root: Path, definitions: Definitions, policy: Policy, wanted: Submission, mailroom: Mailroom) -> list[str]:
    """In words, where the last dry run, backtest or run of a journey treats groups beyond limits that block; empty when it does not."""
    if not policy.fairness.blocks:
        return []
    sources: list[tuple[str, list[Group]]] = []
    seen = mailroom.approvals.fairness(wanted.name, wanted.hash)
    if seen is not None:
        sources.append((f"the last {seen[0]}", [_group((wanted.name, *row)) for row in seen[1]]))
    try:
        with published(root, definitions.project) as file:
            sources.append(("the last run", groups_of(file, wanted.name)))
    except InputError:
        pass  # nothing published yet
    return [
        text for source, groups in sources for text in _told(source, compare(groups, policy.fairness.least, policy.fairness.most))
    ]


def _told(source: str, found: Iterable[Compared]) -> list[str]:
    return [
        f"{source}: {one.group.column} '{one.group.name}' is touched {one.ratio:.2f} times as often as the others ({one.low:.2f} to {one.high:.2f})"
        for one in found
        if one.verdict in (Verdict.LOW, Verdict.HIGH)
    ]


def _group(row: tuple[Any, ...]) -> Group:
    journey, column, name, entered, touched, offered = row
    return Group(str(journey), str(column), str(name), int(entered), int(touched), float(offered))
