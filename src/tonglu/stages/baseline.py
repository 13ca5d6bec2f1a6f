"""Baseline: what was known of an entry when it was assigned, before any touch could act (stratum, what foretells its goals, covariates)."""

from sqlglot import exp

from tonglu.compile.program import CompiledJourney, Program
from tonglu.core.ports import Warehouse
from tonglu.core.sql import Slot, alike, among, fill

KEEP = """
    INSERT INTO tonglu.baseline
    SELECT n.entry_id, slot('stratum'), slot('adjust'), slot('covariates')
    FROM entering AS n LEFT JOIN tonglu.profile AS profile ON profile.customer_id = n.customer_id
    WHERE slot('mine') ORDER BY n.entry_id
"""
STRATUM = "coalesce(CAST(slot('attribute') AS VARCHAR), '')"
HUNDREDTHS = "CAST(round(100 * TRY_CAST(slot('attribute') AS DECIMAL(18, 4))) AS BIGINT)"


def pin_baseline(warehouse: Warehouse, program: Program) -> None:
    """Keep it for those who enter in this run, of journeys that ask for any of it."""
    covariates = program.policy.measurement.covariates
    asking = [journey for journey in program.current if covariates or _asks(journey)]
    for group in alike(asking, lambda one: (one.header.strata, *(goal.adjust for goal in one.goals))):
        journey = group[0]
        stratum: Slot = fill(STRATUM, attribute=_attribute(journey.header.strata)) if journey.header.strata else ""
        warehouse.execute(
            fill(
                KEEP,
                stratum=stratum,
                adjust=_list([goal.adjust for goal in journey.goals]),
                covariates=_list(covariates),
                mine=among(exp.column("version_no", table="n"), [one.version_no for one in group]),
            )
        )


def _asks(journey: CompiledJourney) -> bool:
    return journey.header.strata is not None or any(goal.adjust for goal in journey.goals)


def _attribute(name: str) -> exp.Column:
    return exp.column(name, table="profile", quoted=True)


def _list(names: "tuple[str, ...] | list[str | None]") -> exp.Expression:
    """Attributes as whole hundredths, each in its place; NULL where there is none."""
    items = [fill(HUNDREDTHS, attribute=_attribute(name)) if name else exp.null() for name in names]
    return exp.cast(exp.Array(expressions=items), "BIGINT[]", dialect="duckdb")
