"""Repairs of what is certainly a slip: of names, and of signs in conditions; the text around them stays as it is."""

import pytest

from tonglu.app.repair import fixed
from tonglu.core.errors import Finding, Fix, Place, nearest
from tonglu.language.expression import parse_expression, parse_ordering
from tonglu.language.expression_repairs import repaired
from tonglu.language.repairs import line_fix, name_fix, value_fix
from tonglu.language.yamlfile import parse_yaml


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("incme", ["income", "age"], "income"),
        ("icnome", ["income"], "income"),
        ("inncome", ["income"], "income"),
        ("Income", ["income"], "income"),
        ("total_balanse", ["total_balance"], "total_balance"),
        ("totalbalance", ["total_balance"], "total_balance"),
        ("app_psh", ["app_push", "sms"], "app_push"),
        ("ende", ["end", "touch"], "end"),
        ("incm", ["income"], None),  # two letters are no slip
        ("incomes", ["income", "incomess"], None),  # two are as near
        ("lapsed_03", ["lapsed_30"], None),  # digits say how much
        ("lapsed_30", ["lapsed_3"], None),
        ("plan_a", ["plan_b"], None),
        ("sns", ["sms"], None),
        ("amount_min", ["amount_max"], None),
        ("income", ["income"], None),
        ("income", [], None),
    ],
)
def test_a_slip_of_the_hand_has_one_word_that_was_meant(word, known, meant):
    assert nearest(word, known) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("age ＞ 3", "age > 3"),
        ("age ＞＝ ３０", "age >= 30"),
        ("age ！＝ 3", "age != 3"),
        ("city == '上海'", "city = '上海'"),
        ("a ＝＝ 1 && b = 2 || c", "a = 1 and b = 2 or c"),
        ('city = "上海"', "city = '上海'"),
        ("city = “上海，北京（旧）”", "city = '上海，北京（旧）'"),
        ("city in （'a'，\"b\"，“c”）", "city in ('a','b','c')"),
        ("name like “王%”", "name like '王%'"),
        ("a = '＞＝' and b ＞ 1", "a = '＞＝' and b > 1"),
        ("a = 'x == \"y\"' and b == 1", "a = 'x == \"y\"' and b = 1"),
    ],
)
def test_signs_of_another_keyboard_and_language_become_those_of_conditions(written, meant):
    assert repaired(written, parse_expression) == meant


@pytest.mark.parametrize(
    "written",
    [
        "\"province\" = '浙江'",  # it may be a name
        "“province” = '浙江'",
        'city = "it\'s"',
        "city = “上海",
        "age ≥ 3",
        "(age ＞ 3",
        "age ；",
        "age >",
        "a, b",
    ],
)
def test_what_may_be_meant_in_two_ways_or_cannot_be_read_afterwards_is_left(written):
    assert repaired(written, parse_expression) is None


def test_an_order_is_repaired_as_an_order():
    assert repaired("income ＊ 2 desc", parse_ordering) == "income * 2 desc"


def test_a_condition_of_many_quotes_is_looked_through_at_once():
    assert repaired("city in (" + "'a''b' " * 1100, parse_expression) is None


def replaced(text, fix):
    after, made = fixed(text, [Finding("TL000", "", fix.place, fix=fix)])
    assert len(made) == 1
    return after


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("when: age == 3 # 岁\nx: 1\n", "when: age = 3 # 岁\nx: 1\n"),
        ('when: "city == “上海”"   # c\n', "when: \"city = '上海'\"   # c\n"),
        ('when: "city = \\"上海\\""\n', "when: \"city = '上海'\"\n"),
        ("when: 'city == “上海”'\n", "when: 'city = ''上海'''\n"),
        ("{when: age ＞ 3, x: 1}\n", "{when: age > 3, x: 1}\n"),
        ("{when: city in （“a”，“b”）, x: 1}\n", "{when: \"city in ('a','b')\", x: 1}\n"),
        ("when: >\n  city == “上海”\n  and age ＞ 3\nx: 1\n", "when: >\n  city = '上海'\n  and age > 3\nx: 1\n"),
        ("when: |\n  a == 1\nx: 1\n", "when: |\n  a = 1\nx: 1\n"),
        ("when: a == 1\n  and b == 2\n", "when: a = 1\n  and b = 2\n"),
    ],
)
def test_a_value_is_written_in_the_style_that_it_had(text, after):
    file = parse_yaml(text, "x.yaml")
    fix = value_fix(file, ("when",), repaired(file.at(("when",)), parse_expression))
    assert replaced(text, fix) == after


def test_a_name_is_changed_where_it_stands_once_and_nowhere_else():
    text = "exit: {segment: payrol_new} # payrol_new\nenter:\n  - a: payrol_new\n  - payrol_new\nlistt: 1\n"
    file = parse_yaml(text, "x.yaml")
    known = ["payroll_new", "list"]
    assert name_fix(file, ("exit", "segment"), "payrol_new", known) == Fix(Place("x.yaml", 1, 17), "payrol_new", "payroll_new")
    assert name_fix(file, ("enter",), "payrol_new", known) is None
    assert name_fix(file, ("listt",), "listt", known, key=True) == Fix(Place("x.yaml", 5, 1), "listt", "list")
    assert name_fix(file, ("nowhere",), "payrol_new", known) is None


def test_a_word_of_sql_is_changed_at_its_place_with_its_capitals_but_not_in_quotes():
    text = 'SELECT Incme, "incme" FROM t'
    assert line_fix(text, Place("a.sql", 1, 8), "incme", "income") == Fix(Place("a.sql", 1, 8), "Incme", "income")
    assert line_fix(text, Place("a.sql", 1, 15), "incme", "income") is None
    assert line_fix(text, Place("a.sql", 7, 1), "incme", "income") is None


def test_fixes_of_one_file_are_made_together_and_keep_its_first_bytes_and_line_ends():
    fixes = [Fix(Place("a", 1, 4), "cc", "C"), Fix(Place("a", 2, 1), "d", "DDD"), Fix(Place("a", 1, 1), "aa", "")]
    after, made = fixed("\ufeffaa cc\r\nd\r\n", [Finding("TL000", "", fix.place, fix=fix) for fix in fixes])
    assert (after, len(made)) == ("\ufeff C\r\nDDD\r\n", 3)


def test_a_fix_whose_old_text_is_gone_or_that_touches_another_is_left_out():
    fixes = [Fix(Place("a", 1, 1), "ab", "x"), Fix(Place("a", 1, 2), "bc", "y"), Fix(Place("a", 1, 3), "zz", "w")]
    fixes.append(Fix(Place("a", 9, 1), "a", "b"))
    after, made = fixed("abc", [Finding("TL000", "", fix.place, fix=fix) for fix in fixes])
    assert (after, [one.fix for one in made]) == ("xc", fixes[:1])
