"""Journey maps: what is in them, that they are well formed, and that nothing lies on anything else."""

import json
import re
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest

from tonglu.render.icons import family_of, icon
from tonglu.render.journey_map import BOX_HEIGHT, BOX_WIDTH, draw_journey, links
from tonglu.render.published import Passage, Step
from tonglu.render.svg import standalone
from tonglu.steps import step_kinds

SVG = "{http://www.w3.org/2000/svg}"


def journey(*rows):
    """Rows of (step, kind, label, next, otherwise, branches)."""
    full = [(*row, *[None] * (6 - len(row))) for row in rows]
    return [
        Step("j", number, step, kind, label, after, otherwise, json.dumps(branches) if branches else None)
        for number, (step, kind, label, after, otherwise, branches) in enumerate(full)
    ]


LOOP = journey(
    ("greet", "touch", "欢迎", "seen"),
    ("seen", "wait_for", "登录手机银行", "which", "call"),
    ("which", "branch", "按年龄", None, "plain", [{"to": "gentle", "label": "age >= 60"}, {"to": "plain", "label": "否则"}]),
    ("gentle", "touch", "慢一点的介绍", "again"),
    ("plain", "touch", "普通介绍", "again"),
    ("call", "task", "客户经理致电", "again", "lost"),
    ("again", "wait", "7 天", "greet"),
    ("lost", "end", "无法触达"),
)


def thirty():
    rows = [(f"s{n}", "touch" if n % 3 else "wait", f"第 {n} 步：提醒客户查看产品", f"s{n + 1}") for n in range(29)]
    rows[4] = ("s4", "wait_for", "等候登录", "s5", "s9")
    rows[10] = ("s10", "branch", "判断", None, "s11", [{"to": f"s{n}", "label": f"条件 {n}"} for n in (12, 14, 17)])
    rows[20] = ("s20", "task", "面访", "s21", "s13")
    return journey(*rows, ("s29", "end", "结束"))


def parsed(drawing):
    return ET.fromstring(drawing)


def test_every_arrow_of_the_journey_is_linked_once_with_its_label():
    assert {(link.start, link.end): (link.label, link.aside) for link in links(LOOP)} == {
        ("greet", "seen"): ("", False),
        ("seen", "which"): ("", False),
        ("seen", "call"): ("超时", True),
        ("which", "gentle"): ("age >= 60", False),
        ("which", "plain"): ("否则", True),
        ("gentle", "again"): ("", False),
        ("plain", "again"): ("", False),
        ("call", "again"): ("", False),
        ("call", "lost"): ("否则", True),
        ("again", "greet"): ("", False),
    }


def test_two_ways_to_the_same_step_become_one_arrow():
    steps = journey(("a", "wait_for", "登录", "b", "b"), ("b", "end", "完"))
    assert [(link.label, link.aside) for link in links(steps)] == [("超时", False)]


def test_targets_that_no_step_has_and_loops_on_one_step_are_left_out():
    assert links(journey(("a", "go", "转", "nowhere", "a"))) == []


@pytest.mark.parametrize("steps", [LOOP, thirty(), journey(("only", "end", None)), []], ids=["loop", "thirty", "one", "none"])
def test_a_map_is_well_formed_named_and_the_same_every_time(steps):
    drawing = draw_journey("旅程", steps)
    root = parsed(drawing)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text.startswith("旅程")
    assert draw_journey("旅程", steps) == drawing
    assert "nan" not in drawing
    assert "inf" not in drawing


@pytest.mark.parametrize("steps", [LOOP, thirty()], ids=["loop", "thirty"])
def test_boxes_lie_inside_the_drawing_and_apart_from_each_other(steps):
    root = parsed(draw_journey("旅程", steps))
    width, height = float(root.get("width")), float(root.get("height"))
    corners = []
    for group in root.findall(f"{SVG}g"):
        for shape in group:
            if shape.get("class") == "box":
                if shape.tag == f"{SVG}rect":
                    corners.append((float(shape.get("x")), float(shape.get("y"))))
                else:
                    x, y = re.match(r"M([\d.]+) ([\d.]+)", shape.get("d")).groups()
                    corners.append((float(x) - 12, float(y)))
    assert len(corners) == len(steps)
    assert all(0 <= x <= width - BOX_WIDTH and 0 <= y <= height - BOX_HEIGHT for x, y in corners)
    for (x, y), (u, v) in combinations(corners, 2):
        assert abs(x - u) >= BOX_WIDTH or abs(y - v) >= BOX_HEIGHT


def test_labels_do_not_cover_each_other():
    root = parsed(draw_journey("旅程", thirty()))
    tags = [rect for rect in root.iter(f"{SVG}rect") if rect.get("class") == "tag"]
    assert len(tags) == 6
    for a, b in combinations(tags, 2):
        apart = abs(float(a.get("y")) - float(b.get("y"))) >= 16
        left, right = sorted((a, b), key=lambda rect: float(rect.get("x")))
        assert apart or float(left.get("x")) + float(left.get("width")) <= float(right.get("x"))


def test_ways_back_are_drawn_aside_in_their_own_colour():
    root = parsed(draw_journey("旅程", LOOP))
    back = [path for path in root.iter(f"{SVG}path") if "back" in (path.get("class") or "").split()]
    assert [path.get("class") for path in back] == ["edge back", "head back"]


def test_counts_stand_in_the_boxes_and_in_their_names():
    funnel = [Passage("j", 1, 0, "greet", "touch", 12345, 678, 0, 90)]
    texts = [node.text for node in parsed(draw_journey("旅程", LOOP, funnel)).iter() if node.text]
    assert "12,345" in texts
    assert "停留 678" in texts
    assert any("arrived 12,345" in text and "control 90" in text for text in texts)


def test_labels_are_escaped():
    hostile = journey(("a", "touch", '<script>alert("1")</script>&\x00', None))
    drawing = draw_journey("<b>", hostile)
    assert "<script" not in drawing
    assert parsed(drawing).find(f"{SVG}title").text.startswith("<b>")


def test_a_map_can_stand_alone_with_its_style():
    root = parsed(standalone(draw_journey("旅程", LOOP)))
    assert "prefers-color-scheme: dark" in root.find(f"{SVG}style").text


def test_every_step_kind_has_an_icon_of_its_own():
    icons = {kind: icon(kind, 0, 0) for kind in step_kinds()}
    assert len(set(icons.values())) == len(icons)
    assert icon("unheard_of", 0, 0) not in icons.values()
    assert family_of("unheard_of") == "wait"
