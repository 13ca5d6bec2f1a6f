"""One draw, written twice."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonglu.core.chance import Salt, draw, escape
from tonglu.warehouse.connection import DuckDBWarehouse

PARTS = st.lists(
    st.text(
        alphabet=st.one_of(
            st.sampled_from("|\\ \t'\"$%中文é😀"), st.characters(exclude_characters="\0", exclude_categories=["Cs"])
        )
    ),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def warehouse():
    warehouse = DuckDBWarehouse(":memory:", threads=1)
    warehouse.run("macros")
    yield warehouse
    warehouse.close()


@given(salt=st.sampled_from(list(Salt)), parts=PARTS)
def test_the_draw_in_sql_is_the_draw_in_python(warehouse, salt, parts):
    names = [f"${name}" for name, _ in zip("abcd", parts, strict=False)]
    given_parts = dict(zip("abcd", parts, strict=False))
    [(in_sql,)] = warehouse.fetch(f"SELECT draw($salt, {', '.join(names)})", salt=salt.value, **given_parts)
    assert in_sql == draw(salt, *parts)
    assert 0 <= in_sql < 1


@given(parts=st.lists(st.integers(min_value=-(2**62), max_value=2**62), min_size=1, max_size=4))
def test_numbers_are_drawn_by_their_text_in_both(warehouse, parts):
    names = [f"${name}::BIGINT" for name, _ in zip("abcd", parts, strict=False)]
    [(in_sql,)] = warehouse.fetch(f"SELECT draw('split', {', '.join(names)})", **dict(zip("abcd", parts, strict=False)))
    assert in_sql == draw("split", *parts) == draw("split", *map(str, parts))


@given(one=PARTS, other=PARTS)
def test_different_lists_of_parts_never_share_their_text(one, other):
    joined = ["|".join(map(escape, parts)) for parts in (one, other)]
    assert (joined[0] == joined[1]) == (one == other)


def test_a_draw_is_known_forever():
    assert draw("holdout", "payroll_companion", 10001) == 0.5580120928243247
    assert draw("arm", "a|b", "c\\", 1, 2) == 0.941887158628827


def test_draws_fill_the_unit_interval_evenly():
    drawn = sorted(draw("entry_order", "j", number, "") for number in range(4000))
    gaps = [abs(value - place / 4000) for place, value in enumerate(drawn)]
    assert max(gaps) < 1.63 / 4000**0.5  # Kolmogorov's 1 % point
    assert all(low < high for low, high in pairwise(drawn))


def test_another_salt_is_another_draw():
    assert len({draw(salt, 1, 2) for salt in Salt}) == len(Salt)
