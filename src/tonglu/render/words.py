"""The words of the pages: what outcomes, gates, reasons, kinds and states are called in Chinese and in English."""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple


class Words(NamedTuple):
    """One thing in both languages."""

    zh: str
    en: str


OUTCOMES = MappingProxyType(
    {
        "sent": Words("已发送", "sent"),
        "deferred": Words("已推迟", "deferred"),
        "dropped": Words("已放弃", "dropped"),
    }
)

GATES = MappingProxyType(
    {
        "journey_live": Words("旅程未在运行", "journey not live"),
        "eligible": Words("不符合触达条件", "not eligible"),
        "suitable": Words("适当性不匹配", "not suitable"),
        "consent": Words("客户未同意", "no consent"),
        "risk": Words("风险管控", "held for risk"),
        "reachable": Words("没有可用渠道", "not reachable"),
        "quiet_hours": Words("免打扰时段", "quiet hours"),
        "contact_policy": Words("触达频次已满", "contact policy"),
        "arbitration": Words("让位于更优触达", "lost arbitration"),
        "capacity": Words("渠道容量已满", "no capacity left"),
        "budget": Words("预算已用完", "budget used up"),
    }
)

REASONS = MappingProxyType(
    {
        "paused": Words("旅程已暂停", "journey paused"),
        "killed": Words("旅程已停止", "journey stopped"),
        "expired": Words("等待超过有效期", "expired before it could be sent"),
        "no_consent": Words("客户未同意该用途", "no consent for the purpose"),
        "opted_out": Words("客户已退订", "customer opted out"),
        "suppressed": Words("在免打扰名单上", "on a suppression list"),
        "complaint": Words("投诉处理中", "complaint open"),
        "complaint_hold": Words("投诉处理中", "complaint open"),
        "no_address": Words("没有联系地址", "no address on any channel"),
        "unreachable": Words("没有可用渠道", "no channel can reach the customer"),
        "channel_off": Words("渠道已关闭", "channel switched off"),
        "quiet_hours": Words("免打扰时段", "quiet hours"),
        "customer_cap": Words("客户触达次数已满", "customer cap reached"),
        "channel_cap": Words("渠道触达次数已满", "channel cap reached"),
        "dwell": Words("距上次触达太近", "too soon after the last touch"),
        "outranked": Words("让位于更优触达", "a better touch went first"),
        "not_eligible": Words("不符合触达条件", "the touch's condition is false"),
    }
)

KINDS = MappingProxyType(
    {
        "touch": Words("触达", "touch"),
        "wait": Words("等待", "wait"),
        "wait_for": Words("等候", "wait for"),
        "branch": Words("判断", "branch"),
        "split": Words("分流", "split"),
        "experiment": Words("实验", "experiment"),
        "set": Words("标记", "set"),
        "enter": Words("进入旅程", "enter"),
        "task": Words("人工任务", "task"),
        "webhook": Words("系统调用", "webhook"),
        "go": Words("转到", "go"),
        "end": Words("结束", "end"),
    }
)

TOUCH_OUTCOMES = MappingProxyType(
    {
        "clicked": Words("已点击", "clicked"),
        "opened": Words("已打开", "opened"),
        "delivered": Words("已送达", "delivered"),
        "under way": Words("在途", "under way"),
        "failed": Words("失败", "failed"),
        "unknown": Words("不明", "unknown"),
        "cancelled": Words("已取消", "cancelled"),
        "expired": Words("已过期", "expired"),
    }
)
"""In the order in which they are stacked, the best at the bottom."""


def reason_words(outcome: str, gate: str | None, reason: str | None) -> Words:
    """A decision's reason in both languages; an unknown one falls back on its gate, then on its outcome.

    The English of an unknown reason is its own name, so that nothing is hidden.
    """
    if reason and (known := REASONS.get(reason)):
        return known
    if gate and (known := GATES.get(gate.replace(" ", "_"))):
        plain = _plain(reason) if reason else ""
        return Words(known.zh, plain if plain and plain != _plain(gate) else known.en)
    if outcome in OUTCOMES:
        return Words(OUTCOMES[outcome].zh, _plain(reason) if reason else OUTCOMES[outcome].en)
    return Words(_plain(reason or outcome), _plain(outcome))


def kind_words(kind: str) -> Words:
    """A step kind in both languages; an unknown one keeps its name."""
    return KINDS.get(kind) or Words(_plain(kind), _plain(kind))


def _plain(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").strip()
