"""A new version leads open entries over where its map says so (semantics 9)."""

from datetime import timedelta

from tonglu.testing import at

DAY = timedelta(days=1)
T = at("2026-03-02 08:00")
OLD = {
    "enter": {"event": "begin"},
    "steps": [
        {"fork": {"branch": [{"when": "age = 1", "go": "slow"}, {"when": "age = 2", "go": "gone"}, {"else": "held"}]}},
        {"slow": {"wait": "10 days"}},
        {"gone": {"wait": "10 days"}},
        {"held": {"wait": "10 days"}},
    ],
}
NEW = {
    "enter": {"event": "begin"},
    "migrate": {"slow": "quick", "gone": "exit"},
    "exit": [{"event": "stop"}],
    "steps": [{"quick": {"wait": "3 days"}}, {"done": {"end": "quickly"}}],
}


def test_entries_move_leave_or_stay(tiny):
    bank = tiny(journeys={"care": OLD}, attributes={"age": "integer"})
    bank.customers(*({"customer_id": number, "age": number} for number in (1, 2, 3)))
    for number in (1, 2, 3):
        bank.event("begin", number, T)
    bank.run(T)
    bank.edit(journeys={"care": NEW})
    bank.run(T + DAY)
    assert bank.resting() == [(1, "care", "quick", T), (3, "care", "held", T)]
    assert bank.ended() == [(2, "care", 1, T + DAY, "migrated")]
    assert bank.rows("SELECT moved, held, dropped FROM tonglu.version_migration") == [(1, 1, 1)]
    assert [(customer, to, cause) for customer, *_, to, cause in bank.paths()][-1:] == [(3, "held", "branched")]
    assert (1, "quick", "migrated") in [(customer, to, cause) for customer, *_, to, cause in bank.paths()]
    bank.run(T + 3 * DAY)
    assert (1, "care", 1, T + 3 * DAY, "quickly") in bank.ended()
    assert bank.rows("SELECT count(*) FROM tonglu.version_migration") == [(1,)]
    bank.run(T + 11 * DAY)
    assert (3, "care", 1, T + 10 * DAY, "completed") in bank.ended()


def test_the_new_versions_exits_hold_for_those_who_moved_and_not_for_those_who_stayed(tiny):
    bank = tiny(journeys={"care": OLD}, attributes={"age": "integer"})
    bank.customers({"customer_id": 1, "age": 1}, {"customer_id": 3, "age": 3})
    for number in (1, 3):
        bank.event("begin", number, T)
    bank.run(T)
    bank.edit(journeys={"care": NEW})
    for number in (1, 3):
        bank.event("stop", number, T + DAY)
    bank.run(T + DAY)
    assert bank.ended() == [(1, "care", 1, T + DAY, "exit_stop")]
    assert bank.resting() == [(3, "care", "held", T)]


def test_a_waiting_proposal_is_forgotten_and_made_anew(tiny):
    def greeting(**more):
        return {
            "enter": {"event": "begin"},
            "steps": [{"hi": {"touch": "hello", "via": ["sms"], "valid_for": "2 days", "wait": True}}],
            **more,
        }

    policy = {"per_run": 9, "caps": [{"at_most": 1, "within": "30 days"}]}
    first = {"enter": {"event": "before"}, "steps": [{"hi": {"touch": "hello", "via": ["sms"]}}]}
    bank = tiny(journeys={"care": greeting(), "before": first}, policy=policy)
    bank.customers(1)
    bank.event("before", 1, T)
    bank.run(T)
    bank.event("begin", 1, T + DAY)
    bank.run(T + DAY)
    assert bank.decided()[-1] == (1, "care", "hi", "deferred", "cap_reached")
    new = greeting(migrate={"hi": "again"})
    new["steps"] = [{"again": {"touch": "hello", "via": ["app_push"], "valid_for": "2 days", "wait": True}}]
    bank.edit(journeys={"care": new})
    bank.run(T + 4 * DAY)
    [(first_proposed, visit)] = bank.rows("SELECT first_proposed_at, visit FROM tonglu.decision WHERE step = 'again'")
    assert (first_proposed, visit) == (T + 4 * DAY, 1)


def test_a_moved_trip_keeps_its_goals_and_its_old_versions_are_not_needed_for_it(tiny):
    first = {**OLD, "goal": {"event": "paid", "within": "30 days"}}
    second = {
        **NEW,
        "migrate": {"slow": "quick", "held": "quick", "gone": "quick"},
        "goal": {"event": "other", "within": "30 days"},
    }
    bank = tiny(journeys={"care": first}, attributes={"age": "integer"})
    bank.customers({"customer_id": 1, "age": 1}, {"customer_id": 2, "age": 2})
    for number in (1, 2):
        bank.event("begin", number, T)
    bank.run(T)
    bank.edit(journeys={"care": second})
    bank.run(T + DAY)
    bank.event("paid", 1, T + DAY)
    bank.event("other", 2, T + DAY)
    bank.run(T + 2 * DAY)
    assert bank.ended() == [(1, "care", 1, T + DAY, "goal")]
    assert bank.resting() == [(2, "care", "quick", T)]


def test_the_new_versions_exits_count_what_was_known_before(tiny):
    bank = tiny(journeys={"care": OLD}, attributes={"age": "integer"}, events={"stop": {}})
    bank.customers({"customer_id": 1, "age": 1})
    bank.event("begin", 1, T)
    bank.run(T)
    bank.event("stop", 1, T + DAY)
    bank.run(T + 2 * DAY)
    bank.edit(journeys={"care": NEW})
    bank.run(T + 3 * DAY)
    assert bank.ended() == [(1, "care", 1, T + DAY, "exit_stop")]


def test_a_touch_of_the_same_name_is_a_visit_more_and_has_a_key_of_its_own(tiny):
    def greeting(**more):
        steps = [{"hi": {"touch": "hello", "via": ["sms"]}}, {"rest": {"wait": "30 days"}}]
        return {"enter": {"event": "begin"}, "steps": steps, **more}

    bank = tiny(journeys={"care": greeting()})
    bank.customers(1)
    bank.event("begin", 1, T)
    bank.run(T)
    bank.edit(journeys={"care": greeting(migrate={"rest": "hi"})})
    bank.run(T + DAY)
    assert bank.rows("SELECT step, visit FROM tonglu.touch ORDER BY decided_at") == [("hi", 1), ("hi", 2)]
    assert bank.rows("SELECT count(DISTINCT touch_key) FROM tonglu.touch") == [(2,)]
