"""Files that look like definitions and are not read: another ending, another folder. They would be missed without a word."""

from collections.abc import Collection, Iterator
from pathlib import Path, PurePath

from tonglu.core.errors import Finding, Place, Severity
from tonglu.language.project import Project
from tonglu.language.segment_names import RISK

YAML_ENDINGS = frozenset({".yaml", ".yml"})
SQL_ENDINGS = frozenset({".sql"})
TESTS = "tests"


def unread_findings(root: Path, project: Project) -> Iterator[Finding]:
    """A warning for every file of the folders of definitions that nobody reads, with where it would be read."""
    paths = project.paths
    homes = {PurePath(one) for one in (paths.journeys, paths.messages, paths.contracts, f"{paths.journeys}/{TESTS}")}
    named = {PurePath(paths.policy), PurePath(paths.channels)}
    for folder in dict.fromkeys((paths.messages, paths.contracts, paths.journeys)):
        within = [PurePath(one) for one in (paths.messages, paths.contracts) if one != folder]
        for shown in _found(root, folder, YAML_ENDINGS):
            if shown not in named and not any(shown.is_relative_to(one) for one in within if one.is_relative_to(folder)):
                yield from _judged(shown, folder, homes, ".yaml")
    for shown in _found(root, paths.segments, SQL_ENDINGS):
        yield from _judged(shown, paths.segments, {PurePath(paths.segments), PurePath(paths.segments, RISK)}, ".sql")


def _found(root: Path, folder: str, endings: Collection[str]) -> Iterator[PurePath]:
    for path in sorted((root / folder).rglob("*")):
        shown = PurePath(path.relative_to(root))
        if path.suffix.lower() in endings and not any(part.startswith(".") for part in shown.parts):
            yield shown


def _judged(shown: PurePath, folder: str, homes: Collection[PurePath], ending: str) -> Iterator[Finding]:
    at_home = shown.parent in homes
    if at_home and shown.suffix == ending:
        return
    message = f"the file is not read: definitions here end in '{ending}'" if at_home else "the file is not read: it lies too deep"
    hint = f"Rename it to {shown.stem}{ending}." if at_home else f"Move it to {folder}/{shown.stem}{ending}."
    yield Finding("TL111", message, Place(str(shown)), hint, Severity.WARNING)
