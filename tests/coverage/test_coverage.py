"""A little of `make coverage`, and that its tables find what is off."""

import numpy as np
import pytest
from tests.coverage import looks, table
from tests.coverage.campaigns import Setting
from tests.coverage.lab import Lab

from tonglu.stats import distributions


@pytest.mark.parametrize("kind", ["plain", "cuped, strata", "clusters, strata"])
def test_intervals_cover_the_truth(kind):
    found = table.alone(Setting(kind, 0.05, 2_000, 0.5), 120, (1, 1))
    text, _ = table.told([found])
    assert found.once.of == 120
    assert not any(table.failing(found.cells)), text


def test_a_table_finds_intervals_that_are_too_short(monkeypatch):
    usual = distributions.normal_quantile
    monkeypatch.setattr("tonglu.stats.estimate.student_quantile", lambda p, degrees: 0.6 * usual(p))
    found = table.alone(Setting("plain", 0.05, 4_000, 0.5), 120, (1, 2))
    assert table.failing(found.cells)[0]
    assert table.told([found])[1] is False


def test_nobody_who_looks_daily_at_campaigns_without_effect_is_told_of_one_too_often():
    found = looks.alone(Setting("plain", 0.1, 40, 0.5), 60, (1, 3), days=12)
    assert not any(table.failing(found.cells))
    assert found.campaigns == 60
    assert found.peeking > found.shown.times


def test_a_split_that_is_not_as_declared_raises_the_alarm():
    setting = Setting("plain", 0.1, 2_000, 0.5)
    with Lab(threads=1) as lab:
        lab.open(20, setting.holdout)
        lab.enter(setting.made(np.random.default_rng(5), 20))
        lab.warehouse.execute("UPDATE tonglu.entry SET assignment = 'treated' WHERE assignment = 'holdout' AND entry_id % 3 = 0")
        lab.look()
        assert lab.warehouse.fetch(looks.ALARMED) == [(20,)]
