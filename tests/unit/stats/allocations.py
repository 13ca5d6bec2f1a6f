"""Small random problems of allocation, and their best answers by a search over single proposals."""

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from tonglu.stats.allocation import Problem


def random_problem(seed, groups=6, options=3, limits=6):
    """Groups of single proposals with values, options and crossing limits, all drawn from one seed."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, groups + 1))
    cell_group = np.repeat(np.arange(count), rng.integers(1, 6, count))
    drawn = np.round(rng.gamma(1, 10, len(cell_group)), 2)
    value = np.concatenate([np.sort(drawn[cell_group == group])[::-1] for group in range(count)])
    option_group = np.repeat(np.arange(count), rng.integers(1, options + 1, count))
    known = int(rng.integers(1, limits + 1))
    uses = [(o, n, int(rng.integers(1, 4))) for o in range(len(option_group)) for n in range(known) if rng.random() < 0.5]
    columns = np.array(uses, dtype=np.int64).reshape(len(uses), 3).T
    return Problem(
        cell_group, np.ones(len(value), dtype=np.int64), value, value, value, option_group, *columns, rng.integers(0, 8, known)
    )


def usage(problem, quota):
    """What places take of each limit."""
    found = np.zeros(len(problem.room), dtype=np.int64)
    np.add.at(found, problem.use_limit, problem.use_amount * quota[problem.use_option])
    return found


def best_value(problem):
    """The greatest value, over every proposal and option by itself."""
    pairs = [
        (cell, option)
        for cell, group in enumerate(problem.cell_group)
        for option in np.flatnonzero(problem.option_group == group)
    ]
    takes, once = np.zeros((len(problem.room), len(pairs))), np.zeros((len(problem.size), len(pairs)))
    for number, (cell, option) in enumerate(pairs):
        once[cell, number] = 1
        for use in np.flatnonzero(problem.use_option == option):
            takes[problem.use_limit[use], number] += problem.use_amount[use]
    answer = milp(
        -np.array([problem.mean[cell] for cell, _ in pairs]),
        integrality=np.ones(len(pairs)),
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(takes, -np.inf, problem.room), LinearConstraint(once, -np.inf, 1)],
        options={"mip_rel_gap": 0},
    )
    return -answer.fun
