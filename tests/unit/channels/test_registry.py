"""Kinds of channel: one file each, found by scanning the folder; and the public fake."""

import subprocess
import sys
from pathlib import Path

import pytest

from tonglu import channels
from tonglu.channels.memory import MemoryChannel
from tonglu.channels.registry import kinds, open_channel
from tonglu.channels.spec import ChannelContext
from tonglu.core.delivery import BulkChannel, Delivered, MessageChannel, OutboundMessage, Refused, Retry
from tonglu.core.errors import InputError

CORE = {"url_from": "CORE_URL", "secret_from": "CORE_SECRET"}
SECRETS = {
    "TONGLU_HOOK": "json://127.0.0.1:9/hushed",
    "CORE_URL": "https://core.bank.example/hushed",
    "CORE_SECRET": "hushed, and known to nobody else",
    "PLAIN_URL": "http://core.bank.example/hushed",
    "SHORT": "hushed",
}


@pytest.fixture
def context(tmp_path, texts):
    return ChannelContext("sms", tmp_path, texts, SECRETS)


def message(key):
    return OutboundMessage(key, "sms", 7, "138", "welcome", "", "", "x")


def test_every_file_of_the_folder_that_is_a_kind_is_one():
    files = {path.stem for path in Path(channels.__path__[0]).glob("*.py")} - {"__init__", "registry", "spec", "staged"}
    assert set(kinds()) == files == {"apprise", "file", "memory", "webhook", "worklist"}
    assert [kind for kind, spec in kinds().items() if spec.bulk] == ["file"]
    assert [kind for kind, spec in kinds().items() if spec.terms is not None] == ["worklist"]


@pytest.mark.parametrize(
    ("kind", "options"), [("file", {}), ("memory", {}), ("apprise", {"url_from": "TONGLU_HOOK"}), ("webhook", CORE)]
)
def test_a_channel_is_opened_by_its_kind(kind, options, context):
    channel = open_channel(kind, options, context)
    assert channel.kind == kind
    assert isinstance(channel, BulkChannel if kinds()[kind].bulk else MessageChannel)
    assert isinstance(channel, BulkChannel) != isinstance(channel, MessageChannel)


@pytest.mark.parametrize(
    ("kind", "options", "code"),
    [
        ("flie", {}, "TL805"),
        ("file", {"folder": "x"}, "TL812"),
        ("apprise", {}, "TL812"),
        ("apprise", {"url_from": "TONGLU_HOOK", "deduplicates": True}, "TL813"),
        ("apprise", {"url_from": "NOT_SET"}, "TL814"),
        ("webhook", {"url_from": "CORE_URL"}, "TL812"),
        ("webhook", {**CORE, "timeout_seconds": 0}, "TL812"),
        ("webhook", {**CORE, "url_from": "PLAIN_URL"}, "TL813"),
        ("webhook", {**CORE, "secret_from": "SHORT"}, "TL813"),
        ("webhook", {**CORE, "secret_from": "NOT_SET"}, "TL814"),
    ],
)
def test_what_cannot_be_opened_is_an_input_error_without_secrets(kind, options, code, context):
    with pytest.raises(InputError) as caught:
        open_channel(kind, options, context)
    assert [finding.code for finding in caught.value.findings] == [code]
    assert "hushed" not in str(caught.value)
    assert "hushed" not in repr(context)


def test_the_memory_channel_answers_as_it_is_told_and_keeps_what_it_took():
    channel = MemoryChannel(answers={"k1": [Retry("busy")], "k2": [Refused("no")]})
    assert [channel.send(message(key)) for key in ("k1", "k1", "k2")] == [Retry("busy"), Delivered(), Refused("no")]
    assert [taken.touch_key for taken in channel.taken] == ["k1"]
    assert len(channel.attempts) == 3


def test_a_memory_channel_that_honours_keys_takes_a_key_once():
    channel = MemoryChannel(deduplicates=True)
    channel.send(message("k1"))
    assert channel.send(message("k1")) == Delivered()
    assert len(channel.taken) == 1


def test_knowing_the_kinds_loads_none_of_their_libraries():
    code = (
        "import sys; from tonglu.channels.registry import kinds; kinds();"
        "sys.exit(any(name in sys.modules for name in ('apprise', 'httpx', 'pyarrow', 'requests')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
