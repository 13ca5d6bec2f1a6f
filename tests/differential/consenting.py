"""The gate `consent`: complaints, profiling, opt-outs by purpose and channel, answers that are opt-outs; and what they take back."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.differential.world import World

CHANNELS = ("app_push", "sms")
MARKETING, PROFILING = "marketing", "profiling"
PURPOSES = (MARKETING, "service", "care", "regulatory", PROFILING)
ALL = (None, "*")


@dataclass(frozen=True)
class Word:
    """What a customer said at an instant: out of a channel and purpose (or all), or in again."""

    at: datetime
    out: bool
    channel: str | None
    purpose: str | None


def words(world: World, customer: int) -> Iterator[Word]:
    """Every word of a customer that the run knows; no event is a word in."""
    rules = world.policy.consent
    stops = {word.strip().upper() for word in rules.stop_words}
    for event in world.known(customer):
        if event.name == "opt_out":
            channel = placed(event.properties.get("channel"), CHANNELS)
            purpose = placed(event.properties.get("purpose"), PURPOSES)
            yield Word(event.at, True, channel, purpose)
        elif event.touch is not None:
            on = world.touched(event)
            said = re.sub(r"[\s.。!！,，]", "", str(event.properties.get("text") or "").upper())
            answered = event.name == "touch.replied" and on in rules.stop_channels and said in stops
            if answered or (event.name == "touch.refused" and on in rules.refusals):
                yield Word(event.at, True, on, MARKETING)


def placed(written: str | None, known: Sequence[str]) -> str | None:
    """The channel or purpose of a word out, or none for every one: written so, not written, or something that nobody knows."""
    word = (written or "").strip().lower()
    return None if word in ("", "all", "*") or word not in known else word


def last(said: list[Word]) -> Word | None:
    """The latest of some words; out wins a tie."""
    return max(said, key=lambda word: (word.at, word.out), default=None)


def refused(world: World, customer: int, purpose: str, via: Sequence[str]) -> tuple[str | None, list[str]]:
    """The reason that stops a touch, or none; and the channels that may be used."""
    if purpose == MARKETING and complaining(world, customer):
        return "complaint_hold", []
    said = list(words(world, customer))
    about = last([word for word in said if word.purpose == PROFILING])
    if purpose == MARKETING and about is not None and about.out:
        return "profiling_refused", []
    may, out = [], False
    for channel in via:
        newest = last([word for word in said if word.channel in (*ALL, channel) and word.purpose in (*ALL, purpose)])
        consent = world.facts.consent(customer, purpose, channel, world.run)
        granted = consent is not None and consent.granted
        is_out = newest is not None and newest.out
        if consent is not None and granted and newest is not None and consent.at > newest.at:
            is_out = False
        out |= is_out
        if granted and not is_out:
            may.append(channel)
    return (None if may else "opted_out" if out else "no_consent"), may


def complaining(world: World, customer: int) -> bool:
    """Whether a complaint of a customer holds marketing: it is open, or was closed a short while ago."""
    hold = world.policy.consent.complaint_hold
    if hold is None:
        return False
    complaints = world.facts.complained(customer, world.run)
    return any(c.opened <= world.as_of and (c.closed is None or c.closed > world.as_of - hold) for c in complaints)


def take_back(world: World) -> None:
    """What waits and may not leave any more: by a consent that a file withdrew, or a complaint. The run itself still counts it."""
    for touch in world.state.touches:
        if touch.gone is not None or touch.run == world.run or touch.expires_at <= world.as_of or skips(world, touch.purpose):
            continue
        consent = world.facts.consent(touch.entry.customer, touch.purpose, touch.channel, world.run)
        withdrawn = consent is not None and not consent.granted and consent.run == world.run
        if withdrawn or (touch.purpose == MARKETING and complaining(world, touch.entry.customer)):
            touch.gone = world.run
            world.note("taken_back", touch.entry, touch.step, "a consent that is withdrawn" if withdrawn else "a complaint")


def skips(world: World, purpose: str) -> bool:
    """Whether touches of a purpose need no consent."""
    special = world.policy.purposes.get(purpose)
    return special is not None and "consent" in special.skips
