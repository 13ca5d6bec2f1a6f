"""Fifty journeys of twelve steps each: one shape with every common kind of step, fifty sets of figures. `floor/fifty` says the same in SQL."""

from pathlib import Path

JOURNEYS = 50
SEGMENTS = (
    "county", "payroll_detected", "payroll_agreement", "youth", "silver_haired", "new_citizen", "micro_business", "payroll_new",
    "payroll", "payroll_lost",
)  # fmt: skip
PRODUCTS = ("salary_plan", "pension_deposit")
PER_DAY = 10_000
SHAPE = """\
journey: {name}
title: {{zh: 第{number}号旅程, en: Journey {number}}}
purpose: marketing
owner: benchmark
enter: {{segment: {segment}, enrolment: both, when: "age >= {young} and age < {old}", limit: {per_day} per day}}
holdout: 10%
goal: {{event: product_opened, where: "product = '{product}'", value: 100, within: 7 days}}
exit:
  - {{segment: closed_account}}
  - {{event: complaint_opened}}
steps:
  - greet: {{touch: bench_greeting, via: [app_push, sms], valid_for: 2 days}}
  - read: {{wait_for: [{{event: touch.clicked, go: fit}}, {{event: app_login, go: fit}}], within: {read} hours, otherwise: fit}}
  - fit: {{branch: [{{when: "vulnerable", go: cared}}, {{when: "total_balance < {balance} yuan", go: cared}}, {{else: pace}}]}}
  - pace: {{experiment: {{arms: {{soon: offer, rested: rest}}, learn: thompson}}}}
  - rest: {{wait: {rest} hours}}
  - offer: {{touch: bench_offer, via: [app_push, sms], when: "not has_salary_plan", otherwise: cared, valid_for: 2 days, wait: true}}
  - think: {{wait_for: {{event: product_viewed, where: "product = '{product}'", go: looked}}, within: {think} hours, otherwise: level}}
  - level: {{split: {{again: 1, let: 1}}}}
  - again: {{wait: 1 day}}
  - let: {{set: {{bench_{number}: let_go}}}}
  - looked: {{end: looked}}
  - cared: {{end: cared_for}}
"""
MESSAGE = """\
message: {name}
title: {{zh: 基准{name}, en: Benchmark {name}}}
text:
  app_push: {{title: 您好, body: "{{{{ surname }}}}{{{{ honorific }}}}，欢迎您。"}}
  sms: {{body: "{{{{ surname }}}}{{{{ honorific }}}}，欢迎您。拒收请回复R"}}
"""


def journey(number: int) -> str:
    """The text of journey `number` (from 1)."""
    young = 18 + 10 * (number // 10)
    return SHAPE.format(
        name=f"bench_{number:02d}",
        number=number,
        segment=SEGMENTS[number % len(SEGMENTS)],
        young=young,
        old=young + 10,
        per_day=PER_DAY,
        product=PRODUCTS[number % 2],
        read=24 + number,
        balance=1000 + 100 * number,
        rest=12 + number,
        think=48 + number,
    )


def write_fifty(root: Path) -> None:
    """Put the fifty journeys and their two messages in the place of the project's own."""
    for file in [*root.glob("journeys/*.yaml"), *root.glob("journeys/messages/*.yaml"), *root.glob("journeys/tests/*.yaml")]:
        if file.name not in ("policy.yaml", "channels.yaml"):
            file.unlink()
    for number in range(1, JOURNEYS + 1):
        (root / "journeys" / f"bench_{number:02d}.yaml").write_text(journey(number), encoding="utf-8")
    for name in ("bench_greeting", "bench_offer"):
        (root / "journeys" / "messages" / f"{name}.yaml").write_text(MESSAGE.format(name=name), encoding="utf-8")
