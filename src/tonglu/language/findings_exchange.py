"""Findings for other programs: SARIF 2.1.0 for code scanning, and the annotations of GitHub's workflows."""

import json
from collections.abc import Iterable
from typing import Any

from tonglu.core.errors import Finding, Fix, Severity
from tonglu.language.codes import code_pages
from tonglu.language.findings import sorted_findings

SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning"}


def findings_sarif(findings: Iterable[Finding], version: str) -> str:
    """All findings as one SARIF 2.1.0 log, with a rule for every code that is given.

    Args:
        findings: what was found; paths are shown from the project's folder, which is the log's root.
        version: the version of Tonglu.
    """
    ordered = sorted_findings(findings)
    pages = code_pages()
    codes = sorted({finding.code for finding in ordered})
    rules = []
    for code in codes:
        rule: dict[str, Any] = {"id": code}
        if page := pages.get(code):
            rule |= {"shortDescription": {"text": page.title}, "fullDescription": {"text": page.explanation}}
            rule["help"] = {"text": f"Wrong:\n{page.bad}\n\nRight:\n{page.good}"}
        rules.append(rule)
    results = [
        {
            "ruleId": finding.code,
            "ruleIndex": codes.index(finding.code),
            "level": LEVELS[finding.severity],
            "message": {"text": " ".join(part for part in (finding.message, finding.hint) if part)},
            "locations": [_location(finding)],
            **({"fixes": [_fix(finding.fix)]} if finding.fix else {}),
        }
        for finding in ordered
    ]
    driver = {"name": "tonglu", "version": version, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SARIF, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _fix(fix: Fix) -> dict[str, Any]:
    place = fix.place
    lines = fix.old.split("\n")
    end = len(lines[-1]) + (place.column if len(lines) == 1 else 1)
    region = {"startLine": place.line, "startColumn": place.column, "endLine": place.line + len(lines) - 1, "endColumn": end}
    replacement = {"deletedRegion": region, "insertedContent": {"text": fix.new}}
    change = {"artifactLocation": {"uri": place.path, "uriBaseId": "%SRCROOT%"}, "replacements": [replacement]}
    return {"description": {"text": f"Replace '{fix.old}' by '{fix.new}'."}, "artifactChanges": [change]}


def _location(finding: Finding) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": finding.place.path, "uriBaseId": "%SRCROOT%"}}
    if finding.place.line:
        physical["region"] = {"startLine": finding.place.line, "startColumn": max(finding.place.column, 1)}
    return {"physicalLocation": physical}


def findings_github(findings: Iterable[Finding]) -> str:
    """All findings as workflow commands, one line each: `::error file=...,line=...,col=...,title=TL203::message`."""
    return "".join(f"{_annotation(finding)}\n" for finding in sorted_findings(findings))


def _annotation(finding: Finding) -> str:
    place = finding.place
    where = [("file", place.path)] + ([("line", str(place.line)), ("col", str(max(place.column, 1)))] if place.line else [])
    properties = ",".join(f"{name}={_property(value)}" for name, value in [*where, ("title", finding.code)])
    said = " ".join(part for part in (finding.message, finding.hint) if part)
    return f"::{LEVELS[finding.severity]} {properties}::{_data(said)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
