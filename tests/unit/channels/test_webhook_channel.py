"""A webhook against a system on this machine: what it is sent, what its answers mean, and what is said about them."""

import hmac
import json
import logging
import socket
from dataclasses import replace
from hashlib import sha256
from threading import Event

import pytest
from tests.loopback import SECRET, System, running

from tonglu.channels.webhook import LARGEST_ANSWER, WebhookChannel
from tonglu.core.delivery import Delivered, OutboundMessage, Refused, Retry, Unsure
from tonglu.core.errors import InputError

MESSAGE = OutboundMessage("9f2c", "core_banking", 7, "62170001", "raise_limit", "warm", "提额", "王您好，额度已提高")


def test_the_system_gets_one_document_with_the_touch_its_key_and_a_signature_over_all_of_it():
    with running(System()) as system:
        assert system.channel().send(MESSAGE) == Delivered("the system answered 200")
    ((headers, body),) = system.seen
    assert json.loads(body) == {
        "version": 1,
        "touch_key": "9f2c",
        "channel": "core_banking",
        "customer_id": 7,
        "address": "62170001",
        "message": "raise_limit",
        "arm": "warm",
        "title": "提额",
        "body": "王您好，额度已提高",
    }
    assert headers["Idempotency-Key"] == "9f2c"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers["Tonglu-Signature"] == "sha256=" + hmac.new(SECRET.encode(), body, sha256).hexdigest()


def test_every_attempt_of_a_touch_sends_the_same_document():
    with running(System(503)) as system:
        channel = system.channel()
        assert channel.send(MESSAGE) == Retry("the system answered 503")
        assert channel.send(replace(MESSAGE, attempt=2)) == Delivered("the system answered 200")
    (first, body), (second, again) = system.seen
    assert body == again
    assert first["Tonglu-Signature"] == second["Tonglu-Signature"]
    assert (first["Tonglu-Attempt"], second["Tonglu-Attempt"]) == ("1", "2")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (201, Delivered("the system answered 201")),
        (204, Delivered("the system answered 204")),
        (409, Refused("the system answered 409")),
        (425, Retry("the system answered 425")),
        (429, Retry("the system answered 429")),
        (503, Retry("the system answered 503")),
        (408, Unsure("the system answered 408")),
        (500, Unsure("the system answered 500")),
        (504, Unsure("the system answered 504")),
        (302, Refused("the system answered 302")),
        (400, Refused("the system answered 400")),
        (401, Refused("the system answered 401")),
        (422, Refused("the system answered 422")),
        (None, Unsure("the connection broke before the system answered")),
    ],
)
def test_an_answer_means_one_outcome_and_is_asked_for_once(status, outcome):
    with running(System(status)) as system:
        assert system.channel().send(MESSAGE) == outcome
    assert len(system.seen) == 1


def test_a_system_that_takes_a_key_once_says_409_of_one_that_it_had():
    with running(System(409)) as system:
        assert system.channel(deduplicates=True).send(MESSAGE) == Delivered("the system had taken it before")


def test_a_redirect_is_not_followed():
    with running(System()) as elsewhere, running(System(307, location=f"http://127.0.0.1:{elsewhere.port}/")) as system:
        assert system.channel().send(MESSAGE) == Refused("the system answered 307")
    assert elsewhere.seen == []


def test_a_system_that_does_not_answer_in_time_may_have_taken_it():
    gone = Event()
    with running(System(gone)) as system:
        outcome = system.channel(timeout_seconds=0.05).send(MESSAGE)
        gone.set()
    assert outcome == Unsure("no answer within 0.05 seconds")
    assert len(system.seen) == 1


def test_a_system_that_is_not_there_was_not_reached():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        channel = WebhookChannel(f"http://127.0.0.1:{taken.getsockname()[1]}/", SECRET)
        assert channel.send(MESSAGE) == Retry("the system was not reached", reached=False)


@pytest.mark.parametrize(("length", "connections"), [(0, 1), (LARGEST_ANSWER, 1), (LARGEST_ANSWER + 1, 2)])
def test_a_connection_is_used_again_unless_the_answer_is_long(length, connections):
    with running(System(body=b"x" * length)) as system:
        channel = system.channel()
        assert [channel.send(MESSAGE) for _ in range(2)] == [Delivered("the system answered 200")] * 2
    assert len(system.connections) == connections


@pytest.mark.parametrize(
    "url",
    [
        "",
        "core.bank.example/x",
        "ftp://core.bank.example/x",
        "https:///x",
        "https://core.bank.example:port/x",
        "http://core.bank.example/x",
        "http://10.0.0.7/x",
        "http://127.0.0.1.bank.example/x",
    ],
)
def test_a_url_without_encryption_or_host_is_refused_and_not_repeated_in_the_error(url):
    with pytest.raises(InputError) as caught:
        WebhookChannel(url, SECRET)
    assert [finding.code for finding in caught.value.findings] == ["TL813"]
    assert not url or url not in str(caught.value)


@pytest.mark.parametrize("url", ["https://core.bank.example/x", "http://localhost:9/x", "http://[::1]:9/x"])
def test_encryption_or_this_machine_will_do(url):
    assert WebhookChannel(url, SECRET, deduplicates=True).deduplicates


def test_a_short_secret_protects_nothing():
    with pytest.raises(InputError, match="fewer than 16 characters"):
        WebhookChannel("https://core.bank.example/x", "fifteen letters")


@pytest.mark.parametrize("status", [200, 400, 500, None])
def test_nothing_personal_and_no_secret_gets_into_a_log_or_a_repr(status, caplog):
    with running(System(status)) as system, caplog.at_level(logging.DEBUG):
        channel = system.channel()
        outcome = channel.send(MESSAGE)
    told = "".join(record.getMessage() for record in caplog.records) + repr(channel) + repr(outcome)
    for word in ("62170001", SECRET, "王", "提额", "/touches", "bank=1"):
        assert word not in told
