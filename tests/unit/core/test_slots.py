"""Statements with slots."""

import duckdb
import pytest
from sqlglot import exp, parse_one

from tonglu.core.sql import fill, table


def test_values_fill_slots_as_literals_and_never_as_text():
    hostile = "x'; DROP TABLE t; --"
    statement = fill("SELECT slot('a') AS a, slot('b') AS b, slot('c') AS c", a=hostile, b=7, c=True).sql(dialect="duckdb")
    assert duckdb.connect().execute(statement).fetchall() == [(hostile, 7, True)]


def test_a_table_fills_a_slot_and_keeps_the_alias():
    statement = fill("SELECT t.a FROM slot_source AS t", source=table('we"ird', "main")).sql(dialect="duckdb")
    connection = duckdb.connect()
    connection.execute('CREATE TABLE main."we""ird" AS SELECT 5 AS a')
    assert connection.execute(statement).fetchall() == [(5,)]


def test_a_condition_fills_a_slot_and_a_template_can_be_filled_again():
    text = "SELECT 1 WHERE slot('condition')"
    first = fill(text, condition=parse_one("1 = 2", dialect="duckdb"))
    second = fill(text, condition=exp.true())
    assert duckdb.connect().execute(first.sql(dialect="duckdb")).fetchall() == []
    assert duckdb.connect().execute(second.sql(dialect="duckdb")).fetchall() == [(1,)]


def test_a_slot_without_a_node_is_an_error():
    with pytest.raises(KeyError):
        fill("SELECT slot('missing')")
