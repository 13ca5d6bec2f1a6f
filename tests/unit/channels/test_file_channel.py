"""The hand-over file: complete, exact, repeatable, and without those who must not be in it."""

import csv
import fcntl
import json
import os
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from tonglu.channels.file import COLUMNS, FileChannel
from tonglu.core.delivery import Delivered, DeliveryState, Refused, Retry, Text, Unsure

BATCH = "000001-sms-20261123T0200"


@pytest.fixture
def root(tmp_path):
    return tmp_path / "handover"


def lines(root):
    with (root / "sms" / f"{BATCH}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_batch_becomes_a_file_with_the_agreed_columns(root, texts, stage):
    result = FileChannel(root, texts).send_batch(stage([{"touch_key": "k1"}, {"touch_key": "k2", "customer_id": 42}]))
    assert isinstance(result.outcome, Delivered)
    assert result.outcome.state is DeliveryState.ACCEPTED
    assert (result.rows, result.left_out) == (2, ())
    _, second = lines(root)
    assert tuple(second) == COLUMNS
    assert second == {
        "touch_key": "k2",
        "customer_id": "42",
        "channel": "sms",
        "address": "13800000001",
        "message": "welcome",
        "arm": "warm",
        "title": "王您好",
        "body": '工资1,234.50元到账,\n"王"',
        "not_before": "2026-11-23T02:00:00.000000",
        "expires_at": "2026-11-24T02:00:00.000000",
    }


def test_the_manifest_says_what_the_file_is(root, texts, stage):
    FileChannel(root, texts).send_batch(stage([{"touch_key": "k1"}]))
    data = (root / "sms" / f"{BATCH}.csv").read_bytes()
    assert json.loads((root / "sms" / f"{BATCH}.manifest.json").read_text()) == {
        "batch_id": BATCH,
        "channel": "sms",
        "rows": 1,
        "sha256": sha256(data).hexdigest(),
        "made_at": "2026-11-23T02:00:00.000000",
    }
    assert sorted(path.name for path in (root / "sms").iterdir() if not path.name.startswith(".lock")) == [
        f"{BATCH}.csv",
        f"{BATCH}.manifest.json",
    ]


def test_the_same_batch_gives_the_same_bytes_on_any_day_and_in_any_folder(tmp_path, texts, stage, now):
    touches = [{"touch_key": f"k{number}"} for number in range(50)]
    written = []
    for folder, hours in (("a", 0), ("b", 5)):
        FileChannel(tmp_path / folder, texts).send_batch(
            stage(touches, now=now + timedelta(hours=hours), excluded=frozenset(["k7"]))
        )
        written.append([path.read_bytes() for path in sorted((tmp_path / folder / "sms").glob("0*"))])
    assert written[0] == written[1]


def test_a_batch_that_is_complete_is_not_written_again_whatever_has_changed(root, texts, stage):
    channel, touches = FileChannel(root, texts), [{"touch_key": "k1"}, {"touch_key": "k2"}, {"touch_key": "k3"}]
    first = channel.send_batch(stage(touches, excluded=frozenset(["k2"])))
    before = [path.read_bytes() for path in sorted((root / "sms").glob("0*"))]
    again = channel.send_batch(stage(touches, excluded=frozenset(["k2"]), opted_out=frozenset([0]), attempt=2))
    assert [path.read_bytes() for path in sorted((root / "sms").glob("0*"))] == before
    assert (again.outcome, again.rows) == (first.outcome, 2)
    assert [part.touch_key for part in again.left_out] == ["k2"]


def test_a_file_without_a_manifest_is_written_anew(root, texts, stage):
    channel = FileChannel(root, texts)
    channel.send_batch(stage([{"touch_key": "k1"}, {"touch_key": "k2"}]))
    (root / "sms" / f"{BATCH}.manifest.json").unlink()
    result = channel.send_batch(stage([{"touch_key": "k1"}, {"touch_key": "k2"}], opted_out=frozenset([0]), attempt=2))
    assert result.rows == 1
    assert [line["touch_key"] for line in lines(root)] == ["k2"]


def test_those_who_must_not_be_in_it_are_left_out_each_with_the_reason(root, texts, stage, now):
    touches = [
        {"touch_key": "good"},
        {"touch_key": "excluded"},
        {"touch_key": "out"},
        {"touch_key": "stopped", "journey": "killed"},
        {"touch_key": "late", "expires_at": now},
        {"touch_key": "unspeakable", "variables": "{}"},
        {"touch_key": "unwritten", "message": "nobody"},
        {"touch_key": "moved", "address": None},
    ]
    options = {"excluded": frozenset(["excluded"]), "opted_out": frozenset([2]), "stopped_journeys": frozenset(["killed"])}
    result = FileChannel(root, texts).send_batch(stage(touches, **options))
    assert [line["touch_key"] for line in lines(root)] == ["good"]
    assert [(part.touch_key, part.state.value, part.reason) for part in result.left_out] == [
        ("excluded", "cancelled", "excluded"),
        ("out", "cancelled", "opted out"),
        ("stopped", "cancelled", "journey killed is stopped"),
        ("late", "expired", "past its end"),
        ("unspeakable", "failed", "text: the message cannot be written: 'surname' is undefined [TL605]"),
        ("unwritten", "failed", "text: message 'nobody' has no text for arm 'warm' in 'sms' [TL616]"),
        ("moved", "failed", "the address is gone"),
    ]


def test_a_touch_that_does_not_heed_opt_outs_leaves_to_somebody_who_opted_out(root, texts, stage):
    touches = [{"touch_key": "notice", "customer_id": 5, "heeds_opt_out": False}, {"touch_key": "offer", "customer_id": 5}]
    result = FileChannel(root, texts).send_batch(stage(touches, opted_out=frozenset([5])))
    assert [line["touch_key"] for line in lines(root)] == ["notice"]
    assert [part.touch_key for part in result.left_out] == ["offer"]


def test_a_text_is_rendered_once_for_equal_variables(root, stage):
    class Counting:
        rendered = 0

        def text(self, message, version, arm, channel, variables):
            self.rendered += 1
            return Text("", variables["surname"])

    counting = Counting()
    touches = [{"touch_key": f"k{number}", "variables": f'{{"surname": "{number % 3}"}}'} for number in range(300)]
    assert FileChannel(root, counting).send_batch(stage(touches)).rows == 300
    assert counting.rendered == 3
    assert [line["body"] for line in lines(root)][:4] == ["0", "1", "2", "0"]


def test_a_batch_with_a_touch_that_may_not_leave_yet_does_not_leave(root, texts, stage, now):
    result = FileChannel(root, texts).send_batch(stage([{"touch_key": "k1", "not_before": now + timedelta(seconds=1)}]))
    assert result.outcome == Refused("the batch holds a touch that may not leave yet")
    assert list((root / "sms").glob("*.csv*")) == []


def test_a_staged_file_that_is_damaged_missing_or_another_does_not_leave(root, texts, stage):
    channel, batch = FileChannel(root, texts), stage([{"touch_key": "k1"}])
    assert channel.send_batch(replace(batch, rows=2)).outcome == Refused("the staged file has 1 rows, not 2")
    batch.staged.write_bytes(batch.staged.read_bytes()[:-1] + b"x")
    assert channel.send_batch(batch).outcome == Refused("the staged file does not match its checksum")
    digest = sha256(batch.staged.read_bytes()).hexdigest()
    assert channel.send_batch(replace(batch, sha256=digest)).outcome == Refused("the staged file is no Parquet")
    batch.staged.unlink()
    assert channel.send_batch(batch).outcome == Refused("the staged file is missing")
    assert list((root / "sms").glob("*.csv")) == []


def test_a_full_disk_leaves_nothing_that_looks_complete_and_is_tried_again(root, texts, stage, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        result = FileChannel(root, texts).send_batch(stage([{"touch_key": "k1"}]))
    assert result.outcome == Retry("the file could not be written: No space left on device")
    assert list((root / "sms").glob("0*")) == []
    assert [path.name for path in (root / "sms").iterdir() if path.name.endswith(".tmp")] == []
    assert FileChannel(root, texts).send_batch(stage([{"touch_key": "k1"}])).rows == 1


def test_two_deliverers_do_not_publish_into_one_folder_at_once(root, texts, stage):
    (root / "sms").mkdir(parents=True)
    with (root / "sms" / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = FileChannel(root, texts).send_batch(stage([{"touch_key": "k1"}]))
    assert isinstance(result.outcome, Retry)
    assert list((root / "sms").glob("0*")) == []


def test_a_file_that_does_not_match_its_manifest_is_nobodys_success(root, texts, stage):
    channel, batch = FileChannel(root, texts), stage([{"touch_key": "k1"}])
    channel.send_batch(batch)
    (root / "sms" / f"{BATCH}.csv").write_text("cut")
    assert channel.send_batch(batch).outcome == Unsure("the file does not match its manifest")
