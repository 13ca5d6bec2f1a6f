"""Learn: from matured exposures to the propensities that the next run draws arms with; from lifts to what touches are worth, and to harm
(semantics 28). What is learned is a table by run; the next run uses the newest."""

from collections import defaultdict
from collections.abc import Mapping

from tonglu.compile.program import CompiledJourney, Program
from tonglu.core.durations import microseconds
from tonglu.core.ports import Warehouse
from tonglu.stages.arms import CONTROLS, Arms, Experiment, Seen
from tonglu.stages.harm import note_harm
from tonglu.stages.worth import learn_worth
from tonglu.stats.estimate import Withheld
from tonglu.stats.thompson import expected_loss
from tonglu.stats.winner import Standing
from tonglu.steps import CompiledStep

KEEP = """
    INSERT INTO tonglu.learned VALUES ($run_no, $version_no, $journey, $step_key, $step, $arm_no, $arm, $n, $conversions, $p_best,
        $propensity, $stratum, $expected_loss, $p_value, $standing)
"""
NOTHING_YET = "SELECT count(*) = 0 FROM tonglu.arm_outcome"
DECIMALS = 6
DAY_US = 86_400_000_000
EVERYBODY = ""
Shown = dict[tuple[str, str], dict[str, dict[str, Arms]]]
"""By journey and step, stratum and goal."""


def learn(warehouse: Warehouse, program: Program) -> int:
    """Write the propensities of every experiment that learns, what touches are worth, and harm; how many arms there are."""
    [(nothing,)] = warehouse.fetch(NOTHING_YET)
    warehouse.run("learn/outcomes", anew=nothing)
    shown = _shown(warehouse)
    rules = program.policy.learning
    half_life = None if rules.half_life is None else microseconds(rules.half_life) / DAY_US
    count = 0
    for journey in sorted(program.current, key=lambda one: one.name):
        for step in sorted(journey.steps, key=lambda one: one.name):
            arms = step.lowered.arms
            if arms is None:
                continue
            strata = shown.get((journey.name, step.name), {})
            wanted = sorted({EVERYBODY, *(strata if arms.by_stratum else ())})
            for stratum in wanted:
                goals = strata.get(stratum, {}) if stratum else _pooled(strata, apart=arms.by_stratum)
                _keep(warehouse, journey, step, stratum, Experiment(journey, step, goals, half_life, rules.floor))
            count += len(arms.names)
    learn_worth(warehouse, rules)
    note_harm(warehouse, program)
    return count


def _keep(warehouse: Warehouse, journey: CompiledJourney, step: CompiledStep, stratum: str, experiment: Experiment) -> None:
    best, learned, why = experiment.shares()
    arms, found, objectives = step.lowered.arms, experiment.standing(), experiment.objectives
    shares = arms.weights if arms is not None and arms.learn == "fixed" else learned
    losses = expected_loss(objectives[0].beliefs, minimise=objectives[0].minimise) if objectives else (None,) * len(best)
    seen = experiment.seen(experiment.first.name) if experiment.first else [Seen() for _ in best]
    for number, arm in enumerate(experiment.arms):
        n, conversions = seen[number].counts()
        leads = isinstance(found, Standing) and found.arm == number
        warehouse.execute(
            KEEP,
            version_no=journey.version_no,
            journey=journey.name,
            step_key=step.key,
            step=step.name,
            arm_no=number,
            arm=arm,
            n=n,
            conversions=conversions,
            p_best=round(best[number], DECIMALS),
            propensity=shares[number],
            stratum=stratum,
            expected_loss=losses[number],
            p_value=found.p_value if leads and isinstance(found, Standing) else None,
            standing=why or _standing(found, number, harms=experiment.harmful[number], out=shares[number] == 0),
        )


def _standing(found: Standing | Withheld, number: int, *, harms: bool, out: bool) -> str:
    """How an arm stands, in a word."""
    if out and harms:
        return "does worse than no touch"
    if out:
        return "breaks a guardrail"
    if isinstance(found, Withheld) or found.arm != number:
        return ""
    return "winner" if found.declared else "leads"


def _shown(warehouse: Warehouse) -> Shown:
    found: Shown = defaultdict(lambda: defaultdict(lambda: defaultdict(dict)))
    for journey, step, treated, stratum, goal, batch, arm, propensity, n, y, v, v2, age in warehouse.rows("learn/arms"):
        found[journey, step][stratum][goal].setdefault(arm if treated else CONTROLS, Seen()).add(
            (batch, EVERYBODY), (float(age), propensity, n, y, v, v2)
        )
    return found


def _pooled(strata: Mapping[str, Mapping[str, Arms]], *, apart: bool) -> dict[str, Arms]:
    """Of all strata together; batch by batch `apart` where strata are drawn by propensities of their own."""
    found: dict[str, Arms] = defaultdict(dict)
    for stratum, goals in strata.items():
        for goal, arms in goals.items():
            for arm, seen in arms.items():
                mine = found[goal].setdefault(arm, Seen())
                for (batch, _), row in seen.batches.items():
                    mine.add((batch, stratum if apart else EVERYBODY), row)
    return found
