"""What a word about channel and purpose means, however it is written: in any case, with spaces around it, or for every one."""

from collections.abc import Collection
from dataclasses import dataclass
from unicodedata import normalize

EVERY = "*"
_FOR_EVERY = frozenset({"", EVERY, "all"})


@dataclass(frozen=True)
class Meant:
    """A channel and a purpose, each by name or '*'; not `clear` where what was written is neither a name nor every one."""

    channel: str
    purpose: str
    clear: bool = True


def folded(written: str | None) -> str:
    """A channel or purpose in the one way in which it is kept; nothing and 'all' are '*'."""
    word = normalize("NFKC", written or "").strip().lower()
    return EVERY if word in _FOR_EVERY else word


def meant(channel: str | None, purpose: str | None, channels: Collection[str], purposes: Collection[str]) -> Meant:
    """What is meant by a word out. One that names nothing known is about every one: stopping too much is the safe side."""
    named, why = folded(channel), folded(purpose)
    own, whole = named in {*channels, EVERY}, why in {*purposes, EVERY}
    return Meant(named if own else EVERY, why if whole else EVERY, own and whole)
