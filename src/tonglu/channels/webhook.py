"""The webhook channel: one JSON document per touch, posted to a system of the bank's own.

URL and secret come from the environment, so neither is in a file. The document is the same on every attempt of a touch, and so is
its signature: `Idempotency-Key` is the touch's key, `Tonglu-Signature` is `sha256=` and the HMAC-SHA256 of the body in hex. Nothing is
tried again here; what an answer means is said in one place, `_outcome`, and the deliverer decides.
"""

import hmac
import json
import logging
import ssl
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, cached_property
from hashlib import sha256
from importlib.util import find_spec
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field

from tonglu.channels.spec import ChannelContext, ChannelOptions, ChannelSpec
from tonglu.core.delivery import Delivered, OutboundMessage, Outcome, Refused, Retry, Unsure
from tonglu.core.errors import Finding, InputError, Place

DOCUMENT_VERSION = 1
SHORTEST_SECRET = 16
LARGEST_ANSWER = 4096
"""A longer answer is not read, and its connection is not used again."""
_ALREADY = 409
_TOOK_NOTHING_NOW = frozenset({425, 429, 503})
_IN_DOUBT = frozenset({408})
_sending: ContextVar[bool] = ContextVar("_sending", default=False)


class WebhookOptions(ChannelOptions):
    """`url_from`, `secret_from`: the environment variables with URL and secret; `deduplicates`: whether the system takes a key once;
    `timeout_seconds`: how long to wait for a connection, and for an answer."""

    url_from: str
    secret_from: str
    deduplicates: bool = False
    timeout_seconds: Annotated[int, Field(ge=1, le=60)] = 10


class WebhookChannel:
    """One URL. Neither it nor the secret is in a repr, log or error."""

    kind = "webhook"

    def __init__(self, url: str, secret: str, *, deduplicates: bool = False, timeout_seconds: float = 10) -> None:
        """Check URL and secret; nothing is sent.

        Raises:
            InputError: httpx is not installed, the URL is not https (http is taken for this machine alone), or the secret is too short
                to protect anything.
        """
        if find_spec("httpx") is None:
            raise _unusable("a webhook needs httpx, which is not installed: pip install 'tonglu[channels]'")
        if not _may_be_posted_to(url):
            raise _unusable("the URL must begin with https:// and name a host; http:// is taken for this machine alone")
        if len(secret) < SHORTEST_SECRET:
            raise _unusable(f"the secret has fewer than {SHORTEST_SECRET} characters")
        self._url, self._secret, self._timeout = url, secret.encode(), timeout_seconds
        self._deduplicates = deduplicates

    @property
    def deduplicates(self) -> bool:
        """Whether the system takes a key once."""
        return self._deduplicates

    def send(self, message: OutboundMessage) -> Outcome:
        """Post once."""
        import httpx

        body = document(message)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": message.touch_key,
            "Tonglu-Signature": signature(body, self._secret),
            "Tonglu-Attempt": str(message.attempt),
        }
        try:
            with _in_silence(), self._client.stream("POST", self._url, content=body, headers=headers) as answer:
                _read_short(answer)
                return _outcome(answer.status_code, self._deduplicates)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Retry("the system was not reached", reached=False)
        except httpx.TimeoutException:
            return Unsure(f"no answer within {self._timeout} seconds")
        except httpx.TransportError:
            return Unsure("the connection broke before the system answered")

    @cached_property
    def _client(self) -> Any:
        """A client that follows no redirect and asks the environment for no proxy; certificates are judged by this machine's store."""
        import httpx

        client = httpx.Client(verify=ssl.create_default_context(), timeout=self._timeout, follow_redirects=False, trust_env=False)
        weakref.finalize(self, client.close)
        return client


@contextmanager
def _in_silence() -> Iterator[None]:
    """Keep httpx from writing the URL to its log while this thread sends; others' requests are logged as ever."""
    _silence_httpx()
    token = _sending.set(True)
    try:
        yield
    finally:
        _sending.reset(token)


@cache
def _silence_httpx() -> None:
    logging.getLogger("httpx").addFilter(lambda record: not _sending.get())


def document(message: OutboundMessage) -> bytes:
    """What is posted: JSON in UTF-8, equal for equal messages whichever attempt it is."""
    said = {
        "version": DOCUMENT_VERSION,
        "touch_key": message.touch_key,
        "channel": message.channel,
        "customer_id": message.customer_id,
        "address": message.address,
        "message": message.message,
        "arm": message.arm,
        "title": message.title,
        "body": message.body,
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def signature(body: bytes, secret: bytes) -> str:
    """The header by which the system knows that a document is the bank's and whole."""
    return f"sha256={hmac.new(secret, body, sha256).hexdigest()}"


def _outcome(status: int, deduplicates: bool) -> Outcome:
    """What an answer means. 5xx and 408 may come after the work was done, so nobody can tell; where the system takes a key once, 409
    says that it took this one before."""
    reason = f"the system answered {status}"
    if 200 <= status < 300:
        return Delivered(reason)
    if status == _ALREADY and deduplicates:
        return Delivered("the system had taken it before")
    if status in _TOOK_NOTHING_NOW:
        return Retry(reason)
    return Unsure(reason) if status in _IN_DOUBT or status >= 500 else Refused(reason)


def _read_short(answer: Any) -> None:
    """Read a short answer, so that its connection can be used again; what it says does not matter."""
    import httpx

    length = answer.headers.get("Content-Length", "")
    if length.isdigit() and int(length) <= LARGEST_ANSWER:
        try:
            answer.read()
        except httpx.TransportError:
            return


def _may_be_posted_to(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host)))


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _unusable(message: str) -> InputError:
    return InputError([Finding("TL813", message, Place("journeys/channels.yaml"))])


def _build(options: WebhookOptions, context: ChannelContext) -> WebhookChannel:
    missing = [name for name in (options.url_from, options.secret_from) if not context.secrets.get(name)]
    if missing:
        said = f"channel '{context.name}': the environment variable {{}} is not set"
        place = Place("journeys/channels.yaml")
        raise InputError([Finding("TL814", said.format(name), place) for name in missing])
    url, secret = (context.secrets[name] for name in (options.url_from, options.secret_from))
    return WebhookChannel(url, secret, deduplicates=options.deduplicates, timeout_seconds=options.timeout_seconds)


SPEC = ChannelSpec("webhook", "A system of the bank's own, over HTTP", False, WebhookOptions, _build)
