"""Plan: what the definitions on disk change against those of the last run, and what the next run would do differently for it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tonglu.app.definitions import Definitions
from tonglu.app.dry import DryRun, dry_run
from tonglu.app.workplace import Workplace
from tonglu.compile.pin import pin
from tonglu.core.errors import Finding, InputError, Place
from tonglu.language.journey import MIGRATE_OUT
from tonglu.settings import Settings

LAST = "SELECT run_no, as_of FROM tonglu.run ORDER BY run_no DESC LIMIT 1"
KEPT = """
    SELECT DISTINCT d.kind, d.name, d.hash, d.text FROM tonglu.run_definition AS r JOIN tonglu.definition AS d USING (hash)
    WHERE r.run_no = $run_no AND d.kind <> 'file' ORDER BY ALL
"""
OPEN = (
    "SELECT s.step, count(*) FROM tonglu.rest AS r JOIN tonglu.step AS s USING (step_key) WHERE r.journey = $journey GROUP BY ALL"
)
PLAN_VERSION = 1


@dataclass(frozen=True)
class Change:
    """One change: sign `+` added, `-` removed, `~` changed; what kind of thing it is, its name, and the details in words."""

    sign: str
    kind: str
    name: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Consequence:
    """What a changed journey does to the trips that are open in it."""

    open: int
    moved: int
    held: int
    dropped: int

    def __str__(self) -> str:
        return f"{self.open:,} open: {self.moved:,} moved, {self.held:,} held on their version, {self.dropped:,} dropped"


@dataclass(frozen=True)
class Plan:
    """The whole plan. `before` and `after` are dry runs with the last run's definitions and with those on disk; None where not asked for."""

    last_run: int
    as_of: datetime
    definitions: str
    changes: tuple[Change, ...]
    consequences: Mapping[str, Consequence]
    before: DryRun | None
    after: DryRun | None

    def as_json(self) -> dict[str, object]:
        """What `tonglu run --plan` compares, and what programs read."""
        return {
            "plan_version": PLAN_VERSION,
            "last_run": self.last_run,
            "as_of": self.as_of,
            "definitions": self.definitions,
            "changes": [
                {"sign": one.sign, "kind": one.kind, "name": one.name, "details": list(one.details)} for one in self.changes
            ],
            "consequences": {name: vars(one) for name, one in self.consequences.items()},
            "entries": _compared(self.before, self.after, "entries"),
            "touches": _compared(self.before, self.after, "touches"),
            "cost_fen": [self.before.cost if self.before else None, self.after.cost if self.after else None],
        }


def make_plan(
    root: Path, definitions: Definitions, as_of: datetime, settings: Settings | None = None, *, play: bool = True
) -> Plan:
    """Compare what is written with what the last run used, and play the next run with either.

    Raises:
        InputError: there was no run yet.
        CheckFailed: one of the two runs would fail.
    """
    place = Workplace(root, settings)
    try:
        last = place.warehouse.fetch(LAST)
        if not last:
            raise InputError(
                [Finding("TL900", "there was no run yet, so there is nothing to compare with", Place("plan"), "tonglu run --dry")]
            )
        run_no = last[0][0]
        kept = {(kind, name): (digest, text) for kind, name, digest, text in place.warehouse.fetch(KEPT, run_no=run_no)}
        changes = tuple(_changes(kept, definitions))
        consequences = dict(_consequences(place, definitions, changes))
    finally:
        place.close()
    before = after = None
    if play:
        after = dry_run(root, definitions, as_of, settings)
        before = (
            dry_run(root, definitions, as_of, settings, lambda scratch: _write_kept(scratch, definitions, kept))
            if changes
            else after
        )
    return Plan(run_no, as_of, definitions.hash, changes, consequences, before, after)


def check_plan(path: Path, definitions: Definitions, last_run: int) -> None:
    """Refuse a saved plan that is no longer true.

    Raises:
        InputError: the definitions have changed since, a run was made since, or the file is no plan.
    """
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        known = (saved["plan_version"], saved["definitions"], saved["last_run"])
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            [Finding("TL900", "this is no plan", Place(str(path)), "Write one with tonglu plan --out FILE.")]
        ) from None
    if known != (PLAN_VERSION, definitions.hash, last_run):
        what = "the definitions have changed" if known[1] != definitions.hash else f"run {last_run} was made"
        raise InputError(
            [Finding("TL903", f"the plan is stale: {what} since", Place(str(path)), "Plan again: tonglu plan --out FILE.")]
        )


def changes_of(kind: str, name: str, before: str | None, after: str) -> Iterator[Change]:
    """What one kept text of a journey or of the policy changes against another."""
    if before is None:
        yield Change("+", kind, name)
    elif before != after:
        texts = (json.loads(before), json.loads(after))
        yield Change("~", kind, name, tuple(_of_journey(*texts) if kind == "journey" else _fields(*texts)))


def compared(before: Mapping[Any, int], after: Mapping[Any, int]) -> Iterator[tuple[Any, int, int]]:
    """Keys whose counts differ, with both."""
    for key in sorted({*before, *after}):
        if before.get(key, 0) != after.get(key, 0):
            yield key, before.get(key, 0), after.get(key, 0)


def _compared(before: DryRun | None, after: DryRun | None, what: str) -> list[dict[str, object]]:
    if before is None or after is None:
        return []
    pairs = compared(getattr(before, what), getattr(after, what))
    return [{"journey": key[0], "of": key[1], "before": one, "after": other} for key, one, other in pairs]


def _changes(kept: Mapping[tuple[str, str], tuple[str, str]], definitions: Definitions) -> Iterator[Change]:
    yield from _journeys(kept, definitions)
    written = {("segment", one.name): (one.hash, one.sql.text) for one in definitions.segments}
    policy = definitions.policy
    rest = {("policy", policy.policy): policy.model_dump_json()}
    rest |= {("channel", name): one.model_dump_json() for name, one in definitions.channels.items()}
    for key in sorted({*written, *(key for key in kept if key[0] == "segment")}):
        old, new = kept.get(key), written.get(key)
        if old is None or new is None:
            yield Change("+" if old is None else "-", *key)
        elif old[0] != new[0]:
            yield Change("~", *key, ("its SQL",))
    for key in sorted({*rest, *(key for key in kept if key[0] in ("policy", "channel"))}):
        before, now = kept.get(key), rest.get(key)
        if before is None or now is None:
            yield Change("+" if before is None else "-", *key)
        elif before[1] != now:
            yield Change("~", *key, tuple(_fields(json.loads(before[1]), json.loads(now))))


def _journeys(kept: Mapping[tuple[str, str], tuple[str, str]], definitions: Definitions) -> Iterator[Change]:
    written = {one.name: one for one in definitions.journeys}
    for name in sorted({*written, *(name for kind, name in kept if kind == "journey")}):
        old, journey = kept.get(("journey", name)), written.get(name)
        if old is None or journey is None:
            yield Change("+" if old is None else "-", "journey", name)
            continue
        pinned = pin(journey, definitions.message_texts(journey))
        if pinned.hash != old[0]:
            yield Change("~", "journey", name, tuple(_of_journey(json.loads(old[1]), json.loads(pinned.text))))


def _of_journey(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before, after = dict(old["journey"]), dict(new["journey"])
    steps = [{name: body for step in one.pop("steps") for name, body in step.items()} for one in (before, after)]
    yield from _fields(before, after)
    for name in [*steps[0], *(name for name in steps[1] if name not in steps[0])]:
        if name not in steps[1]:
            yield f"- step {name}"
        elif name not in steps[0]:
            yield f"+ step {name}: {_short(steps[1][name])}"
        elif steps[0][name] != steps[1][name]:
            yield f"~ step {name}: {', '.join(_fields(steps[0][name], steps[1][name]))}"
    if list(steps[0]) != list(steps[1]) and set(steps[0]) == set(steps[1]):
        yield "~ the steps are in another order"
    for name in sorted({*old["messages"], *new["messages"]}):
        if old["messages"].get(name) != new["messages"].get(name):
            yield f"~ message {name}"


def _fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for key in [*old, *(key for key in new if key not in old)]:
        if old.get(key) != new.get(key):
            yield f"{key}: {_short(old.get(key))} -> {_short(new.get(key))}"


def _short(value: object) -> str:
    text = "nothing" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _consequences(place: Workplace, definitions: Definitions, changes: tuple[Change, ...]) -> Iterator[tuple[str, Consequence]]:
    maps = {one.name: one.header.migrate for one in definitions.journeys}
    for change in changes:
        if change.kind == "journey" and change.sign != "+":
            resting: dict[str, int] = dict(place.warehouse.fetch(OPEN, journey=change.name))
            wanted = maps.get(change.name, {})
            moved = sum(count for step, count in resting.items() if wanted.get(step, MIGRATE_OUT) != MIGRATE_OUT)
            dropped = sum(count for step, count in resting.items() if wanted.get(step) == MIGRATE_OUT)
            total = sum(resting.values())
            yield change.name, Consequence(total, moved, total - moved - dropped, dropped)


def _write_kept(scratch: Path, definitions: Definitions, kept: Mapping[tuple[str, str], tuple[str, str]]) -> None:
    """Put the last run's definitions in the place of those on disk. Contracts stay: they say what the facts are."""
    paths = definitions.project.paths
    aside = {scratch / paths.policy, scratch / paths.channels}
    for folder, pattern in ((paths.journeys, "*.yaml"), (paths.messages, "*.yaml"), (paths.segments, "*.sql")):
        for path in (scratch / folder).glob(pattern):
            if path not in aside:
                path.unlink()
    channels = {}
    for (kind, name), (_, text) in kept.items():
        if kind == "journey":
            told = json.loads(text)
            (scratch / paths.journeys / f"{name}.yaml").write_text(
                json.dumps(told["journey"], ensure_ascii=False), encoding="utf-8"
            )
            for message, body in told["messages"].items():
                (scratch / paths.messages / f"{message}.yaml").write_text(body, encoding="utf-8")
        elif kind == "segment":
            (scratch / paths.segments / f"{name}.sql").write_text(text, encoding="utf-8")
        elif kind == "policy":
            (scratch / paths.policy).write_text(text, encoding="utf-8")
        elif kind == "channel":
            channels[name] = json.loads(text)
    (scratch / paths.channels).write_text(json.dumps({"channels": channels}, ensure_ascii=False), encoding="utf-8")
