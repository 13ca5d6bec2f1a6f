"""The written report of a run's checks: Markdown and HTML for people, JSON for programs. Pure text, from the summary alone."""

import json
from dataclasses import asdict
from html import escape

from tonglu.language.contract import Breach
from tonglu.stages.check import CheckSummary, Verdict

_HEAD = ("table", "expectation", "on breach", "expected", "observed", "examples", "where")
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;max-width:72rem}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{border-bottom:1px solid #ddd;padding:.4rem .6rem;text-align:left;vertical-align:top}"
    ".block{color:#b00020;font-weight:600}"
)


def headline(summary: CheckSummary) -> str:
    """The result in one sentence."""
    verdicts = len(summary.verdicts)
    if summary.blocking:
        return f"Run {summary.run_no} was stopped: {len(summary.blocking)} of {verdicts} checks block. Nothing was moved."
    aside = sum(summary.aside.values())
    passed = verdicts - len(summary.breaches)
    return f"Run {summary.run_no} passed {passed} of {verdicts} checks; {aside} row(s) set aside, none blocks."


def as_markdown(summary: CheckSummary) -> str:
    """Headline, the breaches (blocking ones first), and the count of successes per table."""
    lines = [f"# Data checks of run {summary.run_no}", "", headline(summary), ""]
    if summary.breaches:
        lines += ["| " + " | ".join(_HEAD) + " |", "|" + "---|" * len(_HEAD)]
        lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in _cells(verdict)) + " |" for verdict in _sorted(summary)]
        lines.append("")
    passed: dict[str, int] = {}
    for verdict in summary.verdicts:
        passed[verdict.table] = passed.get(verdict.table, 0) + verdict.success
    lines += [f"- {table}: {count} passed" for table, count in sorted(passed.items())]
    return "\n".join(lines) + "\n"


def as_html(summary: CheckSummary) -> str:
    """One page without scripts or outside files."""
    head = "".join(f"<th>{name}</th>" for name in _HEAD)
    rows = "".join(
        f'<tr class="{verdict.severity}">' + "".join(f"<td>{escape(cell)}</td>" for cell in _cells(verdict)) + "</tr>"
        for verdict in _sorted(summary)
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
    title = f"Data checks of run {summary.run_no}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"<h1>{title}</h1><p>{escape(headline(summary))}</p>{table}</html>\n"
    )


def as_json(summary: CheckSummary) -> str:
    """Every verdict."""
    verdicts = [asdict(verdict) for verdict in summary.verdicts]
    content = {"run_no": summary.run_no, "stopped": bool(summary.blocking), "aside": dict(summary.aside), "verdicts": verdicts}
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _sorted(summary: CheckSummary) -> list[Verdict]:
    order = [Breach.BLOCK, Breach.QUARANTINE, Breach.WARN]
    return sorted(summary.breaches, key=lambda verdict: (order.index(verdict.severity), verdict.table, verdict.expectation))


def _cells(verdict: Verdict) -> list[str]:
    sample = ", ".join(verdict.sample)
    return [verdict.table, verdict.expectation, str(verdict.severity), verdict.expected, verdict.observed, sample, verdict.where]
