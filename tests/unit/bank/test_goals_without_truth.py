"""A goal that the world does not simulate has no truth, and reports leave its column empty."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import duckdb
import pytest

from tonglu.app.simulate import truth

AT = datetime(2026, 6, 1)


def journey(name, event, where=""):
    goal = SimpleNamespace(event=event, where=SimpleNamespace(text=where) if where else None, within=timedelta(days=7))
    return SimpleNamespace(name=name, header=SimpleNamespace(all_goals=[goal]))


@pytest.fixture
def place(bank):
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA tonglu")
    connection.execute("CREATE TABLE tonglu.run AS SELECT TIMESTAMP '2026-06-20' AS as_of")
    connection.execute(
        "CREATE TABLE tonglu.entry AS SELECT i AS entry_id, (['bare', 'plan', 'stage', 'narrow', 'back'])[i] AS journey, 1000001 AS customer_id, "
        "TIMESTAMP '2026-06-01' AS assigned_at, 'treated' AS assignment FROM range(1, 6) AS r(i)"
    )

    class Warehouse:
        def __init__(self):
            self.connection = connection

        def fetch(self, statement):
            return connection.execute(statement).fetchall()

    journeys = [
        journey("bare", "product_opened"),
        journey("plan", "product_opened", "product = 'salary_plan'"),
        journey("stage", "loan_stage"),
        journey("narrow", "product_opened", "product = 'salary_plan' and amount > 100"),
        journey("back", "funds_returned"),
    ]
    definitions = SimpleNamespace(journeys=journeys, path=lambda name: bank / name)
    yield SimpleNamespace(definitions=definitions, warehouse=Warehouse())
    connection.close()


def test_only_goals_that_the_world_simulates_have_a_truth(place):
    assert set(truth(place)) == {"plan", "back"}
