"""The words of the pages in Chinese and in English: outcomes, reasons, step kinds, what became of touches.

Reasons are told by the gates that give them, kinds by the step kinds themselves; a new gate or kind needs no line here.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import NamedTuple


class Words(NamedTuple):
    """One thing in both languages."""

    zh: str
    en: str


OUTCOMES = MappingProxyType({
    "sent": Words("已发送", "sent"),
    "deferred": Words("已推迟", "deferred"),
    "dropped": Words("已放弃", "dropped"),
})  # fmt: skip

TOUCH_OUTCOMES = MappingProxyType({
    "clicked": Words("已点击", "clicked"),
    "opened": Words("已打开", "opened"),
    "delivered": Words("已送达", "delivered"),
    "pending": Words("待确认", "pending"),
    "under way": Words("在途", "under way"),
    "failed": Words("失败", "failed"),
    "unknown": Words("不明", "unknown"),
    "cancelled": Words("已取消", "cancelled"),
    "expired": Words("已过期", "expired"),
})  # fmt: skip
"""In the order in which they are stacked, the best at the bottom."""

# What the engine itself decides, without a gate.
_ENGINE = MappingProxyType({
    "passed": Words("通过全部关口", "passed every gate"),
    "expired": Words("等待超过有效期", "valid_for has passed"),
})  # fmt: skip

_CHINESE_THEN_ENGLISH = re.compile(r"^(\S*[\u4e00-\u9fff]\S*)\s+([A-Za-z].*)$")


def two_languages(text: str) -> Words:
    """Splits '中文 english'; a text in one language stands for both."""
    parts = _CHINESE_THEN_ENGLISH.match(text)
    return Words(parts[1], parts[2]) if parts else Words(text, text)


def reason_words(outcome: str, gate: str | None, reason: str | None) -> Words:
    """A decision's reason in both languages; one that no gate declares falls back on its gate, then on its own name."""
    from tonglu.gates import decision_chain  # Gates load sqlglot, which most tables do without.

    known = next((one for one in decision_chain() if one.name == gate), None)
    if known and reason and reason in known.reasons:
        return two_languages(known.reasons[reason])
    if reason and reason in _ENGINE:
        return _ENGINE[reason]
    if known:
        return Words(two_languages(known.title).zh, _plain(reason or known.name))
    return Words(_plain(reason or outcome), _plain(reason or outcome))


def kind_words(kind: str) -> Words:
    """A step kind in both languages; an unknown one keeps its name."""
    from tonglu.steps import step_kinds

    if kind == "start":
        return Words("进入", "Enter")
    known = step_kinds().get(kind)
    return two_languages(known.title) if known else Words(_plain(kind), _plain(kind))


def _plain(name: str) -> str:
    return name.replace("_", " ").strip()
