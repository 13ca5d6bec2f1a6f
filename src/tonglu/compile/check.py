"""Pass: what is wrong with a journey that reads well alone: names that nothing else knows, paths that do not end.

All findings at once, each at its place.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from tonglu.compile.conditions import Known
from tonglu.compile.cycles import check_cycles
from tonglu.compile.goals import check_goals
from tonglu.compile.lower import targets_of
from tonglu.compile.sense import check_ends, check_sense
from tonglu.compile.suit import check_products
from tonglu.compile.windows import check_windows
from tonglu.core.errors import Finding, Severity, did_you_mean
from tonglu.core.graph import reached_from
from tonglu.gates import decision_chain
from tonglu.language.expression import ColumnType, type_of
from tonglu.language.journey import MIGRATE_OUT, AuthoredStep, Enter, Goal, Journey
from tonglu.language.loader import check_condition
from tonglu.language.message import MessageFile
from tonglu.language.policy import Policy
from tonglu.language.repairs import name_fix
from tonglu.language.values import Condition
from tonglu.language.yamlfile import Loc
from tonglu.steps import Lowered, step_kinds
from tonglu.steps.experiment import VALUE
from tonglu.steps.kind import FOLLOWING, Alternative

RESERVED_REASONS = frozenset({"goal", "ejected", "journey_over"})
IMPLICIT_END = " end"  # not a name that a step can have


@dataclass(frozen=True)
class _Step:
    authored: AuthoredStep
    lowered: Lowered
    targets: tuple[str, ...]
    alternatives: tuple[str, ...]  # where its alternatives lead, in their order

    def times(self) -> dict[str, timedelta]:
        """Where the step leads, with the least time that it takes."""
        return {name: timedelta(0) if name in self.alternatives else self.lowered.takes for name in self.targets}

    def no_time(self) -> list[str]:
        """Where the step may lead without that any time passes: an event comes later, a state may hold on arrival."""
        states = {name for name, one in zip(self.alternatives, self.lowered.alternatives, strict=True) if one.event is None}
        return [name for name in self.targets if name != IMPLICIT_END and (name in states or not self.lowered.lasts)]


class _Check:
    """One journey under examination."""

    def __init__(self, journey: Journey, known: Known, messages: Mapping[str, MessageFile], findings: list[Finding]) -> None:
        self.journey, self.known, self.messages, self.findings = journey, known, messages, findings
        self.names = [step.name for step in journey.steps]
        kinds = step_kinds()
        self.steps = []
        for number, step in enumerate(journey.steps):
            lowered = kinds[step.kind].lower(step.fields)
            following = self.names[number + 1] if number + 1 < len(self.names) else IMPLICIT_END
            soon = tuple(following if one.to == FOLLOWING else one.to for one in lowered.alternatives)
            self.steps.append(_Step(step, lowered, tuple(targets_of(lowered, following)), soon))

    def add(self, code: str, message: str, loc: Loc, hint: str = "", severity: Severity = Severity.ERROR) -> None:
        place = self.journey.file.place(loc)
        self.findings.append(Finding(code, message, place, hint, severity))

    def unknown(self, code: str, message: str, loc: Loc, word: str, known: Collection[str], otherwise: str = "") -> None:
        """A name in the value at `loc` that is none of those known; `otherwise` is the hint where none is near."""
        file = self.journey.file
        hint = did_you_mean(word, known) or otherwise
        self.findings.append(Finding(code, message, file.place(loc), hint, fix=name_fix(file, loc, word, known)))

    def segment(self, name: str | None, loc: Loc) -> None:
        if name is not None and name not in self.known.segments:
            self.unknown("TL201", f"segment '{name}' does not exist", loc, name, self.known.segments)

    def event(self, name: str | None, where: Condition | None, loc: Loc) -> None:
        if name is None:
            return
        properties = self.known.properties(name)
        if properties is None:
            self.unknown("TL202", f"event '{name}' is in no contract", (*loc, "event"), name, self.known.events)
        else:
            check_condition(self.journey.file, (*loc, "where"), where, properties, self.findings, segments=self.known.segments)

    def goal(self, goal: Goal, loc: Loc) -> None:
        """The event of a goal, and where its value and what foretells it come from."""
        self.event(goal.event, goal.where, loc)
        properties = self.known.properties(goal.event)
        if goal.value_of is not None and properties is not None and goal.value_of not in properties:
            message = f"event '{goal.event}' has no property '{goal.value_of}'"
            hint = f"It has {', '.join(properties) or 'none'}."
            self.unknown("TL212", message, (*loc, "value_of"), goal.value_of, properties, hint)
        self.attribute(goal.adjust, (*loc, "adjust"), number=True)

    def attribute(self, name: str | None, loc: Loc, *, number: bool = False) -> None:
        """An attribute of the profile that is read as of assignment."""
        if name is None:
            return
        kind = self.known.profile.get(name)
        if kind is None:
            self.unknown("TL203", f"unknown name '{name}'", loc, name, self.known.profile)
        elif number and kind not in (ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.UNKNOWN):
            self.add("TL414", f"'{name}' is {kind.value}, and an outcome is adjusted by a number", loc)

    def customer(self, when: Condition | None, loc: Loc) -> None:
        known = self.known
        check_condition(
            self.journey.file, loc, when, known.columns, self.findings, segments=known.segments, history=known.history
        )

    def enter(self, enter: Enter) -> None:
        """Who enters: the names that it uses, and what its key and its condition are made of."""
        self.segment(enter.segment, ("enter", "segment"))
        self.segment(enter.left, ("enter", "left"))
        if enter.source in ("segment", "left"):
            self.customer(enter.where, ("enter", "where"))
        self.customer(enter.when, ("enter", "when"))
        if enter.event is not None:
            self.event(enter.event, enter.where, ("enter",))
        elif enter.occurs is not None:
            properties = self.known.properties(enter.occurs) or {}
            check_condition(self.journey.file, ("enter", "where"), enter.where, properties, self.findings)
        keys = self.known.properties(enter.occurs) if enter.occurs is not None else None
        if enter.keyed_by is not None and keys is not None and enter.keyed_by not in keys:
            message = f"event '{enter.occurs}' has no property '{enter.keyed_by}'"
            self.unknown("TL212", message, ("enter", "keyed_by"), enter.keyed_by, keys, f"It has {', '.join(keys) or 'none'}.")
        for number, name in enumerate(enter.journey):
            written = self.journey.file.at(("enter", "journey"))
            self.other_journey(name, ("enter", "journey", number) if isinstance(written, list) else ("enter", "journey"))
        if enter.calendar is not None and enter.calendar.pay_day is not None and "pay_day" not in self.known.profile:
            self.add("TL203", "a pay-day needs 'pay_day' in segments/profile.sql", ("enter", "calendar", "pay_day"))

    def other_journey(self, name: str, loc: Loc) -> None:
        """A journey that is named must exist, where it is known which do."""
        if self.known.journeys and name not in self.known.journeys:
            self.unknown("TL213", f"journey '{name}' does not exist", loc, name, self.known.journeys)

    def onward(self, step: _Step) -> None:
        """What a wait reads, and where an enter leads."""
        lowered, loc = step.lowered, step.authored.loc
        if lowered.reads is not None:
            kind = self.known.profile.get(lowered.reads)
            at: Loc = (*loc, "wait", "pay_day" if lowered.reads == "pay_day" else "date")
            if kind is None and at[-1] == "pay_day":
                self.add("TL203", "a wait until pay-day needs 'pay_day' in segments/profile.sql", at)
            elif kind is None:
                self.unknown("TL203", f"unknown name '{lowered.reads}'", at, lowered.reads, self.known.profile)
            elif at[-1] == "date" and kind not in (ColumnType.DATE, ColumnType.INSTANT, ColumnType.UNKNOWN):
                self.add("TL420", f"'{lowered.reads}' is {kind.value}, and a wait needs a date", at, self._dates())
        if lowered.target is not None:
            self.other_journey(lowered.target, (*loc, "enter"))

    def _dates(self) -> str:
        days = [name for name, kind in self.known.profile.items() if kind in (ColumnType.DATE, ColumnType.INSTANT)]
        return f"Dates are {', '.join(days[:6])}." if days else ""

    def header(self) -> None:
        header = self.journey.header
        self.enter(header.enter)
        if header.enter.order is not None:
            known = self.known
            order = header.enter.order
            check_condition(self.journey.file, ("enter", "order"), order, known.columns, self.findings, history=known.history)
            kind = type_of(order.tree, known.columns)
            if kind not in (ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.UNKNOWN):
                self.add(
                    "TL414",
                    f"an order is by a number, not by {kind.value}",
                    ("enter", "order"),
                    "Use days_since(...) for a date.",
                )
        for number, goal in enumerate(header.all_goals):
            self.goal(goal, ("goal",) if header.goal else ("goals", number))
        self.attribute(header.strata, ("strata",))
        written = self.journey.file.at(("exit",))
        for number, one in enumerate(header.exit):
            loc: Loc = ("exit", number) if isinstance(written, list) else ("exit",)
            self.segment(one.segment, (*loc, "segment"))
            self.segment(one.left, (*loc, "left"))
            self.event(one.event, one.where, loc)
            self.customer(one.when, (*loc, "when"))
        if header.randomise == "employer" and "employer_id" not in self.known.profile:
            self.add("TL203", "randomising by employer needs 'employer_id' in segments/profile.sql", ("randomise",))
        if header.holdout > 0 and not header.all_goals:
            self.add(
                "TL407",
                "a holdout without a goal measures nothing",
                ("holdout",),
                "Add a goal, or remove the holdout.",
                Severity.WARNING,
            )

    def migration(self) -> None:
        """Where entries of older versions are led must be a step of this one."""
        for old, new in self.journey.header.migrate.items():
            if new != MIGRATE_OUT and new not in self.names:
                message, hint = f"'{old}' would move to '{new}', which does not exist", "Name a step of this version, or 'exit'."
                self.unknown("TL424", message, ("migrate", old), new, self.names, hint)
        if self.journey.header.migrate and MIGRATE_OUT in self.names:
            message = f"a step is called '{MIGRATE_OUT}', and 'migrate' means the way out by it"
            self.add("TL424", message, ("migrate",), "Call the step something else.")

    def end(self, step: _Step) -> None:
        reason = step.lowered.reason or ""
        if reason in RESERVED_REASONS or reason.startswith("exit_"):
            self.add("TL415", f"'{reason}' is the engine's own reason", (*step.authored.loc, "end"), "Choose another word.")

    def alternatives(self, step: _Step, key: str) -> None:
        written = self.journey.file.at((*step.authored.loc, key))
        for number, one in enumerate(step.lowered.alternatives):
            base: Loc = (*step.authored.loc, key, number) if isinstance(written, list) else (*step.authored.loc, key)
            self.one_alternative(one, base)

    def one_alternative(self, one: Alternative, loc: Loc) -> None:
        self.segment(one.segment, (*loc, "segment"))
        self.segment(one.left, (*loc, "left"))
        self.customer(one.when, (*loc, "when"))
        if one.event is not None:
            self.event(one.event.event, one.event.where, loc)

    def touch(self, step: _Step) -> None:
        lowered, loc = step.lowered, step.authored.loc
        for number, channel in enumerate(lowered.via):
            if self.known.channels and channel not in self.known.channels:
                at: Loc = (*loc, "via", number) if isinstance(self.journey.file.at((*loc, "via")), list) else (*loc, "via")
                self.unknown("TL208", f"channel '{channel}' does not exist", at, channel, self.known.channels)
        written = self.journey.file.at(loc)
        self.customer(lowered.when, (*loc, "only_if" if "only_if" in written else "when"))
        message = self.messages.get(lowered.message or "")
        if message is None and lowered.message in self.known.messages:
            return  # it has findings of its own
        if message is None:
            word = lowered.message or ""
            self.unknown("TL206", f"message '{word}' does not exist", (*loc, step.authored.kind), word, self.messages)
            return
        texts = message.by_arm()
        arms = lowered.arms.names if lowered.arms else ("",)
        for arm in arms:
            if arm not in texts:
                known = [name for name in texts if name]
                hint = f"It has {', '.join(known)}." if known else "It has one text and no arms."
                what = f"has no arm '{arm}'" if arm else "has arms, but the touch names none of them"
                where: Loc = (*loc, "experiment" if arm else step.authored.kind)
                self.unknown("TL207", f"message '{lowered.message}' {what}", where, arm, known, hint)
                continue
            for number, channel in enumerate(lowered.via):
                if channel in self.known.channels and channel not in texts[arm]:
                    who = f" arm '{arm}'" if arm else ""
                    self.add(
                        "TL209", f"message '{lowered.message}'{who} has no text for channel '{channel}'", (*loc, "via", number)
                    )

    def arms(self, step: _Step) -> None:
        """What an experiment learns by and aims at must be there."""
        arms, header = step.lowered.arms, self.journey.header
        if arms is None:
            return
        loc: Loc = (*step.authored.loc, "experiment")
        if arms.by_stratum and header.strata is None:
            hint = "Write 'strata: <an attribute>' at the top of the journey, or leave out 'by'."
            self.add("TL434", "the journey has no strata by which an experiment could learn", (*loc, "by"), hint)
        if arms.learn != "fixed" and not header.all_goals:
            self.add(
                "TL434",
                "without a goal there is nothing to learn",
                (*loc, "learn"),
                "Add a goal, or write 'learn: fixed'.",
                Severity.WARNING,
            )
        known = [*(goal.called for goal in header.all_goals), VALUE]
        for name, _ in arms.aims:
            if name not in known:
                self.unknown("TL434", f"the journey has no goal '{name}'", (*loc, "aims", name), name, known)

    def targets(self) -> bool:
        """Whether every target exists."""
        sound = True
        for step in self.steps:
            for target in step.targets:
                if target not in (*self.names, IMPLICIT_END, FOLLOWING):
                    sound = False
                    message = f"step '{step.authored.name}' leads to '{target}', which does not exist"
                    self.unknown("TL205", message, step.authored.loc, target, self.names)
        return sound

    def graph(self, policy: Policy | None) -> None:
        """Unreachable steps, paths without end, cycles that take no time."""
        ways = {step.authored.name: [name for name in step.targets if name != IMPLICIT_END] for step in self.steps}
        reached = reached_from([self.names[0]], ways)
        for step in self.steps:
            if step.authored.name not in reached:
                self.add("TL411", f"no path leads to step '{step.authored.name}'", step.authored.loc, "", Severity.WARNING)
        names = {step.authored.name: step for step in self.steps}
        ends = [name for name, step in names.items() if step.lowered.reason is not None or IMPLICIT_END in step.targets]
        check_ends(self.journey, ways, ends, self.findings)
        touches = [name for name, step in names.items() if step.lowered.message is not None]
        check_goals(self.journey, {name: step.times() for name, step in names.items()}, touches, policy, self.findings)
        check_cycles(self.journey, {name: step.no_time() for name, step in names.items()}, self.findings)


def check_journey(
    journey: Journey, known: Known, messages: Mapping[str, MessageFile], policy: Policy | None, findings: list[Finding]
) -> None:
    """Add everything that is wrong with a journey to `findings`."""
    check = _Check(journey, known, messages, findings)
    check.header()
    check.migration()
    for step in check.steps:
        if step.lowered.message is not None:
            check.touch(step)
        check.arms(step)
        check.end(step)
        check.onward(step)
        check.alternatives(step, step.authored.kind)
    if check.steps and check.targets():
        check.graph(policy)
    check_sense(journey, policy, findings)
    check_windows(journey, findings)
    check_products(journey, messages, policy, findings)
    group = journey.header.priority
    if policy is not None and group is not None and policy.priority and group not in policy.priority:
        check.unknown("TL211", f"priority group '{group}' is not in policy.yaml", ("priority",), group, policy.priority)


def gate_names() -> frozenset[str]:
    """The gates that a purpose may skip."""
    return frozenset(gate.name for gate in decision_chain())
