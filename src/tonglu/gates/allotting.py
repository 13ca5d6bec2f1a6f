"""Allotting: the places go to the competitors. Ranking decides where limits are nested or apart; where they cross, the linear programme
over cohorts, one priority group after the other. Customers are moved by SQL alone: what comes here and goes back is about cohorts."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tonglu.core.ports import Warehouse
from tonglu.stats.allocation import Allocation, Problem, allocate
from tonglu.stats.separation import Kind, Separation, Uses, separate

CELLS = 200_000
SINGLE = 3_000
MOST_BUCKETS = 64
"""A cohort's values are cut into so many buckets at most; up to `SINGLE` competitors each is a bucket of its own."""
COHORTS = "SELECT cohort, priority, size FROM cohort ORDER BY cohort"
OPTIONS = "SELECT cohort, epoch_us(starts) FROM planning_option ORDER BY option_no"
USES = "SELECT option_no, allotment_no, amount FROM allotment_use ORDER BY option_no, allotment_no"
ROOMS = "SELECT room FROM allotment ORDER BY allotment_no"
KINDS = (
    "CREATE OR REPLACE TEMP TABLE cohort_kind AS SELECT unnest($cohorts::BIGINT[]) AS cohort, unnest($kinds::VARCHAR[]) AS kind"
)
FREE = """
    INSERT INTO placed
    SELECT c.proposal_no, o.option_no FROM competitor AS c JOIN cohort_kind AS k USING (cohort)
    JOIN (SELECT cohort, min(option_no) AS option_no FROM planning_option GROUP BY cohort) AS o USING (cohort) WHERE k.kind = 'free'
"""
SEEKING = """
    CREATE OR REPLACE TEMP TABLE exact_option AS
    SELECT unnest($options::BIGINT[]) AS option_no, unnest($cohorts::BIGINT[]) AS cohort, unnest($stages::INTEGER[]) AS stage;
    CREATE OR REPLACE TEMP TABLE exact_room AS
    SELECT a.allotment_no, a.room, l.level
    FROM allotment AS a JOIN (SELECT unnest($limits::BIGINT[]) AS allotment_no, unnest($levels::INTEGER[]) AS level) AS l USING (allotment_no);
    CREATE OR REPLACE TEMP TABLE seeking AS
    SELECT c.proposal_no, c.cohort, row_number() OVER (ORDER BY c.priority, c.score DESC, c.tie, c.proposal_no) AS rank
    FROM competitor AS c JOIN cohort_kind AS k USING (cohort) WHERE k.kind = 'exact'
"""
TAKEN = "SELECT option_no, count(*) FROM placed JOIN exact_option USING (option_no) GROUP BY option_no"
RANKED = """
    CREATE OR REPLACE TEMP TABLE ranked AS
    SELECT c.proposal_no, c.cohort, c.priority, c.score,
        row_number() OVER (PARTITION BY c.cohort ORDER BY c.score DESC, c.tie, c.proposal_no) AS place
    FROM competitor AS c JOIN cohort_kind AS k USING (cohort) WHERE k.kind <> 'free'
"""
BUCKETS = """
    SELECT r.priority, r.cohort, count(*), avg(r.score::DECIMAL(24, 6))::DOUBLE, min(r.score)::DOUBLE, max(r.score)::DOUBLE
    FROM ranked AS r JOIN cohort AS k USING (cohort)
    GROUP BY r.priority, r.cohort, CASE WHEN k.size <= $buckets THEN r.place ELSE (r.place - 1) * $buckets // k.size END
    ORDER BY r.priority, r.cohort, max(r.score) DESC, avg(r.score) DESC
"""
GRANTED = """
    INSERT INTO placed
    SELECT r.proposal_no, g.option_no
    FROM ranked AS r JOIN (
        SELECT unnest($cohorts::BIGINT[]) AS cohort, unnest($options::BIGINT[]) AS option_no,
            unnest($above::BIGINT[]) AS above, unnest($places::BIGINT[]) AS places
    ) AS g ON g.cohort = r.cohort AND r.place > g.above AND r.place <= g.above + g.places
"""
QUALITY = """
    CREATE OR REPLACE TEMP TABLE quality AS
    SELECT unnest($priorities::INTEGER[]) AS priority, unnest($bounds::DOUBLE[]) AS bound, unnest($methods::VARCHAR[]) AS method
"""
PRICES = """
    CREATE OR REPLACE TEMP TABLE cohort_price AS SELECT unnest($cohorts::BIGINT[]) AS cohort, unnest($needs::DOUBLE[])::DECIMAL(18, 6) AS needs;
    UPDATE allotment SET shadow_price = p.price
    FROM (SELECT unnest($limits::BIGINT[]) AS allotment_no, unnest($prices::DOUBLE[])::DECIMAL(18, 6) AS price) AS p
    WHERE p.allotment_no = allotment.allotment_no
"""
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass
class _Market:
    """The cohorts and what they compete for, as arrays, and what has come out so far."""

    priority: Integers
    uses: Uses
    cut: Separation
    left: Integers
    price: Floats
    needs: Floats
    bounds: dict[int, tuple[float, str]] = field(default_factory=dict)


def allot(warehouse: Warehouse) -> None:
    """Fill `placed`, and write down prices and bounds."""
    cohorts, options = _columns(warehouse, COHORTS, 3), _columns(warehouse, OPTIONS, 2)
    rows, room = _columns(warehouse, USES, 3), _columns(warehouse, ROOMS, 1)[0]
    uses = Uses(cohorts[2], options[0], options[1], rows[0], rows[1], rows[2], room)
    market = _Market(cohorts[1], uses, separate(uses), room.copy(), np.zeros(len(room)), np.zeros(len(cohorts[0])))
    kinds = [kind.value for kind in market.cut.kind]
    warehouse.execute(KINDS, cohorts=list(range(len(kinds))), kinds=kinds)
    warehouse.execute(FREE)
    if Kind.EXACT.value in kinds or Kind.CROSSING.value in kinds:
        taken = _by_ranking(warehouse, market) if Kind.EXACT.value in kinds else {}
        _by_programme(warehouse, market, taken)
    warehouse.execute(
        QUALITY,
        priorities=list(market.bounds),
        bounds=[bound for bound, _ in market.bounds.values()],
        methods=[method for _, method in market.bounds.values()],
    )
    limits = np.flatnonzero(market.cut.binding)
    warehouse.execute(
        PRICES,
        cohorts=list(range(len(kinds))),
        needs=market.needs.tolist(),
        limits=limits.tolist(),
        prices=market.price[limits].tolist(),
    )


def _columns(warehouse: Warehouse, query: str, width: int) -> list[Integers]:
    rows = warehouse.fetch(query)
    return list(np.array(rows, dtype=np.int64).reshape(len(rows), width).T)


def _by_ranking(warehouse: Warehouse, market: _Market) -> dict[int, int]:
    """Let the cohorts in which ranking is exact try time by time; the places taken, by option."""
    uses, cut = market.uses, market.cut
    options, limits = np.flatnonzero(cut.stage >= 0), np.flatnonzero(cut.level >= 0)
    times = np.unique(cut.stage[options])
    warehouse.execute(
        SEEKING,
        options=options.tolist(),
        cohorts=uses.option_group[options].tolist(),
        stages=np.searchsorted(times, cut.stage[options]).tolist(),
        limits=limits.tolist(),
        levels=cut.level[limits].tolist(),
    )
    for stage in range(len(times)):
        warehouse.run("allocate/exact_stage", stage=stage)
        for level in range(int(cut.level.max()) + 1):
            warehouse.run("allocate/exact_level", level=level)
        warehouse.run("allocate/exact_take")
    return dict(warehouse.fetch(TAKEN))


def _by_programme(warehouse: Warehouse, market: _Market, taken: dict[int, int]) -> None:
    """Allocate the crossing cohorts, the most urgent priority group first; prices and bounds of all that compete."""
    warehouse.execute(RANKED)
    kinds = np.array([kind.value for kind in market.cut.kind])
    competing = kinds != Kind.FREE.value
    size = int(market.uses.size[competing].sum())
    buckets = size if size <= SINGLE else max(4, min(MOST_BUCKETS, CELLS // int(competing.sum())))
    cells = np.array(warehouse.fetch(BUCKETS, buckets=buckets), dtype=np.float64)
    exactly = np.zeros(len(market.uses.option_group), dtype=np.int64)
    exactly[list(taken)] = list(taken.values())
    for priority in np.unique(market.priority[competing]).tolist():
        mine = np.flatnonzero(competing & (market.priority == priority))
        problem, options = _problem(market, mine, cells[cells[:, 0] == priority])
        answer = allocate(problem)
        quota = np.where(kinds[market.uses.option_group[options]] == Kind.EXACT.value, exactly[options], answer.quota)
        crossing = kinds[mine] == Kind.CROSSING.value
        if crossing.any():
            _grant(warehouse, market, options, np.where(exactly[options] > 0, 0, quota), kinds)
        market.bounds[priority] = (answer.bound, Kind.CROSSING.value if crossing.any() else Kind.EXACT.value)
        _settle(market, problem, mine, options, quota, answer)


def _problem(market: _Market, mine: Integers, cells: Floats) -> tuple[Problem, Integers]:
    """The cohorts of one priority group as a problem of their own, over the limits that bind; and its options' numbers."""
    uses = market.uses
    number = np.full(len(uses.size), -1, dtype=np.int64)
    number[mine] = np.arange(len(mine))
    options = np.flatnonzero(number[uses.option_group] >= 0)
    place = np.full(len(uses.option_group), -1, dtype=np.int64)
    place[options] = np.arange(len(options))
    rows = (place[uses.option] >= 0) & market.cut.binding[uses.limit]
    return (
        Problem(
            number[cells[:, 1].astype(np.int64)],
            cells[:, 2].astype(np.int64),
            cells[:, 3],
            cells[:, 4],
            cells[:, 5],
            number[uses.option_group[options]],
            place[uses.option[rows]],
            uses.limit[rows],
            uses.amount[rows],
            np.maximum(market.left, 0),
        ),
        options,
    )


def _grant(warehouse: Warehouse, market: _Market, options: Integers, quota: Integers, kinds: npt.NDArray[np.str_]) -> None:
    """Give the best of each crossing cohort its places, the earliest option to the best."""
    cohort = market.uses.option_group[options]
    quota = np.where(kinds[cohort] == Kind.CROSSING.value, quota, 0)
    before = np.cumsum(quota) - quota
    above = before - before[np.searchsorted(cohort, cohort)]
    some = quota > 0
    warehouse.execute(
        GRANTED,
        cohorts=cohort[some].tolist(),
        options=options[some].tolist(),
        above=above[some].tolist(),
        places=quota[some].tolist(),
    )


def _settle(market: _Market, problem: Problem, mine: Integers, options: Integers, quota: Integers, answer: Allocation) -> None:
    """What the next priority group finds; the price of a limit is that of the first group which it holds back."""
    used = np.zeros(len(market.left), dtype=np.int64)
    np.add.at(used, problem.use_limit, problem.use_amount * quota[problem.use_option])
    market.left -= used
    market.price = np.where(market.price > 0, market.price, answer.price)
    paid = np.zeros(len(options))
    np.add.at(paid, problem.use_option, problem.use_amount * answer.price[problem.use_limit])
    cheapest = np.full(len(mine), np.inf)
    np.minimum.at(cheapest, problem.option_group, paid)
    market.needs[mine] = cheapest
