"""What the text of a message must not claim, by the kind of its product. The words and their sources are data.

A claim that is denied ("不保本", "非保本") is none. What variables bring into a text is not looked at here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tonglu.core.errors import Finding, Place, Severity
from tonglu.language.message import INVESTED, STRICT, MessageFile, PlaceOf, text_parts

DENIED = r"(?<!不)(?<!非)(?<!不承诺)(?<!不保证)(?<!并不)(?<!不是)(?<!不得)"


@dataclass(frozen=True)
class Claim:
    """Words that are not to be used, why, and how sure that is."""

    words: tuple[str, ...]
    source: str
    severity: Severity


BANNED = (
    Claim(("保本", "无风险", "保收益", "零风险"), "广告法 art.25", Severity.ERROR),  # [V]
    Claim(("国家级", "最高级", "最佳"), "广告法 art.9", Severity.ERROR),  # [V]
    Claim(
        ("低风险", "低门槛", "秒到账", "高收益", "低利率", "无成本"), "金融产品网络营销管理办法 art.10", Severity.WARNING
    ),  # [S5]
)
LOAN_USES = Claim(
    ("炒股", "理财", "购房", "首付", "投资", "还贷"), "consumer loans are not for these uses", Severity.WARNING
)  # [S40]
PRODUCT_WORDS = ("理财", "基金", "保险", "贷款", "消费贷", "信用贷", "分期")
"""Words by which a text offers a product of a strict kind."""


def claim_findings(message: MessageFile, place_of: PlaceOf) -> Iterator[Finding]:
    """Everything that a message's texts claim and should not, each once per text."""
    kind = message.product.kind if message.product is not None else None
    for loc, text in text_parts(message):
        place = place_of(loc)
        for claim in (*BANNED, *((LOAN_USES,) if kind == "credit" else ())):
            for word in claim.words:
                if re.search(DENIED + word, text):
                    hint = f"Take it out ({claim.source})."
                    yield Finding("TL618", f"'{word}' is not to be claimed", place, hint, claim.severity)
        yield from _of_kind(kind, text, loc[-1] == "body", place)


def _of_kind(kind: str | None, text: str, body: bool, place: Place) -> Iterator[Finding]:
    if (kind == "deposit" and "理财" in text) or (kind in INVESTED and "存款" in text and "非存款" not in text):
        hint = "Speak of one of them (适当性管理办法 art.13)."  # [S2]
        yield Finding("TL619", "deposits and wealth products are mixed in one text", place, hint, Severity.WARNING)
    if kind == "credit" and body and "年化" not in text:
        hint = "Every text about a loan shows 年化利率 (人民银行公告〔2021〕3号)."  # [S8]
        yield Finding("TL620", "the text offers a loan without its yearly rate", place, hint, Severity.WARNING)
    if kind is None and (word := next((one for one in PRODUCT_WORDS if one in text), None)) is not None:
        hint = f"Add product: {{kind: ...}} with what suitability needs ({', '.join(STRICT)}), or {{kind: service}} if nothing is offered."
        yield Finding("TL622", f"the text speaks of '{word}', but the message names no product", place, hint)
