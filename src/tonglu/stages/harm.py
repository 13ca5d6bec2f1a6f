"""Harm: a journey whose touches are shown to do damage pauses itself, and says so (semantics 28).

Damage is less of what the journey is judged by, or more of what a guardrail counts, shown by a test that holds at any number of looks:
the always-valid interval, and for few conversions the split of all conversions over the two sides against that of the entries.
Each version pauses itself once: who resumes it has decided.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tonglu.compile.program import Program
from tonglu.core.ports import Row, Warehouse
from tonglu.stats.always_valid import Evidence
from tonglu.stats.ratio_mismatch import ratio_evidence

LEVEL = 0.05
CONCENTRATION = 10.0
"""How closely the prior of the split keeps to that of the entries: harm that halves or doubles a rate is what must be found."""
MEASURED = """
    SELECT l.journey, j.version_no, l.goal, l.role, l.lift, l.lift_low, l.lift_high, l.p_value, l.n_treated, l.n_control, l.conversions_treated,
        l.conversions_control
    FROM tonglu.lift AS l JOIN journey_now AS j USING (journey)
    WHERE l.run_no = $run_no AND l.role IN ('primary', 'guardrail') AND l.method NOT LIKE 'withheld%'
      AND j.version_no NOT IN (SELECT version_no FROM tonglu.harm)
    ORDER BY ALL
"""
KEEP = "INSERT INTO tonglu.harm VALUES ($run_no, $journey, $version_no, $goal, $role, $lift, $p_value, $said)"
OF_RUN = "SELECT journey, version_no, said FROM tonglu.harm WHERE run_no = $run_no ORDER BY journey"


@dataclass(frozen=True)
class Harm:
    """One journey's goal that its touches make worse."""

    journey: str
    version_no: int
    goal: str
    role: str
    lift: float
    p_value: float

    @property
    def said(self) -> str:
        """In words, for whoever finds the journey paused."""
        what = "more" if self.role == "guardrail" else "less"
        return f"harm was shown: {what} '{self.goal}' with touches than without ({100 * self.lift:+.2f} points, p = {self.p_value:.2g})"


def note_harm(warehouse: Warehouse, program: Program) -> None:
    """Write the harm that this run shows, of journeys that did not pause themselves for it before."""
    if not program.policy.learning.pause_on_harm:
        return
    seen: set[str] = set()
    for one in _shown(warehouse.fetch(MEASURED)):
        if one.journey not in seen:
            seen.add(one.journey)
            warehouse.execute(
                KEEP,
                journey=one.journey,
                version_no=one.version_no,
                goal=one.goal,
                role=one.role,
                lift=one.lift,
                p_value=one.p_value,
                said=one.said,
            )


def harm_of(warehouse: Warehouse, run_no: int) -> list[Row]:
    """Journeys that pause themselves after a run, each with its version and the words."""
    return warehouse.fetch(OF_RUN, run_no=run_no)


def _shown(rows: Iterable[Row]) -> Iterable[Harm]:
    for journey, version_no, goal, role, lift, low, high, p_value, n_t, n_c, y_t, y_c in rows:
        worse = lift > 0 if role == "guardrail" else lift < 0
        if not worse:
            continue
        if p_value is None:
            found = ratio_evidence([y_t, y_c], [n_t, n_c], CONCENTRATION) if n_t and n_c and y_t + y_c else None
            p_value = found.p_value if isinstance(found, Evidence) else 1.0
            if p_value < LEVEL:
                yield Harm(journey, version_no, goal, role, lift, p_value)
        elif (low > 0) if role == "guardrail" else (high < 0):
            yield Harm(journey, version_no, goal, role, lift, p_value)
