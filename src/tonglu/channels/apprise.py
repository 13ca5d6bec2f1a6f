"""The Apprise channel: any service that Apprise speaks to, for people and low volumes.

The URL is a secret, so channels.yaml names the environment variable that holds it. `{address}` and `{touch_key}` in the URL
become the touch's own, quoted: an SMS gateway's target, a header with which a receiver can tell a repeat. Apprise answers with a
bare bool; what it said to its log beside tells whether the receiver was reached, refused, or left us in doubt.
"""

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field

from tonglu.channels.spec import ChannelContext, ChannelOptions, ChannelSpec
from tonglu.core.delivery import Delivered, OutboundMessage, Outcome, Refused, Retry, Unsure
from tonglu.core.errors import Finding, InputError, Place

_STATUS = re.compile(r"error=(\d{3})")
_NOT_REACHED = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeout|Connection refused|Failed to resolve|Network is unreachable"
)
_ADDRESS = re.compile(r"[\w.+@:=-]{1,200}")
"""Apprise unquotes a URL before it takes it apart, so quoting alone does not keep an address in its place."""
_TOOK_NOTHING_NOW = frozenset({425, 429, 503})
_IN_DOUBT = frozenset({408, 500, 502, 504})
_one_at_a_time = Lock()


class AppriseOptions(ChannelOptions):
    """`url_from`: the environment variable with the URL; `deduplicates`: the receiver honours the key that the URL hands on."""

    url_from: Annotated[str, Field(pattern="^[A-Z][A-Z0-9_]{0,127}$")]
    deduplicates: bool = False


class AppriseChannel:
    """One Apprise URL. The URL is in no repr, log or error."""

    kind = "apprise"

    def __init__(self, url: str, *, deduplicates: bool = False) -> None:
        """Check the URL; nothing is sent.

        Raises:
            InputError: Apprise does not know such a URL, or it is to deduplicate but carries no `{touch_key}`.
        """
        if deduplicates and "{touch_key}" not in url:
            message = "a receiver can honour keys only if the URL hands on {touch_key}"
            raise InputError([Finding("TL813", message, Place("journeys/channels.yaml"))])
        self._url = url
        self._deduplicates = deduplicates
        with _apprise_says():
            if not self._service(url.replace("{address}", "10000000000").replace("{touch_key}", "key")):
                message = "Apprise does not know a service with such a URL"
                raise InputError([Finding("TL813", message, Place("journeys/channels.yaml"))])

    @property
    def deduplicates(self) -> bool:
        """Whether the receiver honours the key in the URL."""
        return self._deduplicates

    def send(self, message: OutboundMessage) -> Outcome:
        """Notify once."""
        if "{address}" in self._url:
            if not message.address:
                return Refused("no address")
            if not _ADDRESS.fullmatch(message.address) or ".." in message.address:
                return Refused("the address has characters that could change the URL")
        url = self._url.replace("{address}", quote(message.address, safe=""))
        url = url.replace("{touch_key}", quote(message.touch_key, safe=""))
        with _one_at_a_time, _apprise_says() as said:
            service = self._service(url)
            if not service:
                return Refused("Apprise does not take the address")
            sent = service.notify(body=message.body, title=message.title)
        return Delivered() if sent else _reason("\n".join(said))

    @staticmethod
    def _service(url: str) -> Any:
        service = _apprise()()
        return service if service.add(url) else None


@cache
def _apprise() -> Any:
    """Apprise's class, with its plugins loaded; they use modules that Python will drop, which is Apprise's affair."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from apprise import Apprise

        Apprise.instantiate("json://127.0.0.1")
    return Apprise


def _reason(said: str) -> Outcome:
    """The outcome behind a False, from the lines that Apprise wrote; the reason holds a status, never an address."""
    if status := _STATUS.search(said):
        code = int(status[1])
        reason = f"the service answered {code}"
        if code in _TOOK_NOTHING_NOW:
            return Retry(reason)
        return Unsure(reason) if code in _IN_DOUBT or code >= 500 else Refused(reason)
    if _NOT_REACHED.search(said):
        return Retry("the service was not reached", reached=False)
    return Unsure("the connection broke before the service answered")


@contextmanager
def _apprise_says() -> Iterator[list[str]]:
    """Collect what Apprise writes to its logger, and let none of it go further: it holds addresses and texts."""
    logger = logging.getLogger("apprise")
    said: list[str] = []

    def keep(record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if record.levelno >= logging.WARNING or text.startswith("Socket Exception"):
            said.append(text)
        return False

    level = logger.level
    logger.addFilter(keep)
    logger.setLevel(logging.DEBUG)
    try:
        yield said
    finally:
        logger.setLevel(level)
        logger.removeFilter(keep)


def _build(options: AppriseOptions, context: ChannelContext) -> AppriseChannel:
    url = context.secrets.get(options.url_from)
    if not url:
        message = f"channel '{context.name}': the environment variable {options.url_from} is not set"
        raise InputError([Finding("TL814", message, Place("journeys/channels.yaml"))])
    return AppriseChannel(url, deduplicates=options.deduplicates)


SPEC = ChannelSpec("apprise", "Any service of Apprise", False, AppriseOptions, _build)
