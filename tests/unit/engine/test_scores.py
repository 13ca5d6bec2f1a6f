"""Score = P x C x V x L, by hand: prior or learned, context, the goal's value, the operators' levers."""

from datetime import timedelta
from decimal import Decimal

from tonglu.mailroom.levers import Lever
from tonglu.mailroom.switches import Scope
from tonglu.testing import at

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
T = at("2026-03-02 10:00")


def touching(value=100, message="hello", event="ordered", **more):
    goal = {"event": "bought", "value": value, "within": "7 days"}
    steps = [{"hi": {"touch": message, "via": ["sms"]}}, {"rest": {"wait": "90 days"}}]
    return {"enter": {"event": event}, "goal": goal, "steps": steps, **more}


def scores(bank, run_no=1):
    return dict(bank.rows("SELECT journey, score FROM tonglu.decision WHERE run_no = $n AND customer_id = 1", n=run_no))


def pull(bank, scope, name, factor, until):
    bank.place.mailroom.levers.note(Lever(scope, name, None if factor is None else Decimal(factor), until, "li", "a test", T))


def test_without_anything_learned_p_is_the_prior_and_v_the_goals_value(tiny):
    bank = tiny(journeys={"plain": touching(), "hopeful": touching(prior="5%"), "odd": touching("33.33", prior="0.333333%")})
    bank.customers(1)
    bank.event("ordered", 1, T)
    bank.run(T)
    assert scores(bank) == {"plain": Decimal("2.000000"), "hopeful": Decimal("5.000000"), "odd": Decimal("0.111089")}


def test_what_an_earlier_run_learned_takes_the_place_of_the_prior_and_of_the_value_each_alone(tiny):
    bank = tiny(journeys={"both": touching(), "only_p": touching(), "only_v": touching()})
    bank.customers(1)
    bank.run(T - DAY)
    bank.place.warehouse.execute(
        """INSERT INTO tonglu.learned_value VALUES (1, 'both', 'hi', 0.03, 20000, 'learned'), (1, 'only_p', 'hi', 0.5, NULL, 'learned'),
           (1, 'only_v', 'hi', NULL, 50000, 'learned'), (0, 'both', 'hi', 0.9, 1, 'older'), (2, 'both', 'hi', 0.9, 1, 'of this run')"""
    )
    bank.event("ordered", 1, T)
    bank.run(T)
    assert scores(bank, 2) == {"both": Decimal(6), "only_p": Decimal(50), "only_v": Decimal(10)}


def test_context_weights_whose_condition_holds_multiply(tiny):
    context = [
        {"when": "touches(7 days) >= 1", "weight": "0.5"},
        {"when": "count(app_login, 2 days) >= 1", "weight": "1.2"},
        {"when": "touches(7 days) = 0", "weight": "1.5"},
    ]
    policy = {"per_run": 9, "arbitration": {"context": context}}
    bank = tiny(journeys={"first": touching(event="asked"), "then": touching()}, policy=policy, events={"app_login": {}})
    bank.customers(1, 2)
    bank.event("asked", 1, T)
    bank.run(T)
    bank.event("app_login", 1, T + HOUR)
    for customer in (1, 2):
        bank.event("ordered", customer, T + DAY)
    bank.run(T + DAY)
    assert scores(bank) == {"first": Decimal(3)}
    assert scores(bank, 2) == {"then": Decimal("1.2")}
    assert bank.rows("SELECT run_no, context, lever, weights FROM tonglu.weighed ORDER BY run_no, entry_id") == [
        (1, Decimal("1.5"), Decimal(1), [3]),
        (2, Decimal("0.6"), Decimal(1), [1, 2]),
        (2, Decimal("1.5"), Decimal(1), [3]),
    ]


def test_levers_on_journey_channel_and_product_multiply_and_turn_the_ranking(tiny):
    journeys = {"a": touching(100), "b": touching(90, "saving")}
    said = {"product": {"kind": "deposit"}, "text": {"app_push": {"body": "x"}, "sms": {"body": "x"}}}
    bank = tiny(journeys=journeys, policy={"per_run": 1}, messages={"saving": said})
    bank.customers(1)
    pull(bank, Scope.JOURNEY, "b", "2", T + DAY)
    pull(bank, Scope.PRODUCT, "deposit", "1.5", T + DAY)
    pull(bank, Scope.CHANNEL, "sms", "0.1", T + DAY)
    bank.event("ordered", 1, T)
    bank.run(T)
    assert scores(bank) == {"a": Decimal("0.2"), "b": Decimal("0.54")}
    assert bank.decided() == [(1, "a", "hi", "dropped", "outranked"), (1, "b", "hi", "sent", "passed")]
    assert [row[0] for row in bank.rows("SELECT name FROM tonglu.lever_position ORDER BY scope")] == ["sms", "b", "deposit"]


def test_a_lever_that_has_ended_or_was_dropped_changes_nothing_and_the_last_one_set_counts(tiny):
    bank = tiny(journeys={"ended": touching(), "dropped": touching(), "twice": touching()})
    bank.customers(1)
    pull(bank, Scope.JOURNEY, "ended", "5", T)
    pull(bank, Scope.JOURNEY, "dropped", "5", T + DAY)
    pull(bank, Scope.JOURNEY, "dropped", None, None)
    pull(bank, Scope.JOURNEY, "twice", "5", T + DAY)
    pull(bank, Scope.JOURNEY, "twice", "0.5", T + DAY)
    bank.event("ordered", 1, T)
    bank.run(T)
    assert scores(bank) == {"ended": Decimal(2), "dropped": Decimal(2), "twice": Decimal(1)}
    assert len(bank.place.mailroom.levers.since()) == 5


def test_a_run_with_levers_and_context_is_replayed(tiny):
    from tonglu.app.replay import replay
    from tonglu.language.project import Project

    policy = {"per_run": 1, "arbitration": {"context": [{"when": "touches(7 days) = 0", "weight": 2}]}}
    bank = tiny(journeys={"a": touching(100), "b": touching(90)}, policy=policy)
    bank.customers(1)
    pull(bank, Scope.JOURNEY, "b", "2", T + DAY)
    bank.event("ordered", 1, T)
    bank.run(T)
    pull(bank, Scope.JOURNEY, "b", "0.1", T + DAY)
    project: Project = bank.place.definitions.project
    bank.close()
    again = replay(bank.root, project, 1)
    assert again.same, again
