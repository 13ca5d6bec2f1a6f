"""Lift over time, Qini and calibration as drawings; what they are drawn from."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tonglu.render import curves, evidence
from tonglu.render.measures import Looked, StratumLook, Worth
from tonglu.render.published import Lift

SVG = "{http://www.w3.org/2000/svg}"
DAY = date(2026, 10, 1)


def drawn(drawing, tag, style):
    return [node for node in ET.fromstring(drawing).iter(f"{SVG}{tag}") if style in (node.get("class") or "").split()]


def said(drawing):
    return ET.fromstring(drawing).find(f"{SVG}desc").text


def looks(*rows):
    return [curves.Look(DAY + timedelta(days=number), *row) for number, row in enumerate(rows)]


def test_the_band_is_pale_where_it_holds_for_one_look_and_broken_where_nothing_is_shown():
    rows = looks(
        (0.01, -0.05, 0.07, False), (0.02, -0.03, 0.06, False), (None, None, None, False), (0.03, 0.01, 0.05, True), (0.03, 0.02, 0.04, True)
    )  # fmt: skip
    drawing = curves.lift_curve(rows, "t <1>", truth=0.025)
    assert len(drawn(drawing, "path", "once")) == len(drawn(drawing, "path", "sure")) == 1
    assert len(drawn(drawing, "path", "s1")) == 2
    assert len(drawn(drawing, "path", "true")) == 1
    assert "4 looks from 2026-10-01 to 2026-10-05; last +3.00 percentage points, 95% interval +2.00 to +4.00" in said(drawing)
    assert said(drawing).endswith("enough conversions")


def test_bands_of_two_kinds_touch():
    drawing = curves.lift_curve(looks((0.01, -0.05, 0.07, False), (0.02, -0.03, 0.06, True), (0.02, 0.0, 0.04, True)), "t")
    [pale], [sure] = drawn(drawing, "path", "once"), drawn(drawing, "path", "sure")
    assert pale.get("d").count("L") == 3
    assert sure.get("d").count("L") == 3
    assert pale.get("d").split("L")[1] == sure.get("d")[1:].split("L")[0]


def test_one_look_and_none_are_drawn_too():
    assert drawn(curves.lift_curve(looks((0.01, -0.05, 0.07, True)), "t"), "path", "sure")
    assert "nothing yet" in curves.lift_curve(looks((None, None, None, False)), "t")
    assert "nothing yet" in curves.qini_chart([(0.0, 0.0)], [], "t", "")
    assert "nothing yet" in curves.calibration_chart([], "t")


def test_intervals_of_the_first_days_do_not_make_the_later_ones_flat():
    rows = looks(*[(0.01, -0.9, 0.9, False)] * 3, *[(0.01, 0.0, 0.02, True)] * 5)
    [sure] = drawn(curves.lift_curve(rows, "t"), "path", "sure")
    heights = [float(dot.split()[1]) for dot in sure.get("d").strip("Mz").split("L")]
    assert max(heights) - min(heights) > 100


def test_a_qini_curve_begins_and_ends_on_the_straight_line():
    drawing = curves.qini_chart([(0.0, 0.0), (100.0, 30.0), (300.0, 36.0)], ["young", "old & wise"], "Qini", "two strata")
    [line], [even] = drawn(drawing, "path", "s1"), drawn(drawing, "path", "even")
    dots = line.get("d")[1:].split("L")
    assert even.get("d")[1:].split("L") == [dots[0], dots[-1]]
    assert said(drawing) == "two strata"


def test_a_prediction_is_coloured_by_whether_its_interval_holds_it():
    spots = [
        curves.Spot("a", 0.02, 0.03, 0.01, 0.05),
        curves.Spot("b", 0.02, 0.05, 0.03, 0.07),
        curves.Spot("c", 0.04, 0.01, -0.01, 0.03),
    ]
    assert [len(drawn(curves.calibration_chart(spots, "t"), "circle", tone)) for tone in ("neutral", "good", "bad")] == [1, 1, 1]


def lift(journey, p_value, role="primary", shown=0.02):
    return Lift(
        journey,
        "g",
        9,
        9,
        9,
        9,
        1,
        1,
        0.1,
        0.1,
        shown,
        shown and shown - 0.01,
        shown and shown + 0.01,
        None,
        None,
        None,
        "m",
        role,
        None,
        None,
        p_value,
    )


def test_a_lift_without_a_lasting_p_value_counts_as_no_evidence_and_a_guardrail_not_at_all():
    found = evidence.discoveries(
        [lift("a", 0.01), lift("b", None), lift("c", 0.04), lift("d", 0.0001, "guardrail"), lift("e", None, shown=None)]
    )
    assert found == {("a", "g"): pytest.approx(0.03), ("b", "g"): 1.0, ("c", "g"): pytest.approx(0.06)}


def looked(run_no, n_t, n_c, y_t, y_c, journey="j"):
    return Looked(run_no, datetime(2026, 10, run_no, tzinfo=UTC), journey, "g", n_t, n_c, y_t, y_c, 0.1, 0.0, 0.2, None)


def test_a_prediction_is_held_against_those_who_matured_after_it():
    rows = [looked(1, 100, 100, 10, 10), looked(2, 500, 500, 50, 40), looked(3, 1000, 1000, 150, 80)]
    worths = [Worth(1, "j", 0.02, 9.0, "prior"), Worth(2, "j", 0.03, 9.0, "lift, lower bound"), Worth(3, "j", 0.9, 9.0, "later")]
    [spot] = evidence.predictions(rows, worths, {"j": "旅程"})
    assert (spot.name, spot.predicted) == ("旅程 (lift, lower bound)", 0.03)
    assert spot.came == pytest.approx((150 - 50) / 500 - (80 - 40) / 500)
    assert spot.low < spot.came < spot.high
    assert evidence.predictions(rows[:1], worths, {}) == []
    assert evidence.predictions([looked(1, 100, 100, 10, 10), looked(2, 300, 300, 20, 20)], worths, {}) == []


def stratum(run_no, name, n, y_t, y_c, shrunk):
    return StratumLook(run_no, "j", "g", name, n, n, y_t, y_c, shrunk)


def test_a_ranking_keeps_the_order_of_its_run_however_the_later_half_came_out():
    rows = [
        stratum(1, "a", 100, 20, 5, 0.1),
        stratum(1, "b", 100, 5, 5, 0.02),
        stratum(2, "a", 200, 25, 25, 0.0),
        stratum(2, "b", 200, 45, 10, 0.2),
    ]
    [found] = evidence.rankings(rows)
    assert (found.run_no, found.strata, found.conversions) == (1, ("a", "b"), 70)
    assert found.coefficient < 0
    assert evidence.rankings([replace(row, shrunk=None) for row in rows]) == []
    assert evidence.rankings([replace(row, shrunk=0.05) for row in rows]) == []
    assert evidence.rankings([replace(row, n_treated=200, n_control=200) for row in rows]) == []


def test_late_facts_that_take_conversions_back_leave_the_picture_out():
    rows = [
        stratum(1, "a", 100, 20, 5, 0.1),
        stratum(1, "b", 100, 50, 5, 0.02),
        stratum(2, "a", 200, 60, 25, 0.0),
        stratum(2, "b", 200, 45, 10, 0.2),
    ]
    assert evidence.rankings(rows) == []
