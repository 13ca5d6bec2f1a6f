"""Charts: well formed, true to their numbers, calm about nothing."""

import xml.etree.ElementTree as ET
from datetime import date
from itertools import pairwise

import pytest

from tonglu.render import charts
from tonglu.render.scale import Scale, at_least_zero, percent, points, round_step, signed, spanning
from tonglu.render.svg import shorten, text, width_of, wrap

SVG = "{http://www.w3.org/2000/svg}"
ROWS = [
    charts.Measured("代发 <新客>", "opened · 9,120 / 1,013", 0.0204, 0.0099, 0.0309, 0.0225),
    charts.Measured("有害", "opened", -0.02, -0.03, -0.01),
    charts.Measured("不明", "opened", 0.001, -0.01, 0.012, 0.05),
    charts.Measured("太早", "opened", None, None, None, None, "nobody treated yet"),
]


def texts(drawing):
    return ["".join(node.itertext()) for node in ET.fromstring(drawing).iter(f"{SVG}text")]


def shapes(drawing, tag, style):
    return [node for node in ET.fromstring(drawing).iter(f"{SVG}{tag}") if style in (node.get("class") or "").split()]


def test_a_lift_is_coloured_by_where_its_interval_lies():
    drawing = charts.lift_chart(ROWS)
    assert [node.get("class") for node in ET.fromstring(drawing).iter(f"{SVG}circle")] == ["good", "bad", "neutral"]
    assert len(shapes(drawing, "path", "truth")) == 2


def test_a_lift_is_written_in_points_and_a_withheld_one_with_its_reason():
    written = texts(charts.lift_chart(ROWS))
    assert {"+2.04", "[+0.99, +3.09]", "+2.25", "−2.00"} <= set(written)
    assert any("nobody treated yet" in line for line in written)
    assert any("withheld" in line for line in written)


def test_touches_are_stacked_to_their_sum():
    days = {date(2026, 10, 1): {"clicked": 30, "failed": 10}, date(2026, 10, 3): {"clicked": 60}}
    drawing = charts.touch_chart(days, {"clicked": "点击", "opened": "打开", "failed": "失败"})
    first, second = [rect for rect in shapes(drawing, "rect", "clicked") if rect.get("rx") is None]
    assert float(second.get("height")) == pytest.approx(2 * float(first.get("height")), abs=0.2)
    (failed,) = [rect for rect in shapes(drawing, "rect", "failed") if rect.get("rx") is None]
    assert float(failed.get("y")) + float(failed.get("height")) == pytest.approx(float(first.get("y")), abs=0.2)
    assert "打开" not in texts(drawing)


def test_reasons_show_count_and_share():
    written = texts(
        charts.reason_chart([charts.Bar("已发送", "sent", 900, "sent"), charts.Bar("退订", "opted out", 100, "dropped")])
    )
    assert {"900", "90.0%", "100", "10.0%"} <= set(written)


def test_a_funnel_shows_who_came_and_who_rests():
    drawing = charts.funnel_chart([charts.Passed("欢迎", 1000, 100), charts.Passed("登录", 500, 0)])
    assert "500 50%".replace(" ", "") in [line.replace(" ", "") for line in texts(drawing)]
    widths = [float(rect.get("width")) for rect in shapes(drawing, "rect", "passed")]
    assert widths[0] / widths[1] == pytest.approx(1.8, abs=0.01)


def test_arms_end_in_their_last_probability():
    drawing = charts.arm_chart({"warm": [(1, 0.5), (2, 0.8)], "plain": [(1, 0.5), (2, 0.2)]})
    assert {"warm 80%", "plain 20%"} <= set(texts(drawing))


def test_names_of_arms_that_end_together_do_not_cover_each_other():
    drawing = charts.arm_chart({name: [(1, 0.25)] for name in "abcd"})
    places = sorted(float(node.get("y")) for node in shapes(drawing, "text", "series"))
    assert all(below - above >= 13.9 for above, below in pairwise(places))


@pytest.mark.parametrize(
    "drawing",
    [
        charts.lift_chart([]),
        charts.lift_chart([ROWS[3]]),
        charts.arm_chart({}),
        charts.arm_chart({"one": []}),
        charts.touch_chart({}, {"clicked": "点击"}),
        charts.touch_chart({date(2026, 1, 1): {}}, {"clicked": "点击"}),
        charts.reason_chart([]),
        charts.funnel_chart([]),
        charts.funnel_chart([charts.Passed("a", 0, 0)]),
        charts.trend_line([], "t"),
        charts.trend_line([5], "t"),
        charts.trend_line([3, 3, 3], "t"),
    ],
)
def test_charts_of_next_to_nothing_are_still_charts(drawing):
    root = ET.fromstring(drawing)
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text
    assert "nan" not in drawing


def test_ticks_are_round_and_inside():
    assert Scale((-0.021, 0.055), (0, 100)).ticks(4) == pytest.approx([-0.02, 0.0, 0.02, 0.04])
    assert [round_step(rough) for rough in (0.03, 1.0, 1.1, 4.0, 7.0, 0.0)] == pytest.approx([0.05, 1, 2, 5, 10, 1])
    assert at_least_zero(1930) == (0.0, 2000.0)
    low, high = spanning([0.01, float("inf")], least=0.002)
    assert low < 0 < 0.01 < high


def test_numbers_are_written_for_people():
    assert (points(0.02043), points(-0.0007), points(0.0), points(-1e-9), points(None)) == ("+2.04", "−0.07", "0.00", "0.00", "–")
    assert (percent(0.5), percent(0.00001, 1), percent(0.0), percent(0.123, 1)) == ("50%", "<0.1%", "0%", "12.3%")
    assert signed(-1234.5) == "−1,234.50"


def test_text_is_wrapped_by_width_and_balanced():
    assert wrap("提醒开通手机银行", 10, 70, 2) == ["提醒开通", "手机银行"]
    assert wrap("open the mobile bank", 10, 60, 3) == ["open the", "mobile bank"]
    assert wrap("一二三，四五", 10, 30, 2) == ["一二三，", "四五"]
    cut = wrap("一二三四五六七八九十", 10, 40, 2)
    assert len(cut) == 2
    assert cut[1].endswith("…")


def test_text_is_cut_and_escaped():
    assert shorten("短", 10, 50) == "短"
    assert width_of(shorten("很长很长很长的标题", 10, 50), 10) <= 50
    assert text('<a href="x">\x07') == "&lt;a href=&quot;x&quot;&gt;"
