"""`tonglu` runs unchanged on the real bank: conservation holds, controls stay untouched, and a placebo shows no effect."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from tests.real_bank.detection import BERKA, Bank
from tests.real_bank.play import FIRST, LAST, files, fingerprint, instant, lifts, play, prepare

from tonglu.app.deliver import deliver_now
from tonglu.app.loop import Summary, run_once
from tonglu.app.workplace import Workplace, workplace

EVERY = (pytest.param(4, id="every fourth day"), pytest.param(1, id="every day", marks=pytest.mark.slow))

pytestmark = pytest.mark.skipif(not BERKA.is_dir(), reason=f"the Berka data are not here: {BERKA}")


@dataclass(frozen=True)
class Played:
    """Three real months, played: where, the summaries of the runs, and the state that they left."""

    root: Path
    place: Workplace
    summaries: list[Summary]
    last: datetime

    def number(self, query: str) -> int:
        [(found,)] = self.place.warehouse.fetch(query)
        return int(found)

    def total(self, name: str) -> int:
        return sum(int(str(summary[name])) for summary in self.summaries)


@pytest.fixture(scope="module", params=EVERY)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    root = prepare(tmp_path_factory.mktemp("bank"))
    with workplace(root) as place:
        runs = list(play(place, FIRST, LAST, request.param))
        yield Played(root, place, [summary for _, summary in runs], runs[-1][0])


def test_every_run_takes_the_days_that_landed_and_moves_customers(played: Played) -> None:
    landed = duckdb.read_parquet(str(played.root / "data" / "landing" / "transactions" / "*" / "*.parquet"))
    known = landed.filter(f"occurred_at <= TIMESTAMP '{played.last}'")
    assert len(known) > 9_000
    assert played.number("SELECT count(*) FROM source.transactions") == len(known)
    assert 150 < played.total("entered") < 900
    assert 75 < played.total("sent") < 700
    assert played.total("proposals") == played.total("sent") + played.total("deferred") + played.total("dropped")
    print(
        f"\n{len(played.summaries)} runs, {played.total('entered')} entries, {played.total('sent')} letters,"
        f" {played.total('conversions')} conversions"
    )


def test_every_conservation_rule_holds_in_every_run(played: Played) -> None:
    assert played.number("SELECT count(*) FROM tonglu.conservation WHERE breaches <> 0") == 0
    rules = played.number("SELECT count(DISTINCT rule) FROM tonglu.conservation")
    assert rules >= 14
    assert played.number("SELECT count(*) FROM tonglu.conservation") == rules * len(played.summaries)


def test_customers_held_out_are_never_written_to(played: Played) -> None:
    held_out = played.number("SELECT count(DISTINCT customer_id) FROM tonglu.entry WHERE assignment <> 'treated'")
    assert held_out > 20
    touched = "SELECT count(*) FROM tonglu.touch AS t JOIN tonglu.entry AS e USING (entry_id) WHERE e.assignment <> 'treated'"
    assert played.number(touched) == 0


def test_every_letter_that_was_sent_is_in_exactly_one_file_with_its_manifest(played: Played) -> None:
    folder = played.root / "data" / "handover" / "letter"
    keys = [line.split(",")[0] for path in sorted(folder.glob("*.csv")) for line in path.read_text("utf-8").splitlines()[1:]]
    assert len(keys) == len(set(keys)) == played.total("sent")
    assert all(path.with_name(f"{path.stem}.manifest.json").is_file() for path in folder.glob("*.csv"))


def test_the_engine_finds_the_same_customers_as_the_segments_run_by_hand(played: Played) -> None:
    bank = Bank(played.root / "data" / "landing")
    bank.segments_on(played.last.date())
    for name in ("steady_income", "pension_detected", "salary_detected", "pension_labelled", "pension_day"):
        query = f"SELECT customer_id FROM tonglu.membership WHERE segment = '{name}' AND left_run IS NULL"
        members = {customer for (customer,) in played.place.warehouse.fetch(query)}
        assert members == {row[0] for row in bank.connection.execute(f"SELECT customer_id FROM segment.{name}").fetchall()}


def test_letters_that_never_left_have_changed_nothing_that_can_be_seen(played: Played) -> None:
    measured = {lift.journey: lift for lift in lifts(played.place)}
    pensions = measured["pension_day"]
    print(f"\n{pensions}")
    assert pensions.n_treated > 60
    assert pensions.n_control > 15
    assert pensions.low is not None
    assert pensions.high is not None
    assert pensions.low <= 0 <= pensions.high


def test_the_last_day_run_again_changes_nothing(played: Played) -> None:
    before, on_disk = fingerprint(played.place), files(played.root)
    again = run_once(played.place, instant(played.place, played.last.date()))
    assert again["again"] is True
    assert deliver_now(played.place, played.last) == {}
    assert fingerprint(played.place) == before
    assert files(played.root) == on_disk
