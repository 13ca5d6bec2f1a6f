"""Pass: a pinned definition to what the engine runs. Names become keys, conditions become SQL; it never finds anything wrong,
because `compile/check` has looked before.
"""

from collections.abc import Mapping
from functools import reduce

from sqlglot import exp

from tonglu.compile.conditions import (
    Known,
    condition_parts,
    condition_reads,
    customer_condition,
    customer_value,
    event_condition,
    fen_of,
    profile_column,
    segment_test,
    state_condition,
)
from tonglu.compile.program import GOAL, CompiledExit, CompiledGoal, CompiledJourney, Definition
from tonglu.core.sql import both
from tonglu.steps import CompiledStep, Lowered, StepKind, step_kinds
from tonglu.steps.kind import FOLLOWING, Alternative, CompiledAlternative

STEPS_PER_VERSION = 1000
IMPLICIT_END = "completed"


def step_names(definition: Definition) -> list[str]:
    """The names of all steps in order, the implicit end among them where a path may fall through the last one."""
    return [name for name, _, _ in with_end(definition)]


def with_end(definition: Definition) -> list[tuple[str, StepKind, Lowered]]:
    """The steps lowered, and an end called 'completed' where the last one leads on."""
    kinds = step_kinds()
    steps = [(name, kinds[kind], kinds[kind].lower(fields)) for name, kind, fields in definition.steps]
    last = steps[-1][2]
    onward = [last.next, *(one.to for one in last.alternatives)]
    if FOLLOWING in onward:
        name = IMPLICIT_END if all(name != IMPLICIT_END for name, _, _ in steps) else f"{IMPLICIT_END}_end"
        steps.append((name, kinds["end"], Lowered(next=None, reason=IMPLICIT_END, rests=True)))
    return steps


def targets_of(lowered: Lowered, following: str | None) -> list[str]:
    """The names of the steps that a step may lead to."""
    named = [lowered.next, lowered.otherwise, *(one.to for one in lowered.alternatives), *(one.to for one in lowered.branches)]
    return [
        target
        for target in (following if name == FOLLOWING else name for name in named if name is not None)
        if target is not None
    ]


def lower(definition: Definition, version_no: int, known: Known, *, current: bool, walked: bool = True) -> CompiledJourney:
    """Compile one version; of one that nobody walks any more (`walked` is False) only its goals are measured."""
    steps = with_end(definition) if walked else []
    keys = {name: version_no * STEPS_PER_VERSION + number for number, (name, _, _) in enumerate(steps, 1)}
    fields = {name: fields for name, _, fields in definition.steps}
    keyed_by = definition.header.enter.keyed_by
    compiled = []
    for number, (name, kind, lowered) in enumerate(steps, 1):
        following = steps[number][0] if number < len(steps) else None
        compiled.append(_step(name, number, kind, lowered, keys, following, known, fields.get(name), keyed_by))
    header = definition.header
    ordering = header.enter.order if current else None
    order = None if ordering is None else customer_value(ordering, known)
    return CompiledJourney(
        version_no=version_no,
        current=current,
        definition=definition,
        steps=tuple(compiled),
        exits=(*_goal_exits(definition, known), *(_exits(definition, known) if walked else ())),
        goals=tuple(
            CompiledGoal(
                number,
                goal.called,
                goal.event,
                event_condition(goal.event, goal.where, known, keyed_by),
                goal.within,
                goal.value,
                header.role_of(goal),
                None if goal.value_of is None else fen_of(goal.value_of),
                (*sorted(goal.horizons), goal.within),
                goal.adjust,
                goal.expect.customers if goal.expect else None,
                event_condition(goal.event, goal.where, known),
                goal.at_most,
            )
            for number, goal in enumerate(header.all_goals)
        ),
        enter_where=_enter_where(definition, known) if current else None,
        enter_when=_enter_when(definition, known) if current else None,
        order=order if ordering is None or ordering.descending or order is None else exp.Neg(this=order),
    )


def _step(
    name: str,
    number: int,
    kind: StepKind,
    lowered: Lowered,
    keys: Mapping[str, int],
    following: str | None,
    known: Known,
    fields: object,
    keyed_by: str | None,
) -> CompiledStep:
    def key_of(target: str | None) -> int | None:
        wanted = following if target == FOLLOWING else target
        return None if wanted is None else keys[wanted]

    def alternative(one: Alternative) -> CompiledAlternative:
        event = one.event
        condition = event_condition(event.event, event.where, known, keyed_by) if event else state_condition(one, known)
        return CompiledAlternative(key_of(one.to) or 0, event.event if event else None, condition)

    arms = lowered.arms
    return CompiledStep(
        key=keys[name],
        number=number,
        name=name,
        kind=kind,
        lowered=lowered,
        next_key=key_of(lowered.next),
        otherwise_key=key_of(lowered.otherwise),
        alternatives=tuple(alternative(one) for one in lowered.alternatives),
        arm_keys=tuple(key_of(to) or 0 for to in arms.to) if arms and arms.to[0] else (),
        way_keys=tuple(key_of(to) or 0 for to, _ in lowered.ways),
        when_parts=() if lowered.when is None else condition_parts(lowered.when, known),
        when_reads=() if lowered.when is None else condition_reads(lowered.when, known),
        reads=None if lowered.reads is None else (profile_column(lowered.reads), known.profile[lowered.reads]),
        when=None if lowered.when is None else customer_condition(lowered.when, known),
        label=kind.label(fields) if fields is not None else f"结束 {lowered.reason}",
    )


def _goal_exits(definition: Definition, known: Known) -> tuple[CompiledExit, ...]:
    """Reaching a goal ends the trip; a guardrail is nothing to reach. Trips keep their goals when they move to another version, so these
    are compiled for every version."""
    header = definition.header
    if header.on_goal != "exit":
        return ()
    keyed_by = header.enter.keyed_by
    return tuple(
        CompiledExit(GOAL, "goal", goal.event, event_condition(goal.event, goal.where, known, keyed_by))
        for goal in header.all_goals
        if header.role_of(goal) != "guardrail"
    )


def _exits(definition: Definition, known: Known) -> tuple[CompiledExit, ...]:
    header = definition.header
    keyed_by = header.enter.keyed_by
    exits = []
    conditions = 0
    for ordinal, one in enumerate(header.exit):
        if one.event is not None:
            condition = event_condition(one.event, one.where, known, keyed_by)
            exits.append(CompiledExit(ordinal, f"exit_{one.event}", one.event, condition))
        elif one.when is not None:
            conditions += 1
            reason = "exit_when" if conditions == 1 else f"exit_when_{conditions}"
            exits.append(CompiledExit(ordinal, reason, None, customer_condition(one.when, known)))
        else:
            name = one.segment or one.left or ""
            test = segment_test(name)
            word = "segment" if one.segment else "left"
            exits.append(CompiledExit(ordinal, f"exit_{word}_{name}", None, test if one.segment else exp.not_(test)))
    return tuple(exits)


def _enter_where(definition: Definition, known: Known) -> exp.Expression | None:
    """The filter of the event that brings customers in, where one does; its key is the entry's own and is not compared."""
    enter = definition.header.enter
    return None if enter.occurs is None else event_condition(enter.occurs, enter.where, known)


def _enter_when(definition: Definition, known: Known) -> exp.Expression | None:
    """What must hold of the customer who enters; None where nothing must."""
    conditions = [customer_condition(one, known, entry=False) for one in definition.header.enter.condition]
    return reduce(both, conditions) if conditions else None
