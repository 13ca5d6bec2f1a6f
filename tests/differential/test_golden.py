"""Cases in which the engine and the interpreter once differed, as they were shrunk: they do not any more."""

import pytest
from tests.differential.batch import run_batch
from tests.differential.cases import dump, load
from tests.differential.judge import GOLDEN, cases_of


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.yaml")), ids=lambda path: path.stem)
def test_golden_cases_give_the_same_rows(path, tmp_path):
    differences = run_batch(tmp_path, [load(path)]).differences
    assert differences == [], "\n".join(map(str, differences))


@pytest.mark.parametrize("batch", [3, 7])
def test_a_case_is_the_same_after_it_was_written_and_read(batch, tmp_path):
    for case in cases_of(20260302, batch, 20):
        path = tmp_path / "case.yaml"
        path.write_text(dump(case), encoding="utf-8")
        read = load(path)
        assert sorted(map(str, read.facts.consents)) == sorted(map(str, case.facts.consents))
        assert (read.number, read.policy, read.facts.runs, read.facts.events, read.facts.switches) == (
            case.number,
            case.policy,
            case.facts.runs,
            case.facts.events,
            case.facts.switches,
        )
        assert (read.journeys, read.products, read.risk) == (case.journeys, case.products, case.risk)
        assert (read.facts.hits, read.facts.deliveries) == (case.facts.hits, case.facts.deliveries)
