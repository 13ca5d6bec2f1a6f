"""Chance, written again from the contract: the first 8 bytes of an md5, little-endian, shifted right by 11, over 2^53."""

import hashlib
import struct
from collections.abc import Sequence


def u(salt: str, *parts: object) -> float:
    """The draw in [0, 1) of a salt and its parts."""
    words = [str(word).replace("\\", "\\\\").replace("|", "\\|") for word in (salt, *parts)]
    (number,) = struct.unpack_from("<Q", hashlib.md5("|".join(words).encode("utf-8")).digest())
    return (number >> 11) / 9007199254740992


def pick(draw: float, weights: Sequence[float]) -> int:
    """Which of several weights, laid one after the other in written order, a draw falls on; the remainder is the last one's."""
    total, reached = sum(weights), 0.0
    for number, weight in enumerate(weights[:-1]):
        reached += weight / total
        if draw < reached:
            return number
    return len(weights) - 1
