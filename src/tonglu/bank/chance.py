"""Counter-based chance: every draw is a function of (seed, purpose, counters), never of what was drawn before.

That gives two things at once. The same bank grows from the same seed whatever the order of the work, and the world has
*common random numbers*: the uniform of a customer, day and goal is the same with and without touches, so the counterfactual
is exact. The mixer is splitmix64 (Steele, Lea and Flood, OOPSLA 2014), applied once per counter.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def mixed(words: Words) -> Words:
    """The splitmix64 finaliser of an array of 64-bit words; the input is not changed."""
    x = words + _GAMMA
    x ^= x >> np.uint64(30)
    x *= _FIRST
    x ^= x >> np.uint64(27)
    x *= _SECOND
    x ^= x >> np.uint64(31)
    return x


def text_words(texts: Iterable[str]) -> Words:
    """One 64-bit word per text (blake2b), so that text keys can be counters."""
    digests = (int.from_bytes(hashlib.blake2b(t.encode(), digest_size=8).digest(), "little") for t in texts)
    return np.fromiter(digests, dtype=np.uint64)


@dataclass(frozen=True)
class Dice:
    """All chance of one bank. `purpose` names the question, `counters` (scalars or arrays that broadcast) the case.

    Put scalars first: the cost is one mixing pass over the broadcast shape per array counter.
    """

    seed: int

    def words(self, purpose: str, *counters: npt.ArrayLike) -> Words:
        """64 random bits per case."""
        state = text_words([f"{self.seed}|{purpose}"])
        for counter in counters:
            state = mixed(state ^ (np.atleast_1d(np.asarray(counter)).astype(np.uint64) * _GAMMA))
        return state

    def uniform(self, purpose: str, *counters: npt.ArrayLike) -> Floats:
        """Uniform in [0, 1) with 53 bits."""
        return np.asarray((self.words(purpose, *counters) >> np.uint64(11)) * 2.0**-53)

    def normal(self, purpose: str, *counters: npt.ArrayLike) -> Floats:
        """Nearly standard normal, within 3.47 either side: the sum of four 16-bit parts of one word."""
        word = self.words(purpose, *counters)
        total = np.zeros(word.shape)
        for shift in (0, 16, 32, 48):
            total += (word >> np.uint64(shift)) & np.uint64(0xFFFF)
        return np.asarray((total / 65536.0 - 2.0) * np.sqrt(3.0))

    def whole(self, purpose: str, low: int, high: int, *counters: npt.ArrayLike) -> Ints:
        """Whole numbers, low <= x < high."""
        return np.asarray(low + np.floor(self.uniform(purpose, *counters) * (high - low))).astype(np.int64)

    def pick(self, purpose: str, weights: npt.ArrayLike, *counters: npt.ArrayLike) -> Ints:
        """Index drawn in proportion to `weights`."""
        return pick(np.asarray(weights, dtype=np.float64), self.uniform(purpose, *counters))


def pick(weights: Floats, u: Floats) -> Ints:
    """Index of the weight in whose share of [0, 1) each `u` falls."""
    edges = np.cumsum(weights)
    found = np.searchsorted(edges[:-1], u * edges[-1], side="right")
    return np.asarray(found).astype(np.int64)
