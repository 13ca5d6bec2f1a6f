"""`enter`: start another journey, which the customer enters in the next run with the clock of this moment (semantics 17, 19)."""

from tonglu.language.values import Authored, Name
from tonglu.steps.kind import FOLLOWING, Lowered, StepKind


class EnterFields(Authored):
    """`{enter: care_call}`: a journey whose own `enter` names this one."""

    enter: Name
    next: Name | None = None


KIND = StepKind(
    name="enter",
    title="进入旅程 Enter",
    fields=EnterFields,
    lower=lambda fields: Lowered(next=fields.next or FOLLOWING, target=fields.enter),
    label=lambda fields: f"进入旅程 {fields.enter}",
    example="hand_on: {enter: care_call}",
    instant=True,
    moves="""
        INSERT INTO tonglu.passed_on
        SELECT $run_no, p.entry_id, p.customer_id, p.journey, t.target, e.key, p.since
        FROM position AS p JOIN tonglu.enter_target AS t USING (step_key) JOIN tonglu.entry AS e USING (entry_id)
        WHERE p.round = $round AND p.kind = 'enter' AND p.since <= p.horizon AND p.assignment = 'treated';
        INSERT INTO hop
        SELECT p.entry_id, s.next_key, p.since, 'passed on'
        FROM position AS p JOIN tonglu.step AS s USING (step_key)
        WHERE p.round = $round AND p.kind = 'enter' AND p.since <= p.horizon
    """,
)
