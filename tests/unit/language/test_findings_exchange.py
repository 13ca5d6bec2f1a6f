"""Findings as SARIF and as GitHub's annotations."""

import json

from tonglu.core.errors import Finding, Fix, Place, Severity
from tonglu.language.findings_exchange import findings_github, findings_sarif

FOUND = [
    Finding("TL203", "unknown name 'incme'", Place("segments/vip.sql", 4, 7), "Did you mean 'income'?"),
    Finding("TL411", "no path leads to step 'a'", Place("journeys/x.yaml", 9, 5), severity=Severity.WARNING),
    Finding("TL512", "there is no profile: 100%,\nreally", Place("segments/profile.sql")),
    Finding("TL203", "unknown name 'incme'", Place("segments/vip.sql", 4, 7), "Did you mean 'income'?"),
]


def test_sarif_has_a_rule_for_every_code_and_a_place_for_every_result():
    log = json.loads(findings_sarif(FOUND, "1.2.3"))
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    [run] = log["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("tonglu", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == ["TL203", "TL411", "TL512"]
    assert all(driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert [(result["ruleId"], result["level"]) for result in run["results"]] == [
        ("TL411", "warning"),
        ("TL512", "error"),
        ("TL203", "error"),
    ]
    place = run["results"][2]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "segments/vip.sql"
    assert place["region"] == {"startLine": 4, "startColumn": 7}
    assert "region" not in run["results"][1]["locations"][0]["physicalLocation"]


def test_sarif_carries_repairs_as_what_is_deleted_and_what_is_inserted():
    fix = Fix(Place("segments/vip.sql", 4, 9), "incme", "income")
    log = json.loads(findings_sarif([Finding("TL203", "unknown name 'incme'", Place("segments/vip.sql", 4, 7), fix=fix)], "1"))
    [told] = log["runs"][0]["results"][0]["fixes"]
    [change] = told["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "segments/vip.sql"
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 4, "startColumn": 9, "endLine": 4, "endColumn": 14},
            "insertedContent": {"text": "income"},
        }
    ]
    assert all("fixes" not in result for result in json.loads(findings_sarif(FOUND, "1"))["runs"][0]["results"])


def test_nothing_found_is_a_log_without_results():
    assert json.loads(findings_sarif([], "1"))["runs"][0]["results"] == []
    assert findings_github([]) == ""


def test_annotations_are_one_escaped_line_each():
    assert findings_github(FOUND).splitlines() == [
        "::warning file=journeys/x.yaml,line=9,col=5,title=TL411::no path leads to step 'a'",
        "::error file=segments/profile.sql,title=TL512::there is no profile: 100%25,%0Areally",
        "::error file=segments/vip.sql,line=4,col=7,title=TL203::unknown name 'incme' Did you mean 'income'?",
    ]
