"""Templates: what a message may say, and what nobody gets it to do."""

import random
from datetime import date
from types import SimpleNamespace

import pytest

from tonglu.core.errors import InputError
from tonglu.language.template import LONGEST_TEMPLATE, flaws_of, least_length, render, variables_of


def codes(template):
    return [flaw.code for flaw in flaws_of(template)]


@pytest.mark.parametrize(
    ("template", "variables", "text"),
    [
        ("{{ surname }}，您的工资到账啦", {"surname": "王"}, "王，您的工资到账啦"),
        ("{{ amount | yuan }}元", {"amount": 123450}, "1,234.50元"),
        ("{{ amount | yuan }}", {"amount": -5}, "-0.05"),
        ("{{ day | date }}", {"day": "2026-11-23T02:00:00"}, "2026-11-23"),
        ("{{ day | date('%m-%d') }}", {"day": date(2026, 11, 23)}, "11-23"),
        ("{{ phone | masked }}", {"phone": "13812341234"}, "138****1234"),
        ("{{ name | masked }}", {"name": "王小明"}, "王**"),
        ("{{ long | truncate(3) }}", {"long": "一二三四五"}, "一二…"),
        ("{{ surname | default('客户') }}", {}, "客户"),
        ("{{ surname | default('客户') }}", {"surname": None}, "客户"),
        ("{% if age >= 60 and not rich %}敬老{% else %}你好{% endif %}", {"age": 61, "rich": False}, "敬老"),
        ("{{ '您' if vip else '你' }}", {"vip": True}, "您"),
        ("{{ home.city }}", {"home": {"city": "杭州"}}, "杭州"),
        ("<b>{{ a }}</b>", {"a": "<&>"}, "<b><&></b>"),
    ],
)
def test_a_template_says_what_it_should(template, variables, text):
    assert render(template, variables) == text


@pytest.mark.parametrize("condition", ["age > 60", "age < 60", "age == 60", "age != 60", "age", "home.city == '杭州'"])
def test_a_condition_on_a_missing_value_is_false(condition):
    template = "{% if " + condition + " %}yes{% else %}no{% endif %}"
    assert render(template, {"home": {}}) == "no"
    assert render(template, {"age": None, "home": {"city": None}}) == "no"


@pytest.mark.parametrize(
    "template", ["{{ surname }}", "{{ surname | yuan }}", "{{ surname | truncate(3) }}", "{{ surname | date }}"]
)
def test_a_missing_variable_is_never_written_out(template):
    for variables in ({}, {"surname": None}):
        with pytest.raises(InputError, match="surname"):
            render(template, variables)


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ x.__class__ }}",
        "{{ _private }}",
        "{{ x['__class__'] }}",
        "{{ x[0] }}",
        "{{ x() }}",
        "{{ range(9) }}",
        "{{ x.format(1) }}",
        "{{ x | attr('__class__') }}",
        "{{ x | format(1) }}",
        "{{ x | center(1000000000) }}",
        "{{ x | map('upper') }}",
        "{{ 'x' * 1000000000 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ 1 + 1 }}",
        "{{ x ~ x }}",
        "{% for a in x %}{{ a }}{% endfor %}",
        "{% set a = 1 %}",
        "{% macro m() %}{% endmacro %}",
        "{% include 'x' %}",
        "{% extends 'x' %}",
        "{% import 'x' as y %}",
        "{% block a %}{% endblock %}",
        "{% call x() %}{% endcall %}",
        "{% filter truncate(2) %}x{% endfilter %}",
        "{% do x %}",
        "{% with a = 1 %}{% endwith %}",
        "{{ x is defined }}",
        "{{ x in 'abc' }}",
        "{{ [1, 2] }}",
        "{{ {'a': 1} }}",
        "{{ x | truncate(x) }}",
        "{{ x | truncate(length=2) }}",
        "{{ x | truncate(*x) }}",
        "{{ lipsum }}{{ self.__init__ }}",
        "{{",
        "{% if x %}",
    ],
)
def test_an_attack_is_refused_before_anything_is_compiled(attack):
    assert codes(attack)
    with pytest.raises(InputError):
        render(attack, {"x": "a"})
    with pytest.raises(InputError):
        variables_of(attack)


def test_jinjas_own_globals_are_not_there():
    for name in ("lipsum", "cycler", "namespace", "self", "loop"):
        with pytest.raises(InputError):
            render("{{ " + name + ".x }}", {})


def test_attributes_reach_keys_of_plain_dicts_and_nothing_else():
    for attribute in ("items", "get", "format", "upper"):
        with pytest.raises(InputError):
            render("{{ x." + attribute + " }}", {"x": {"a": "b"}})
        with pytest.raises(InputError):
            render("{{ x." + attribute + " }}", {"x": "text"})


@pytest.mark.parametrize("value", [SimpleNamespace(a=1), [1], print, {"deep": [1]}])
def test_a_variable_that_is_no_plain_value_is_refused(value):
    with pytest.raises(InputError) as caught:
        render("{{ x }}", {"x": value})
    assert [finding.code for finding in caught.value.findings] == ["TL606"]


@pytest.mark.parametrize(
    "template",
    [
        "x" * (LONGEST_TEMPLATE + 1),
        "{{ " + "not " * 4000 + "x }}",
        "{% if x %}" * 300 + "{% endif %}" * 300,
        "{{ " + "(" * 3000 + "x" + ")" * 3000 + " }}",
        "{{ x" + ".y" * 3000 + " }}",
    ],
)
def test_size_and_depth_are_bounded(template):
    assert codes(template) == ["TL601"]


def test_a_text_longer_than_the_bound_is_refused():
    with pytest.raises(InputError, match="TL607"):
        render("{{ x }}", {"x": "y" * 20_000})


def test_every_flaw_is_found_at_once_each_on_its_line():
    flaws = flaws_of("您好\n{{ a() }}\n{{ b | nope }}\n{% for c in d %}{% endfor %}")
    assert [flaw.line for flaw in flaws] == [2, 3, 4]
    assert [flaw.code for flaw in flaws] == ["TL603", "TL604", "TL603"]


def test_errors_name_variables_and_never_their_values():
    with pytest.raises(InputError) as caught:
        render("{{ phone | yuan }}", {"phone": "13812341234"})
    assert "1381234" not in str(caught.value)
    with pytest.raises(InputError) as caught:
        render("{{ phone.area }}", {"phone": "13812341234"})
    assert "1381234" not in str(caught.value)


def test_the_variables_of_a_template_are_its_root_names():
    assert variables_of("{{ a.b | default('x') }}{% if c == 1 %}{{ d }}{% endif %}") == {"a", "c", "d"}


def test_the_least_length_leaves_out_what_may_not_be_written():
    assert least_length("一二{{ a }}三{% if b %}四五六{% endif %}") == 3


def test_random_noise_is_refused_or_rendered():
    rng = random.Random(20261123)  # a failure prints its own template
    pieces = [
        "{{ ",
        " }}",
        "{% if ",
        " %}",
        "{% endif %}",
        "x",
        "y.z",
        " | ",
        "truncate(2)",
        "(",
        ")",
        "*",
        "'a'",
        "1",
        " not ",
        "__",
        "\n",
    ]
    for _ in range(2_000):
        template = "".join(rng.choices(pieces, k=rng.randint(1, 12)))
        try:
            assert isinstance(render(template, {"x": "a", "y": {"z": 1}}), str), template
        except InputError:
            continue
