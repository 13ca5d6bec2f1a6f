"""The audience of a journey: counted before anybody enters, it is what the next run then does."""

from datetime import timedelta
from hashlib import sha256

import pytest

from tonglu.app.count import count
from tonglu.app.definitions import read_definitions
from tonglu.core.errors import InputError, Unavailable
from tonglu.stages.audience import ChannelCount, Lost
from tonglu.testing import at
from tonglu.warehouse.overlay import Overlay

FIRST, NEXT = at("2026-03-10 08:00"), at("2026-03-11 08:00")
REST = {"enter": {"event": "nothing"}, "steps": [{"done": {"end": "done"}}]}
TOUCH = {"touch": "hi", "via": ["app_push", "sms"], "when": "age >= 30"}
STEPS = [{"settle": {"wait": "0 days"}}, {"greet": TOUCH}, {"again": {"touch": "more", "via": ["sms"]}}]
SEGMENTS = {
    "young": "SELECT c.customer_id FROM customers AS c WHERE c.age < 60",
    "rich": "SELECT c.customer_id FROM customers AS c WHERE c.rich",
}
POLICY = {"per_run": 100, "global_control": {"share": "10%", "epoch": "2026"}}
PEOPLE = range(1, 201)


@pytest.fixture
def bank(tiny):
    """Two hundred customers of ages 1 to 100, a run behind them, and nobody in a journey."""
    made = tiny(
        journeys={"resting": REST},
        segments=SEGMENTS,
        attributes={"age": "integer", "rich": "boolean"},
        events={"hello": {"amount": "integer"}},
        policy=POLICY,
    )
    made.customers(*({"customer_id": one, "age": (one - 1) % 100 + 1, "rich": one % 4 == 0} for one in PEOPLE))
    for one in range(1, 21):
        made.consent(one + 40, "app_push", granted=False, when=at("2026-03-01 08:00"))
        made.consent(one + 50, "sms", granted=False, when=at("2026-03-01 08:00"))
    for one in (*PEOPLE, 999):
        made.event("hello", one, at("2026-03-10 07:00") + timedelta(microseconds=one), amount=one)
    made.listed("invited", *range(30, 80), when=at("2026-03-10 06:00"))
    made.run(FIRST)
    return made


def journey(enter, **more):
    lately = {} if enter.keys() & {"segment", "left"} else {"fresh": "30 days"}
    body = {
        "enter": {**lately, **enter},
        "holdout": "20%",
        "goal": {"event": "bought", "within": "7 days"},
        "steps": STEPS,
        **more,
    }
    return {key: value for key, value in body.items() if value is not None}


def counted(bank, name, **options):
    bank.close()
    definitions = read_definitions(bank.root)
    [written] = [one for one in definitions.journeys if one.name == name]
    return count(bank.root, definitions, written, bank.settings, **options)


def sent(bank):
    return dict(bank.rows("SELECT channel, count(*) FROM tonglu.touch WHERE step = 'greet' GROUP BY channel"))


@pytest.mark.parametrize(
    "enter",
    [
        {"segment": "young", "enrolment": "current"},
        {"segment": "young", "enrolment": "current", "where": "rich", "when": "age > 10"},
        {"event": "hello", "where": "amount > 50", "when": "age < 90 and in segment young"},
        {"list": "invited"},
        {"calendar": {"date": "2026-03-10 07:30"}, "when": "rich"},
    ],
    ids=" ".join,
)
def test_what_is_counted_is_what_the_next_run_does(bank, enter):
    bank.edit(journeys={"new": journey(enter)})
    told = counted(bank, "new").audience
    if enter.keys() & {"event", "list"}:  # a run takes events that came in with it
        for one in (*PEOPLE, 999):
            bank.event("hello", one, at("2026-03-10 09:00"), amount=one)
        bank.listed("invited", *range(30, 80), when=at("2026-03-10 09:00"))
    bank.run(NEXT)
    entries = bank.rows("SELECT assignment, count(*) FROM tonglu.entry WHERE journey = 'new' GROUP BY assignment")
    assert told.qualified == dict(entries)
    assert min(told.qualified.values()) > 0
    assert (told.inside, told.not_again, told.now) == (0, 0, sum(told.qualified.values()))
    [greet] = told.touches
    assert {one.channel: one.chosen for one in greet.channels if one.chosen} == sent(bank)
    decided = bank.rows(
        "SELECT gate, reason, count(*) FROM tonglu.decision WHERE step = 'greet' AND outcome <> 'sent' GROUP BY ALL"
    )
    assert {(one.gate, one.reason): one.count for one in greet.lost} == {(gate, reason): n for gate, reason, n in decided}
    assert greet.passed + sum(one.count for one in greet.lost) == told.qualified["treated"]


def test_everybody_falls_away_at_one_place_and_the_channels_say_who_is_left(bank):
    bank.edit(journeys={"new": journey({"event": "hello", "when": "age > 10"}, holdout="0%", purpose="service", goal=None)})
    bank.edit(policy={"per_run": 100})
    told = counted(bank, "new").audience
    assert told.candidates == 201
    assert told.lost == (Lost("profile", "no_profile", 1), Lost("when", "not_qualified", 20))
    assert told.qualified == {"treated": 180}
    [greet] = told.touches
    assert greet.lost == (Lost("eligible", "not_eligible", 38),)
    assert greet.channels == (ChannelCount("app_push", 142, 142, 142), ChannelCount("sms", 142, 142, 0))
    assert told.per_day == pytest.approx(201 / 30)
    assert told.daily(greet.passed) == pytest.approx(142 / 30)


def test_who_is_inside_and_who_may_not_come_again_are_told_apart(bank):
    ended = {
        "enter": {"segment": "young", "enrolment": "current"},
        "steps": [
            {"who": {"branch": [{"when": "rich", "go": "stay"}, {"else": "done"}]}},
            {"stay": {"wait": "9 days"}},
            {"done": {"end": "done"}},
        ],
    }
    bank.edit(journeys={"new": ended})
    bank.run(NEXT)
    told = counted(bank, "new").audience
    inside = bank.rows("SELECT count(*) FROM tonglu.rest WHERE journey = 'new'")[0][0]
    entered = bank.rows("SELECT count(*) FROM tonglu.entry WHERE journey = 'new'")[0][0]
    assert (told.inside, told.not_again, told.now) == (inside, entered - inside, 0)
    assert inside > 0
    assert told.touches == ()


def test_who_left_a_segment_lately_is_counted_and_a_day_is_the_mean_of_those_that_are_known(bank):
    bank.land("customers", [{"customer_id": one, "age": 70, "rich": False} for one in range(1, 7)])
    bank.run(at("2026-03-12 08:00"))
    bank.edit(journeys={"new": journey({"left": "young"}, holdout="0%", purpose="service", goal=None)})
    told = counted(bank, "new").audience
    assert told.candidates == 6
    assert told.per_day == pytest.approx(6 / 2)
    bank.edit(journeys={"into": journey({"segment": "young"}, holdout="0%", purpose="service", goal=None)})
    assert counted(bank, "into").audience.per_day == 0


def test_who_was_passed_on_by_another_journey_is_counted(bank):
    bank.edit(
        journeys={
            "first": {
                "enter": {"event": "hello", "fresh": "30 days"},
                "steps": [{"on": {"enter": "new"}}, {"done": {"end": "done"}}],
            },
            "new": journey({"journey": "first", "when": "age > 10"}, holdout="0%", purpose="service", goal=None),
        }
    )
    for one in range(1, 31):
        bank.event("hello", one, at("2026-03-10 09:00"), amount=one)
    bank.run(NEXT)
    told = counted(bank, "new").audience
    passed = bank.rows("SELECT count(*) FROM tonglu.passed_on")[0][0]
    assert told.candidates == passed > 20
    assert told.lost[1] == Lost(
        "when", "not_qualified", bank.rows("SELECT count(*) FROM tonglu.passed_on WHERE customer_id <= 10")[0][0]
    )


def test_a_segment_written_since_the_last_run_and_what_builds_on_it_are_built_for_the_question(bank):
    head = "-- segment: {}\n-- title: 新 / New\n-- owner: t\n-- grain: customer\n"
    (bank.root / "segments/fresh.sql").write_text(
        head.format("fresh") + "SELECT y.customer_id FROM segment.young AS y SEMI JOIN segment.rich AS r USING (customer_id)\n",
        encoding="utf-8",
    )
    bank.edit(journeys={"new": journey({"segment": "fresh"}, holdout="0%", purpose="service", goal=None)})
    told = counted(bank, "new")
    assert (told.built, told.audience.candidates) == (("fresh",), 28)
    (bank.root / "segments/young.sql").write_text(
        head.format("young") + "SELECT c.customer_id FROM customers AS c WHERE c.age <= 8\n", encoding="utf-8"
    )
    told = counted(bank, "new")
    assert (told.built, told.audience.candidates) == (("young", "fresh"), 4)


def test_the_warehouse_is_read_and_not_touched(bank):
    bank.edit(journeys={"new": journey({"segment": "young"})})
    bank.close()
    before = {str(path): sha256(path.read_bytes()).hexdigest() for path in bank.root.rglob("*") if path.is_file()}
    counted(bank, "new")
    assert {str(path): sha256(path.read_bytes()).hexdigest() for path in bank.root.rglob("*") if path.is_file()} == before


def test_before_any_run_the_landed_data_is_looked_at_on_a_copy(tiny):
    made = tiny(
        journeys={"new": journey({"segment": "young"}, purpose="service", holdout="0%", goal=None)},
        segments=SEGMENTS,
        attributes={"age": "integer", "rich": "boolean"},
    )
    with pytest.raises(InputError, match="nothing was run yet"):
        counted(made, "new")
    with pytest.raises(InputError, match="nothing has landed"):
        counted(made, "new", as_of=FIRST)
    made.customers(*({"customer_id": one, "age": one, "rich": False} for one in range(20, 80)))
    told = counted(made, "new", as_of=FIRST)
    assert (told.last_run, told.audience.candidates, told.audience.per_day) == (None, 40, None)
    assert told.audience.touches[0].passed == 30
    assert not (made.root / "data/warehouse.duckdb").exists()


def test_an_instant_to_come_takes_in_what_has_landed_since(bank):
    bank.edit(journeys={"new": journey({"segment": "young"})})
    bank.land("customers", [{"customer_id": one, "age": 70, "rich": False} for one in range(1, 7)])
    assert counted(bank, "new").audience.candidates == 118
    assert counted(bank, "new", as_of=NEXT).audience.candidates == 112
    assert bank.rows("SELECT count(*) FROM tonglu.run") == [(1,)]


def test_a_warehouse_that_a_run_has_is_not_available(bank, tmp_path):
    with pytest.raises(Unavailable, match="cannot be read now"):
        Overlay(bank.place.definitions.path("warehouse"), tmp_path)
