"""The decision chain: its order and what each gate says of itself."""

from tonglu.gates import decision_chain

ORDER = ["journey_live", "eligible", "suitable", "consent", "risk", "reachable", "quiet_hours", "contact_policy", "arbitration"]
ORDER += ["capacity", "budget"]


def test_the_gates_stand_in_the_order_of_the_contract():
    names = [gate.name for gate in decision_chain()]
    assert [name for name in names if name in ORDER] == ORDER
    orders = [gate.order for gate in decision_chain()]
    assert orders == sorted(set(orders))


def test_every_gate_has_a_title_and_reasons_for_people_in_both_languages():
    for gate in decision_chain():
        assert gate.reasons
        for text in (gate.title, *gate.reasons.values()):
            assert any("一" <= sign <= "鿿" for sign in text)
            assert any("a" <= sign <= "z" for sign in text)


def test_no_two_gates_share_a_reason_so_that_a_reason_names_its_gate():
    reasons = [reason for gate in decision_chain() for reason in gate.reasons]
    assert len(reasons) == len(set(reasons))


def test_controls_are_judged_up_to_the_first_gate_that_depends_on_competition():
    judges = [gate.judges_ghosts for gate in decision_chain()]
    assert judges == sorted(judges, reverse=True)
    assert {gate.name: gate.judges_ghosts for gate in decision_chain()}["quiet_hours"]
    assert not {gate.name: gate.judges_ghosts for gate in decision_chain()}["contact_policy"]


def test_every_reason_that_a_run_writes_is_one_that_its_gate_declares(tiny):
    from datetime import timedelta

    from tonglu.testing import at

    now = at("2026-03-02 10:00")
    steps = [{"hi": {"touch": "hello", "via": ["sms"], "when": "age >= 18", "valid_for": "1 hour"}}, {"rest": {"wait": "9 days"}}]
    journey = {"enter": {"event": "ordered"}, "steps": steps}
    policy = {"per_run": 1, "caps": [{"at_most": 1, "within": "1 day"}], "open_hours": {"sms": "09:00-12:00"}}
    bank = tiny(journeys={"a": journey, "b": journey}, attributes={"age": "integer"}, policy=policy)
    bank.customers({"customer_id": 1, "age": 20}, {"customer_id": 2, "age": 10}, {"customer_id": 4, "age": 20})
    bank.customers({"customer_id": 3, "age": 20}, purposes=[])
    bank.customers({"customer_id": 5, "age": 20}, reached_by=[])
    bank.events([("ordered", number, now) for number in range(1, 6)])
    bank.run(now)
    declared = {(gate.name, reason) for gate in decision_chain() for reason in gate.reasons}
    written = set(bank.rows("SELECT DISTINCT gate, reason FROM tonglu.decision WHERE gate IS NOT NULL"))
    assert written <= declared
    assert {gate for gate, _ in written} == {"eligible", "consent", "reachable", "contact_policy"}
    assert bank.run(now + timedelta(hours=8))["proposals"] == 0
