"""Tables for the terminal, at many widths, with and without colour."""

import io
from datetime import datetime

import pytest
from rich.cells import cell_len
from rich.console import Console

from tonglu.render import measured_tables, terminal
from tonglu.render.sheet import Column, Sheet
from tonglu.render.words import reason_words, two_languages

TRUTH = {"payroll": 0.02}


def shown(renderable, width=120, **settings):
    out = io.StringIO()
    Console(file=out, width=width, highlight=False, **settings).print(renderable)
    return out.getvalue()


def every_table(published):
    happened = [terminal.Happening(datetime(2026, 10, 1, 1), "entered", "payroll", None, "[red]x[/red]")]
    return [
        terminal.run_summary(published),
        terminal.status(published),
        terminal.attention(published),
        terminal.lift_table(published, TRUTH),
        terminal.lift_table(published),
        terminal.decisions_table(published),
        terminal.arms_table(published),
        measured_tables.learned_report(published),
        *(measured_tables.slices_table(published, None, by) for by in measured_tables.BY),
        terminal.overview(published, TRUTH),
        terminal.explain(7, happened),
    ]


@pytest.mark.parametrize("width", [200, 100, 60, 40, 20])
def test_no_line_is_wider_than_the_terminal(published, width):
    for table in every_table(published):
        assert max(cell_len(line) for line in shown(table, width).splitlines()) <= width


def test_tables_of_an_empty_bank_say_so(empty):
    assert "no run yet" in shown(terminal.overview(empty))
    assert "nothing needs attention" in shown(terminal.status(empty))
    assert "nothing yet" in shown(terminal.lift_table(empty, TRUTH))
    assert "nothing recorded" in shown(terminal.explain(7, []))


def test_the_lift_stands_beside_the_truth_and_a_miss_is_marked(published):
    text = shown(terminal.lift_table(published, TRUTH))
    assert "+7.20" in text
    assert "[+4.10, +9.80]" in text
    assert "+2.00 !" in text
    assert "the interval misses the truth" in text
    assert "no window has passed yet" in text
    assert "truth" not in shown(terminal.lift_table(published))


def test_the_last_run_stands_beside_all_runs(published):
    line = next(line for line in shown(terminal.run_summary(published)).splitlines() if "sent" in line)
    assert line.split()[-2:] == ["41", "71"]


def test_numbers_are_aligned_at_the_right(published):
    lines = shown(terminal.run_summary(published)).rstrip().splitlines()[3:]
    assert len({cell_len(line.rstrip()) for line in lines}) == 1


def test_the_newest_of_every_arm_is_shown(published):
    text = shown(terminal.arms_table(published))
    assert "85.0%" in text
    assert "55.0%" not in text


def test_narrow_terminals_drop_the_least_needed_columns():
    sheet = Sheet("t", (Column("keep"), Column("first", need=2), Column("second", need=1)), [("k" * 10, "f" * 10, "s" * 10)])
    assert [word in shown(sheet, 60) for word in ("kkk", "fff", "sss")] == [True, True, True]
    assert [word in shown(sheet, 26) for word in ("kkk", "fff", "sss")] == [True, False, True]
    assert [word in shown(sheet, 12) for word in ("kkk", "fff", "sss")] == [True, False, False]


def test_the_timeline_is_in_order_and_on_the_banks_clock():
    late = terminal.Happening(datetime(2026, 10, 2, 1, 30), "sent", "payroll", "greet", "sms")
    early = terminal.Happening(datetime(2026, 10, 1, 16, 30), "entered", "payroll", "greet", None)
    lines = shown(terminal.explain(42, [late, early])).splitlines()
    assert "customer 42" in lines[0]
    assert [line.split()[:3] for line in lines[3:]] == [["2026-10-02", "00:30", "entered"], ["2026-10-02", "09:30", "sent"]]


def test_nothing_from_data_is_read_as_markup():
    happened = [terminal.Happening(datetime(2026, 10, 1), "sent", "j", "s", "[bold]arm[/bold] [/nothing]")]
    assert "[bold]arm[/bold] [/nothing]" in shown(terminal.explain(1, happened))


def test_no_color_is_honoured(published, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    coloured = shown(terminal.attention(published), force_terminal=True, color_system="truecolor")
    assert "\x1b[3" not in coloured
    monkeypatch.delenv("NO_COLOR")
    assert "\x1b[3" in shown(terminal.attention(published), force_terminal=True, color_system="truecolor")


def test_progress_is_silent_where_nobody_looks():
    console = Console(file=io.StringIO(), force_terminal=False)
    with terminal.make_progress(console) as progress:
        progress.advance(progress.add_task("run", total=3))
    assert console.file.getvalue() == ""


def test_a_console_can_write_to_standard_error(capsys):
    terminal.make_console(stderr=True, width=40).print("talk")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "talk\n")


@pytest.mark.parametrize(
    ("outcome", "gate", "reason", "zh", "en"),
    [
        ("sent", None, "passed", "通过全部关口", "passed every gate"),
        ("dropped", None, "expired", "等待超过有效期", "valid_for has passed"),
        ("dropped", "eligible", "not_eligible", "不符合触达条件", "the touch's own condition is false"),
        ("dropped", "eligible", "brand_new", "符合条件", "brand new"),
        ("deferred", "new_gate", "full_moon", "full moon", "full moon"),
        ("dropped", None, None, "dropped", "dropped"),
    ],
)
def test_reasons_are_told_in_both_languages(outcome, gate, reason, zh, en):
    assert reason_words(outcome, gate, reason) == (zh, en)


def test_a_text_in_one_language_stands_for_both():
    assert two_languages("分支 Branch") == ("分支", "Branch")
    assert two_languages("only english here") == ("only english here", "only english here")
    assert two_languages("只有中文") == ("只有中文", "只有中文")


def test_slices_are_told_with_what_they_are_drawn_towards_or_how_to_get_them(published):
    strata = shown(measured_tables.slices_table(published, "payroll", "stratum"), 160)
    assert "shrunk pp" in strata
    assert "young" in strata
    assert "+7.00" in strata
    assert "all marketing" in shown(measured_tables.slices_table(published, None, "together"), 160)
    assert "nothing is measured by arm" in shown(measured_tables.slices_table(published, None, "arm"), 160)


def test_the_truth_stands_beside_primary_goals_alone(published):
    lines = shown(terminal.lift_table(published, TRUTH), 200).splitlines()
    [guardrail] = [line for line in lines if "complained" in line]
    assert "+2.00 !" not in guardrail


def test_what_was_learned_comes_with_why_and_what_touches_are_worth(published):
    text = shown(measured_tables.learned_report(published), 200)
    assert "run 2 beside run 1" in text
    assert "payroll / greet / below <30>: learned for the first time" in text
    assert "4.10%" in text
    assert "pension" in text.split("paused themselves")[1]
    assert "pension" not in shown(measured_tables.learned_report(published, "payroll"), 200)
