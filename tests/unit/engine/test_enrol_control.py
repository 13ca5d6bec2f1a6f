"""Assignment comes before anything else is known (semantics 11)."""

from datetime import timedelta

from tonglu.core.chance import draw
from tonglu.testing import at

DAY = timedelta(days=1)
T = at("2026-03-02 08:00")
REST = [{"rest": {"wait": "300 days"}}]
PEOPLE = range(1, 121)


def on_login(**header):
    return {"enter": {"event": "app_login", "again": "always"}, "steps": [{"rest": {"wait": "1 hour"}}], **header}


def assigned(bank, journey):
    return dict(
        bank.rows("SELECT customer_id, assignment FROM tonglu.entry WHERE journey = $journey AND entry_no = 1", journey=journey)
    )


def test_controls_are_drawn_by_hash_and_the_global_group_is_for_marketing_alone(tiny):
    journeys = {
        "offer": on_login(holdout="30%"),
        "other": on_login(holdout="30%"),
        "alert": on_login(holdout="30%", purpose="service"),
        "notice": on_login(purpose="regulatory"),
    }
    bank = tiny(journeys=journeys, policy={"global_control": {"share": "20%", "epoch": "2026"}})
    bank.customers(*PEOPLE)
    bank.events([("app_login", number, T - timedelta(hours=2)) for number in PEOPLE])
    bank.run(T)
    everywhere = {number for number in PEOPLE if draw("global_control", "2026", number) < 0.2}
    assert 10 < len(everywhere) < 40
    for name in ("offer", "other"):
        held = {number for number in PEOPLE if draw("holdout", name, number) < 0.3}
        expected = {n: "global_control" if n in everywhere else "holdout" if n in held else "treated" for n in PEOPLE}
        assert assigned(bank, name) == expected
    assert assigned(bank, "offer") != assigned(bank, "other")
    assert assigned(bank, "alert") == {n: "holdout" if draw("holdout", "alert", n) < 0.3 else "treated" for n in PEOPLE}
    assert set(assigned(bank, "notice").values()) == {"treated"}

    bank.events([("app_login", number, T + DAY - timedelta(hours=2)) for number in PEOPLE])
    bank.run(T + DAY)
    changed = bank.rows(
        "SELECT customer_id, journey FROM tonglu.entry GROUP BY ALL HAVING count(DISTINCT assignment) > 1 OR count(*) <> 2"
    )
    assert changed == []


def test_a_new_epoch_draws_a_new_global_group(tiny):
    bank = tiny(journeys={"offer": on_login()}, policy={"global_control": {"share": "50%", "epoch": "2026"}})
    bank.customers(*PEOPLE)
    bank.events([("app_login", number, T - timedelta(hours=2)) for number in PEOPLE])
    bank.run(T)
    bank.edit(policy={"global_control": {"share": "50%", "epoch": "2027"}})
    bank.events([("app_login", number, T + DAY - timedelta(hours=2)) for number in PEOPLE])
    bank.run(T + DAY)
    again = dict(bank.rows("SELECT customer_id, assignment FROM tonglu.entry WHERE entry_no = 2"))
    assert again == {n: "global_control" if draw("global_control", "2027", n) < 0.5 else "treated" for n in PEOPLE}
    assert again != assigned(bank, "offer")


def test_colleagues_share_their_side_when_the_journey_is_randomised_by_employer(tiny):
    journey = on_login(holdout="50%", randomise={"by": "employer"})
    bank = tiny(journeys={"payroll": journey}, attributes={"employer_id": "bigint"})
    bank.customers(*({"customer_id": number, "employer_id": number % 12 if number > 20 else None} for number in PEOPLE))
    bank.events([("app_login", number, T - timedelta(hours=2)) for number in PEOPLE])
    bank.run(T)
    sides = bank.rows(
        """SELECT p.employer_id, count(DISTINCT e.assignment) FROM tonglu.entry AS e JOIN tonglu.profile AS p USING (customer_id)
           WHERE p.employer_id IS NOT NULL GROUP BY ALL"""
    )
    assert len(sides) == 12
    assert {count for _, count in sides} == {1}
    alone = {number: side for number, side in assigned(bank, "payroll").items() if number <= 20}
    assert alone == {n: "holdout" if draw("holdout", "payroll", n) < 0.5 else "treated" for n in range(1, 21)}
