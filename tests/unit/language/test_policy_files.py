"""The policy, the channels and the project file."""

from datetime import time, timedelta
from pathlib import Path

import pytest
from pydantic import Field

from tonglu.core.errors import Severity
from tonglu.language.channels import read_channels
from tonglu.language.policy import check_policy, read_policy
from tonglu.language.project import read_project
from tonglu.language.values import Authored

POLICY = """\
policy: bank
global_control: {share: 2%, epoch: 2026}
purposes:
  marketing: {}
  service: {skips: [contact_policy]}
caps:
  - {purpose: marketing, at_most: 3, within: 7 days}
  - {name: quiet_calls, channel: call, at_most: 1, within: 7 days}
open_hours: {sms: "08:00-21:00"}
per_run: 1
priority: [service, care, offer]
learning: {floor: 10%}
"""
CHANNELS = """\
channels:
  sms: {kind: file, title: {zh: 短信, en: SMS}, max_length: {body: 64}}
  notice: {kind: apprise, title: {zh: 提醒, en: Notice}, url_from: NOTICE_URL}
"""
PROJECT = """\
bank: {zh: 同路银行, en: Tonglu Bank}
zone: Asia/Shanghai
run_at: "08:00"
alerts: {url_from: ALERTS_URL}
"""


class FileOptions(Authored):
    pass


class AppriseOptions(Authored):
    url_from: str = Field(pattern="^[A-Z_]+$")


class Kind:
    def __init__(self, options):
        self.options = options


KINDS = {"file": Kind(FileOptions), "apprise": Kind(AppriseOptions)}
READERS = {
    "policy": read_policy,
    "channels": lambda path, shown, findings: read_channels(path, shown, findings, KINDS),
    "project": read_project,
}
TEXTS = {"policy": POLICY, "channels": CHANNELS, "project": PROJECT}


@pytest.fixture
def read(tmp_path: Path):
    def reader(kind, old="", new=""):
        assert old in TEXTS[kind]
        path = tmp_path / f"{kind}.yaml"
        path.write_text(TEXTS[kind].replace(old, new) if old else TEXTS[kind], encoding="utf-8")
        findings = []
        value, file = READERS[kind](path, f"{kind}.yaml", findings)
        return value, file, findings

    return reader


def test_a_policy_is_read(read):
    policy, _, findings = read("policy")
    assert findings == []
    assert [(cap.name, cap.purpose, cap.channel, cap.at_most, cap.within) for cap in policy.caps] == [
        ("marketing_3_in_7_days", "marketing", "any", 3, timedelta(days=7)),
        ("quiet_calls", "any", "call", 1, timedelta(days=7)),
    ]
    assert (policy.global_control.share, policy.global_control.epoch) == (0.02, "2026")
    assert (str(policy.open_hours["sms"])[:5], policy.purposes["service"].skips) == ("08:00", ("contact_policy",))
    assert [policy.rank(group) for group in ("service", "offer", None, "unknown")] == [0, 2, 3, 3]


def test_names_that_nothing_else_knows_are_found(read):
    policy, file, findings = read("policy", "skips: [contact_policy]", "skips: [contact_polcy]")
    check_policy(policy, file, findings, channels=["sms", "cal"], gates=["contact_policy", "consent"])
    told = [(finding.code, finding.severity, finding.place.line, finding.hint) for finding in findings]
    assert told == [
        ("TL208", Severity.WARNING, 8, "Did you mean 'cal'?"),
        ("TL802", Severity.ERROR, 5, "Did you mean 'contact_policy'?"),
    ]


def test_channels_are_read_with_the_options_of_their_kind(read):
    channels, _, findings = read("channels")
    assert findings == []
    assert channels["sms"].max_length.body == 64
    assert (channels["sms"].max_length.title, dict(channels["notice"].options)) == (None, {"url_from": "NOTICE_URL"})


def test_a_project_is_read_with_default_paths(read):
    project, _, findings = read("project")
    assert findings == []
    assert (project.run_at, project.zone_info.key, project.alerts.url_from) == (time(8), "Asia/Shanghai", "ALERTS_URL")
    assert (project.paths.segments, project.paths.warehouse) == ("segments", "data/warehouse.duckdb")


@pytest.mark.parametrize(
    ("kind", "old", "new", "code", "line", "column"),
    [
        ("policy", "share: 2%", "share: 200%", "TL123", 2, 25),
        ("policy", "epoch: 2026", "epoch: [1]", "TL123", 2, 36),
        ("policy", "  marketing: {}", "  marketting: {}", "TL124", 4, 3),
        ("policy", "at_most: 3", "at_most: 0", "TL125", 7, 35),
        ("policy", "at_most: 3", "at_mst: 3", "TL120", 7, 26),
        ("policy", "within: 7 days}\n  - {name", "}\n  - {name", "TL121", 7, 5),
        ("policy", '"08:00-21:00"', '"21:00-08:00"', "TL123", 9, 19),
        ("policy", "[service, care, offer]", "[service, care, care]", "TL801", 1, 1),
        ("policy", "name: quiet_calls", "name: marketing_3_in_7_days", "TL801", 1, 1),
        ("policy", "floor: 10%", "floor: 60%", "TL803", 12, 1),
        ("policy", "per_run: 1", "per_run: one", "TL122", 10, 10),
        ("channels", "kind: file", "kind: fle", "TL805", 2, 15),
        ("channels", "max_length: {body: 64}", "url: x", "TL812", 2, 47),
        ("channels", "url_from: NOTICE_URL", "url_from: https://x", "TL123", 3, 66),
        ("channels", "max_length: {body: 64}", "max_length: {body: -1}", "TL125", 2, 66),
        ("project", "Asia/Shanghai", "Asia/Shanghia", "TL806", 2, 7),
        ("project", 'run_at: "08:00"', "run_at: 8", "TL123", 3, 9),
        ("project", "zone:", "paths: {landing: /tmp/x}\nzone:", "TL807", 2, 18),
        ("project", "zone:", "paths: {landing: ../x}\nzone:", "TL807", 2, 18),
        ("project", "ALERTS_URL", "https://x", "TL123", 4, 20),
    ],
)
def test_a_mistake_has_its_code_and_its_place(read, kind, old, new, code, line, column):
    _, _, findings = read(kind, old, new)
    told = [(finding.code, finding.place.line, finding.place.column) for finding in findings]
    assert (code, line, column) in told, [str(finding) for finding in findings]


def test_no_channels_at_all_are_a_finding(read, tmp_path):
    path = tmp_path / "none.yaml"
    path.write_text("channels: {}\n", encoding="utf-8")
    findings = []
    read_channels(path, "none.yaml", findings)
    assert [finding.code for finding in findings] == ["TL804"]
