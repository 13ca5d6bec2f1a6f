"""Apprise against a receiver on this machine: its bare bool becomes an outcome with a reason, and nothing personal gets out."""

import json
import logging
import socket
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from tonglu.channels.apprise import AppriseChannel
from tonglu.core.delivery import Delivered, OutboundMessage, Refused, Retry, Unsure
from tonglu.core.errors import InputError

MESSAGE = OutboundMessage("j|7|1", "wecom", 7, "13812341234", "welcome", "warm", "王您好", "工资到账")


@contextmanager
def receiver(status):
    """A receiver that answers with one status; yields its port and the requests as (path, headers, body)."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, dict(self.headers), json.loads(body)))
            if status is None:
                self.connection.close()
                return
            self.send_response(status)
            self.end_headers()

        def log_message(self, *arguments):
            pass

        def handle_error(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *arguments: None
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1], seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_message_arrives_with_its_text_and_its_key():
    with receiver(200) as (port, seen):
        url = f"json://127.0.0.1:{port}/to/{{address}}?+Idempotency-Key={{touch_key}}"
        assert AppriseChannel(url, deduplicates=True).send(MESSAGE) == Delivered()
    ((path, headers, body),) = seen
    assert path.startswith("/to/13812341234")
    assert headers["Idempotency-Key"] == "j|7|1"
    assert (body["title"], body["message"]) == ("王您好", "工资到账")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Refused("the service answered 400")),
        (404, Refused("the service answered 404")),
        (429, Retry("the service answered 429")),
        (503, Retry("the service answered 503")),
        (500, Unsure("the service answered 500")),
        (504, Unsure("the service answered 504")),
        (None, Unsure("the connection broke before the service answered")),
    ],
)
def test_a_receiver_that_does_not_take_it_gives_the_reason(status, outcome):
    with receiver(status) as (port, seen):
        assert AppriseChannel(f"json://127.0.0.1:{port}/").send(MESSAGE) == outcome
    assert len(seen) == 1


def test_a_receiver_that_is_not_there_was_not_reached():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        outcome = AppriseChannel(f"json://127.0.0.1:{port}/").send(MESSAGE)
    assert outcome == Retry("the service was not reached", reached=False)


def test_a_message_without_an_address_does_not_go_to_somebody_else():
    channel = AppriseChannel("json://127.0.0.1:9/{address}")
    nobody = OutboundMessage("k", "sms", 7, "", "welcome", "", "", "x")
    assert channel.send(nobody) == Refused("no address")


@pytest.mark.parametrize("odd", ["1/../admin", "1?x=1", "1&y=2", "1#z", "..", "1%2Fadmin", "1,2", "1 2", "a@b\n", "x" * 201])
def test_an_address_cannot_change_the_url(odd):
    with receiver(200) as (port, seen):
        outcome = AppriseChannel(f"json://127.0.0.1:{port}/to/{{address}}").send(replace(MESSAGE, address=odd))
    assert isinstance(outcome, Refused)
    assert seen == []


@pytest.mark.parametrize("url", ["nonsense", "nosuchservice://x", ""])
def test_a_url_that_apprise_does_not_know_is_refused_at_once_and_not_repeated_in_the_error(url):
    with pytest.raises(InputError) as caught:
        AppriseChannel(url)
    assert not url or url not in str(caught.value)


def test_a_channel_that_is_to_deduplicate_must_hand_on_the_key():
    with pytest.raises(InputError, match="touch_key"):
        AppriseChannel("json://127.0.0.1:9/", deduplicates=True)


@pytest.mark.parametrize("status", [200, 500])
def test_nothing_personal_and_no_secret_gets_into_a_log_or_a_repr(status, caplog):
    with receiver(status) as (port, _), caplog.at_level(logging.DEBUG):
        channel = AppriseChannel(f"json://user:secret@127.0.0.1:{port}/{{address}}")
        outcome = channel.send(MESSAGE)
    told = (
        "".join(record.getMessage() for record in caplog.records if record.name.startswith("apprise"))
        + repr(channel)
        + repr(outcome)
    )
    for word in ("13812341234", "secret", "王", "工资"):
        assert word not in told
