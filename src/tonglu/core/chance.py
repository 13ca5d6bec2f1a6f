"""All chance in Tonglu: the md5 draw (semantics 5), the same number in SQL and in Python, forever.

u = (the first 8 bytes of md5(salt | part | part ...), read little-endian, shifted right by 11) / 2^53, so 0 <= u < 1 and
every value is an exact double. `|` and the escape itself are escaped inside parts, so that no two lists of parts collide.
The SQL twin is the macro `draw` in `warehouse/sql/macros.sql`; a test holds the two together.
"""

from enum import StrEnum
from hashlib import md5


class Salt(StrEnum):
    """Every salt, with its parts; the table in docs/language.md is made from this."""

    GLOBAL_CONTROL = "global_control"  # epoch, customer_id
    HOLDOUT = "holdout"  # journey, customer_id (or the text 'employer <employer_id>' when randomised by employer)
    ENTRY_ORDER = "entry_order"  # journey, customer_id, key
    SPLIT = "split"  # journey, customer_id, step, entry_no
    ARM = "arm"  # journey, customer_id, step, entry_no
    TIE = "tie"  # run's as_of, customer_id, journey, step
    TURN = "turn"  # run's as_of, branch_id


def escape(part: object) -> str:
    r"""A part as text: `\` and `|` are escaped by `\`."""
    return str(part).replace("\\", "\\\\").replace("|", "\\|")


def draw(salt: str, *parts: object) -> float:
    """The uniform draw in [0, 1) for a salt and its parts (none of them None)."""
    digest = md5("|".join([escape(salt), *map(escape, parts)]).encode(), usedforsecurity=False).digest()
    return float((int.from_bytes(digest[:8], "little") >> 11) / 2**53)
