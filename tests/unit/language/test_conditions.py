"""The condition language: its tree, its texts, its faults, and its SQL in DuckDB."""

from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from tonglu.language.expression import (
    And,
    Arithmetic,
    Between,
    Call,
    ColumnType,
    Comparison,
    ExpressionError,
    In,
    InSegment,
    IsNull,
    Like,
    Literal,
    Name,
    Negative,
    Not,
    Or,
    check_expression,
    check_ordering,
    column_type,
    format_expression,
    names_in,
    parse_expression,
    parse_ordering,
    segments_in,
    type_of,
)
from tonglu.language.expression_sql import to_sql, value_to_sql

COLUMNS = {
    "age": ColumnType.INTEGER,
    "income": ColumnType.DECIMAL,
    "province": ColumnType.TEXT,
    "vip": ColumnType.BOOLEAN,
    "born": ColumnType.DATE,
    "seen": ColumnType.INSTANT,
    "other": ColumnType.UNKNOWN,
}
ROWS = {
    "full": (60, Decimal("1.50"), "浙江", True, date(1966, 11, 23), datetime(2026, 11, 21, 8), "x"),
    "empty": (None,) * 7,
}


def test_precedence_is_the_usual_one():
    tree = parse_expression("not a = 1 and b > 2 + 3 * 4 or c")
    product = Arithmetic("*", Literal(3), Literal(4))
    right = Comparison(">", Name("b"), Arithmetic("+", Literal(2), product))
    assert tree == Or((And((Not(Comparison("=", Name("a"), Literal(1))), right)), Name("c")))


def test_nodes_keep_where_they_stand():
    tree = parse_expression("a = 1 and  bb in ('x')")
    assert isinstance(tree, And)
    assert isinstance(tree.operands[1], In)
    assert tree.operands[1].operand.offset == 11


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a <> 1", Comparison("!=", Name("a"), Literal(1))),
        ("a = 'it''s'", Comparison("=", Name("a"), Literal("it's"))),
        ("a NOT IN (1, 2)", In(Name("a"), (Literal(1), Literal(2)), negated=True)),
        ("a between 1 and 2 and b", And((Between(Name("a"), Literal(1), Literal(2)), Name("b")))),
        ("a not like 'x%'", Like(Name("a"), Literal("x%"), negated=True)),
        ("a is not null", IsNull(Name("a"), negated=True)),
        ("in segment vip", InSegment("vip")),
        ("not in segment vip", InSegment("vip", negated=True)),
        ("not (in segment vip)", Not(InSegment("vip"))),
        ("a >= 500 yuan", Comparison(">=", Name("a"), Literal(50000))),
        ("a >= 0.5 元", Comparison(">=", Name("a"), Literal(50))),
        ("a > -1.5", Comparison(">", Name("a"), Literal(Decimal("-1.5")))),
        ("a > date '2026-01-31'", Comparison(">", Name("a"), Literal(date(2026, 1, 31)))),
        ("f(a, 1) = true", Comparison("=", Call("f", (Name("a"), Literal(1))), Literal(True))),
        ("(a and b) and c", And((Name("a"), Name("b"), Name("c")))),
    ],
)
def test_texts_and_their_trees(text, tree):
    assert parse_expression(text) == tree


@pytest.mark.parametrize(
    ("text", "offset", "word"),
    [
        ("", 0, "too early"),
        ("age >", 5, "too early"),
        ("age = = 3", 6, "="),
        ("(age > 1", 8, ")"),
        ("age in ()", 8, ")"),
        ("age in 3", 7, "("),
        ("1 < age < 3", 8, "and"),
        ("age > 1 vip", 8, "Join"),
        ('province = "x"', 11, "single quotes"),
        ("province = 'x", 11, "closed"),
        ("age ＞ 1", 4, "'>'"),
        ("province = ‘x’", 11, "single quotes"),
        ("age is 3", 7, "null"),
        ("age not 3", 4, "between"),
        ("age in segment vip", 4, "customers"),
        ("in segment 'vip'", 11, "name of a segment"),
        ("born > date '2026-02-30'", 12, "date '2026-01-31'"),
        ("age > 1234567890123456789", 6, "18"),
        ("age > 0.001 yuan", 6, "fen"),
        ("age > 10%", 8, "0.1"),
    ],
)
def test_what_is_no_condition_is_refused_at_its_character(text, offset, word):
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text)
    assert caught.value.offset == offset
    assert caught.value.code == "TL301"
    assert word in caught.value.message + caught.value.hint


@pytest.mark.parametrize("text", ["a" * 9000, "(" * 50 + "a" + ")" * 50, "not " * 50 + "a", "- " * 50 + "1", "1" + "+1" * 200])
def test_conditions_that_are_too_long_or_deep_are_refused(text):
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text)
    assert caught.value.code == "TL306"


@pytest.mark.parametrize(
    ("text", "code", "offset", "word"),
    [
        ("agee > 3", "TL203", 0, "Did you mean 'age'"),
        ("province = 浙江", "TL203", 11, "'浙江'"),
        ("in segment vipp", "TL201", 0, "Did you mean 'vip'"),
        ("dayssince(born) > 3", "TL204", 0, "days_since"),
        ("age > 'x'", "TL302", 6, "number"),
        ("age > '60'", "TL302", 6, "without quotes"),
        ("born > '2026-01-01'", "TL302", 7, "date '2026-01-01'"),
        ("born = seen", "TL302", 7, "days_since"),
        ("vip > true", "TL302", 4, "order"),
        ("province like 3", "TL302", 14, "text"),
        ("age in (1, 'x')", "TL302", 11, "text"),
        ("age between 1 and 'x'", "TL302", 18, "text"),
        ("age", "TL303", 0, "number"),
        ("province = 'a' or 'b'", "TL303", 18, "use 'in'"),
        ("not age", "TL303", 4, "number"),
        ("age = null", "TL304", 6, "is null"),
        ("days_since(born, seen) > 1", "TL305", 0, "one argument"),
        ("years_since(age) > 1", "TL305", 12, "date"),
        ("born + 1 > 2", "TL307", 0, "days_since(born)"),
        ("- province = 1", "TL307", 2, "text"),
    ],
)
def test_faults_are_typed_and_placed(text, code, offset, word):
    [fault] = check_expression(parse_expression(text), COLUMNS, {"vip"})
    assert (fault.code, fault.offset) == (code, offset)
    assert word in fault.message + fault.hint


def test_every_fault_is_found_at_once_in_the_order_of_the_text():
    faults = check_expression(parse_expression("agee > 3 and (vip > true or incom = 1)"), COLUMNS)
    assert [fault.code for fault in faults] == ["TL203", "TL302", "TL203"]


def test_unknown_types_go_with_everything():
    assert check_expression(parse_expression("other > 3 and other = 'x' and other and days_since(other) > 3"), COLUMNS) == []


def test_an_order_may_be_of_any_type_but_its_names_are_checked():
    tree, descending = parse_ordering("income * 2 desc")
    assert descending
    assert check_ordering(tree, COLUMNS) == []
    assert [fault.code for fault in check_ordering(parse_ordering("incme asc")[0], COLUMNS)] == ["TL203"]
    assert type_of(tree, COLUMNS) is ColumnType.DECIMAL


def test_names_and_segments_of_a_tree():
    tree = parse_expression("days_since(born) > 3 or (age in (income, 2) and in segment vip)")
    assert names_in(tree) == {"born", "age", "income"}
    assert segments_in(tree) == {"vip"}


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("BIGINT", ColumnType.INTEGER),
        ("decimal(9,2)", ColumnType.DECIMAL),
        ("TIMESTAMP", ColumnType.INSTANT),
        ("DATE", ColumnType.DATE),
        ("VARCHAR", ColumnType.TEXT),
        ("BOOLEAN", ColumnType.BOOLEAN),
        ("INTEGER[]", ColumnType.UNKNOWN),
        ("STRUCT(a INTEGER)", ColumnType.UNKNOWN),
        ("INTERVAL", ColumnType.UNKNOWN),
    ],
)
def test_sql_types_become_the_types_of_conditions(sql, kind):
    assert column_type(sql) is kind


def judge(condition, row, connection=None):
    """What DuckDB says of a condition about one of the rows."""
    sql = to_sql(parse_expression(condition) if isinstance(condition, str) else condition, exp.column, segment, COLUMNS)
    return run(sql, row, connection)


def segment(name):
    return exp.true() if name == "vip" else exp.false()


def run(sql, row, connection=None):
    own = connection or duckdb.connect()
    columns = "age BIGINT, income DECIMAL(18, 4), province VARCHAR, vip BOOLEAN, born DATE, seen TIMESTAMP, other VARCHAR"
    own.execute(f"CREATE OR REPLACE TABLE t ({columns})")
    own.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)", ROWS[row])
    parameters = {"as_of": datetime(2026, 11, 23, 8), "as_of_date": date(2026, 11, 23)}
    named = {name: parameters[name] for name in {node.name for node in sql.find_all(exp.Placeholder)}}
    return own.execute(exp.select(sql.copy()).from_("t").sql("duckdb"), named).fetchall()[0][0]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("age = 60 and income > 1 and vip", True),
        ("province in ('浙江', '江苏')", True),
        ("province like '浙%' and province not like '%x'", True),
        ("age between 60 and 60 and not age between 61 and 70", True),
        ("years_since(born) = 60", True),
        ("years_since(born) < 60", False),
        ("days_since(seen) = 2", True),
        ("days_since(born) > 21000", True),
        ("born < date '1970-01-01'", True),
        ("in segment vip and not in segment other", True),
        ("not (in segment vip)", False),
        ("age / 7 > 8.5", True),
        ("age - 10 - 5 = 45 and age - (10 - 5) = 55", True),
        ("- age = -60 and - -1 = 1", True),
        ("age / 0 > 1 or age / 0 <= 1", False),
        ("age * 999999999999999999 > 1", False),
        ("age is not null", True),
    ],
)
def test_conditions_mean_in_duckdb_what_they_say(text, answer):
    assert judge(text, "full") is answer


@pytest.mark.parametrize(
    "text",
    [
        "age > 1",
        "age <= 1",
        "not age > 1",
        "age != 1",
        "vip",
        "not vip",
        "age not in (1, 2)",
        "years_since(born) > 1",
        "not (province like 'x')",
    ],
)
def test_a_condition_on_a_missing_value_is_false(text):
    assert judge(text, "empty") is False


def test_a_missing_value_is_known_to_be_missing_and_does_not_spoil_an_or():
    assert judge("age is null", "empty") is True
    assert judge("age > 1 or in segment vip", "empty") is True


@pytest.mark.parametrize(
    ("born", "today", "years"),
    [
        (date(2000, 2, 29), date(2025, 2, 28), 24),
        (date(2000, 2, 29), date(2025, 3, 1), 25),
        (date(2000, 2, 29), date(2024, 2, 29), 24),
        (date(1966, 11, 24), date(2026, 11, 23), 59),
        (date(1966, 11, 23), date(2026, 11, 23), 60),
        (date(2027, 1, 1), date(2026, 11, 23), -1),
    ],
)
def test_years_are_whole_years_and_a_leap_day_is_reached_in_march(born, today, years):
    sql = value_to_sql(
        parse_expression("years_since(born)"), lambda name: exp.cast(exp.Literal.string(born.isoformat()), "DATE"), COLUMNS
    )
    assert duckdb.connect().execute(exp.select(sql).sql("duckdb"), {"as_of_date": today}).fetchall() == [(years,)]


def test_days_since_needs_a_type_and_an_order_no_segment():
    with pytest.raises(ValueError, match="type"):
        to_sql(parse_expression("days_since(born) > 3"), exp.column, segment)
    with pytest.raises(ValueError, match="segment"):
        value_to_sql(parse_expression("in segment vip"), exp.column)


def test_text_never_leaves_its_quotes():
    tree = parse_expression("province = '''; DROP TABLE t; --' or province like '\\'")
    assert check_expression(tree, COLUMNS) == []
    assert judge(tree, "full") is False


NUMBERS = st.one_of(
    st.integers(-(10**6), 10**6).map(Literal),
    st.decimals(-1000, 1000, places=2).map(lambda value: Literal(value + 0)),
    st.sampled_from(["age", "income"]).map(Name),
    st.sampled_from(["born", "seen"]).map(lambda name: Call("days_since", (Name(name),))),
)
TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5).map(Literal), st.just(Name("province"))
)
DATES = st.one_of(st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(Literal), st.just(Name("born")))


def _numbers(inner):
    return st.one_of(
        st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner), st.builds(Negative, inner.filter(_not_a_number))
    )


def _not_a_number(tree):
    return not isinstance(tree, Literal) or tree.value < 0


ANY_NUMBER = st.recursive(NUMBERS, _numbers, max_leaves=4)
SIGNS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
PAIRS = st.one_of(*(st.tuples(kind, kind) for kind in (ANY_NUMBER, TEXTS, DATES)))
TESTS = st.one_of(
    st.builds(lambda sign, pair: Comparison(sign, *pair), SIGNS, PAIRS),
    st.builds(
        lambda operand, options, no: In(operand, tuple(options), no),
        ANY_NUMBER,
        st.lists(ANY_NUMBER, min_size=1, max_size=3),
        st.booleans(),
    ),
    st.builds(Between, DATES, DATES, DATES, st.booleans()),
    st.builds(Like, TEXTS, st.sampled_from(["%", "浙_", "x%"]).map(Literal), st.booleans()),
    st.builds(IsNull, st.one_of(TEXTS, DATES, ANY_NUMBER), st.booleans()),
    st.builds(InSegment, st.sampled_from(["vip", "county"]), st.booleans()),
    st.just(Name("vip")),
)


def _joined(node):
    def build(operands):
        flat = [part for one in operands for part in (one.operands if isinstance(one, node) else [one])]
        return node(tuple(flat))

    return build


CONDITIONS = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(_joined(And)),
        st.lists(inner, min_size=2, max_size=3).map(_joined(Or)),
        st.builds(Not, inner),
    ),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(CONDITIONS)
def test_the_canonical_text_gives_the_same_tree(tree):
    assert parse_expression(format_expression(tree)) == tree


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as own:
        yield own


@settings(max_examples=120, deadline=None)
@given(CONDITIONS, st.sampled_from(sorted(ROWS)))
def test_every_sound_condition_runs_in_duckdb_and_is_true_or_false(connection, tree, row):
    assert check_expression(tree, COLUMNS) == []
    assert judge(tree, row, connection) in (True, False)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab1'()<>=!+-*/, .%\nandorti", max_size=40))
def test_no_text_makes_the_parser_fail_in_another_way(text):
    try:
        tree = parse_expression(text)
    except ExpressionError as error:
        offset, tree = error.offset, None
    if tree is None:
        assert 0 <= offset <= len(text)
    else:
        assert parse_expression(format_expression(tree)) == tree
        check_expression(tree, COLUMNS)
