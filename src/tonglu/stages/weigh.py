"""Weigh: score = P x V x C x L of the proposals that came as far as competition (semantics 22)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlglot import exp

from tonglu.core.ports import Warehouse
from tonglu.core.sql import about_customer

LEVERS = "CREATE OR REPLACE TEMP TABLE lever_now (scope VARCHAR, name VARCHAR, factor DECIMAL(9, 4))"
LEVER = "INSERT INTO lever_now VALUES ($scope, $name, $factor)"
KEEP = "INSERT INTO tonglu.lever_position VALUES ($run_no, $scope, $name, $factor, $until, $reason, $by)"
WORTH = """
    INSERT INTO tonglu.worth
    SELECT $run_no, journey, step_key, step, topic, p, v, source, base FROM worth
    WHERE step_key IN (SELECT step_key FROM proposal WHERE NOT ghost) ORDER BY step_key
"""
CONTEXT = """
    UPDATE weighing SET context = CAST(context * CAST($weight AS DECIMAL(9, 4)) AS DECIMAL(18, 4)), weights = list_append(weights, $number)
    FROM (
        SELECT w.customer_id FROM weighed_customer AS w LEFT JOIN tonglu.profile AS profile ON profile.customer_id = w.customer_id
        WHERE slot('condition')
    ) AS held
    WHERE held.customer_id = weighing.customer_id
"""


@dataclass(frozen=True)
class Lever:
    """A factor that holds in this run, on a journey, a channel or a product."""

    scope: str
    name: str
    factor: Decimal
    until: datetime
    reason: str
    by: str


def keep(warehouse: Warehouse, levers: Collection[Lever]) -> None:
    """Keep the levers that this run saw, for explaining and replaying it."""
    for one in levers:
        warehouse.execute(KEEP, scope=one.scope, name=one.name, factor=one.factor, until=one.until, reason=one.reason, by=one.by)


def value(warehouse: Warehouse) -> None:
    """P x V of every touch, in `worth`; before anything is proposed."""
    warehouse.run("decide/worth")


def weigh(warehouse: Warehouse, context: Collection[tuple[Decimal, exp.Expression]], levers: Collection[Lever]) -> None:
    """Multiply the scores of what is still in the chain by context and levers; what weighs 1 throughout is left as it is.

    Args:
        warehouse: the warehouse, with the proposals of the run.
        context: weights with the condition on the customer under which each holds, in written order.
        levers: the factors of this run.
    """
    warehouse.execute(WORTH)
    if not context and not levers:
        return
    warehouse.execute(LEVERS)
    for one in levers:
        warehouse.execute(LEVER, scope=one.scope, name=one.name, factor=one.factor)
    warehouse.run("decide/weigh_begin")
    for number, (weight, condition) in enumerate(context, 1):
        warehouse.execute(about_customer(CONTEXT, "w", condition=condition), weight=weight, number=number)
    warehouse.run("decide/weigh_end")
