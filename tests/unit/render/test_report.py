"""The report: complete, self-contained, without personal data, and whole or not there."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from tonglu.render.facts import gather, notices, touches_by_day, withheld_because
from tonglu.render.report import report_page, write_report

VOID = {"meta", "br", "line", "path", "rect", "circle"}


class Outline(HTMLParser):
    """Checks that tags close in order, and keeps the visible text."""

    def __init__(self):
        super().__init__()
        self.open, self.words = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data.strip())


def outline(page):
    reader = Outline()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return " ".join(word for word in reader.words if word)


def test_an_empty_bank_gives_a_calm_page(empty):
    words = outline(report_page(empty, None, "报告"))
    assert "还没有运行" in words
    assert "nothing needs attention" in words
    assert "synthetic truth" not in words


def test_the_page_shows_runs_lift_truth_reasons_and_arms(published):
    words = outline(report_page(published, {"payroll": 0.0512}, "报告"))
    for expected in (
        "2026-10-02 09:00",
        "1,240",
        "+7.20",
        "[+4.10, +9.80]",
        "+5.12",
        "synthetic truth",
        "85.0%",
        "1,234",
        "客户经理" * 0,
    ):
        assert expected in words
    assert "no window has passed yet" in words
    assert "full moon" in words


def test_only_the_newest_version_is_drawn_and_counted(published):
    page = report_page(published, None, "报告")
    assert "旧版本的步骤" not in page
    assert "旧标题" not in page
    facts = gather(published)
    assert [row.step for row in facts.funnel] == ["greet", "seen", "done"]
    assert (facts.funnel[0].arrived, facts.funnel[0].ghosts) == (1000, 110)
    payroll = next(row for row in facts.journeys if row.journey == "payroll")
    assert (payroll.versions, payroll.treated, payroll.control, payroll.resting) == (2, 1, 2, 2)


def test_the_newest_lift_of_each_goal_is_shown(published):
    lifts = {lift.journey: lift for lift in gather(published).lifts if lift.role == "primary"}
    assert lifts["payroll"].lift == pytest.approx(0.072)
    assert lifts["pension"].withheld


def test_names_from_definitions_are_escaped(published):
    page = report_page(published, None, "<img src=x>")
    assert "<新客>" not in page
    assert "<b>客户</b>" not in page
    assert "<img" not in page


def test_the_page_needs_nothing_else_and_runs_nothing(published):
    page = report_page(published, None, "报告")
    assert "<script" not in page
    assert "src=" not in page
    assert "url(" not in page
    assert page.count("http://") == page.count('xmlns="http://www.w3.org/2000/svg"')
    assert "default-src 'none'" in page


def test_no_customer_can_be_found_in_it(published):
    page = report_page(published, None, "报告")
    assert "88000" not in page


def test_the_same_views_give_the_same_bytes(published):
    assert report_page(published, {"payroll": 0.05}, "报告") == report_page(published, {"payroll": 0.05}, "报告")


def test_drawings_inside_the_page_are_well_formed(published):
    page = report_page(published, None, "报告")
    drawings = [part.split("</svg>")[0] for part in page.split("<svg")[1:]]
    assert len(drawings) > 10
    for drawing in drawings:
        ET.fromstring(f"<svg{drawing}</svg>")


def test_what_needs_attention_comes_gravest_first(published):
    found = notices(gather(published))
    assert [(notice.grave, notice.about) for notice in found] == [
        ("bad", "entries = open + ended"),
        ("bad", "events"),
        ("bad", "pension"),
        ("warn", "sms"),
        ("warn", "journey pension"),
        ("warn", "policy bank"),
        ("note", "pension / kept"),
    ]
    assert "3 copies" in found[1].en
    assert "paused itself in run 2: harm was shown" in found[2].en
    assert "no window has passed yet" in found[-1].en


def test_a_harmful_journey_needs_attention(published):
    published.connection.execute("UPDATE lift SET lift = -0.02, lift_low = -0.03, lift_high = -0.01 WHERE journey = 'payroll'")
    assert any(notice.grave == "bad" and "harm" in notice.en for notice in notices(gather(published)))


def test_more_of_what_a_guardrail_counts_is_bad_and_none_of_it_is_no_news(published):
    publish = published.connection.execute
    publish("UPDATE lift SET lift = 0.02, lift_low = 0.01, lift_high = 0.03 WHERE goal = 'complained'")
    [found] = [notice for notice in notices(gather(published)) if "complained" in notice.about]
    assert (found.grave, found.zh) == ("bad", "护栏被突破：触达后更多")
    publish(
        "UPDATE lift SET lift = NULL, lift_low = NULL, method = 'withheld: no conversions in either arm yet' WHERE goal = 'complained'"
    )
    assert not [notice for notice in notices(gather(published)) if "complained" in notice.about]
    assert "complained" in outline(report_page(published, None, "报告"))


def test_the_page_says_what_was_checked_withheld_learned_and_allowed(published):
    words = outline(report_page(published, {"payroll": 0.05}, "报告", fair=(0.8, 1.25)))
    for expected in (
        "checks broken: all lifts of their journeys are withheld",
        "'age' differs between the sides",
        "all journeys together",
        "lift over time",
        "the measured lift, lower bound; before run 2 prior 2.00%",
        "paused itself after run 2",
        "conversions after touches: counts, not effects",
        "none before",
        "has no approved version: nobody enters and nothing is proposed",
        "above the limit",
        "stratum below <30>",
        "plain +100 matured (+2 converted), warm +100 matured (+6 converted); so plain 45.0% to 15.0%, warm 55.0% to 85.0%; warm leads",
        "funnel of version 1",
    ):
        assert expected in words, expected


def test_a_ranking_is_judged_by_those_who_came_after_it(published):
    page = report_page(published, None, "报告")
    assert "ranked by shrunk lifts of run 1, judged by the 50 conversions that matured after it" in outline(page)
    assert "strata as ranked in run 1: young, old" in page


def test_what_is_not_there_to_be_judged_has_no_picture(empty):
    page = report_page(empty, None, "报告")
    assert "Qini" not in page
    assert "calibration" not in page
    assert "四眼" not in page


def test_days_are_the_banks_days(published):
    days = touches_by_day(gather(published), ZoneInfo("Asia/Shanghai"))
    assert {str(day): {name: n for name, n in outcomes.items() if n} for day, outcomes in days.items()} == {
        "2026-10-01": {"delivered": 1, "unknown": 1, "under way": 1, "clicked": 1},
        "2026-10-02": {"opened": 1},
    }
    assert len(touches_by_day(gather(published), ZoneInfo("UTC"))) == 1


def test_the_file_is_written_whole_and_leaves_nothing_beside_it(published, tmp_path):
    out = tmp_path / "new" / "report.html"
    out.parent.mkdir()
    out.write_text("old", encoding="utf-8")
    assert write_report(published, out, None, "报告") == out
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [path.name for path in out.parent.iterdir()] == ["report.html"]


def test_a_report_that_fails_leaves_the_old_one(published, tmp_path):
    out = tmp_path / "report.html"
    out.write_text("old", encoding="utf-8")
    published.connection.execute("DROP TABLE runs")
    with pytest.raises(Exception, match="runs"):
        write_report(published, out, None, "报告")
    assert out.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    ("assigned", "counted", "said"),
    [(50, 0, "no window has passed yet"), (0, 0, "nobody treated yet"), (50, 9, "nobody treated yet")],
)
def test_a_lift_of_people_whose_windows_are_open_is_not_said_to_have_nobody(published, assigned, counted, said):
    lift = next(lift for lift in gather(published).lifts if lift.withheld)
    assert withheld_because(replace(lift, assigned_treated=assigned, n_treated=counted)) == said
