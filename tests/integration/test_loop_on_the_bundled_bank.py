"""The loop over some days of the bundled bank, with its world answering."""

import json
import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from tonglu.app.bank_clock import bank_now
from tonglu.app.loop import run_once
from tonglu.app.simulate import simulate, truth
from tonglu.bank import World, make_bank
from tonglu.core.errors import CheckFailed, InputError
from tonglu.mailroom.work_answers import Answer, Asked
from tonglu.settings import Settings
from tonglu.testing import QuietWorkplace, warehouse_rows

PROJECT = Path(__file__).parents[2]
DAYS = 5
DAY = timedelta(days=1)


def project(root: Path) -> Path:
    for name in ("journeys", "segments", "data/contracts"):
        shutil.copytree(PROJECT / name, root / name)
    shutil.copy(PROJECT / "tonglu.yaml", root)
    return root


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A bank of 500 after its first days: the open project, its last instant, and every day's summary."""
    root = project(tmp_path_factory.mktemp("bank"))
    make_bank(500, 11, root / "data")
    summaries = []
    place = QuietWorkplace(root, Settings(threads=1))
    last = simulate(place, DAYS, lambda day, summary: summaries.append(summary))
    yield place, last, summaries
    place.close()


def test_every_day_runs_and_every_rule_holds(played):
    place, _, summaries = played
    assert [summary["run_no"] for summary in summaries] == list(range(1, DAYS + 1))
    assert sum(summary["sent"] for summary in summaries) > 30
    [(checked, broken)] = place.warehouse.fetch("SELECT count(*), count(*) FILTER (WHERE breaches <> 0) FROM tonglu.conservation")
    assert checked == DAYS * summaries[0]["rules_held"]
    assert broken == 0


def test_controls_are_never_touched_and_walk_beside_the_others(played):
    place, *_ = played
    touched = place.warehouse.fetch("SELECT DISTINCT e.assignment FROM tonglu.touch AS t JOIN tonglu.entry AS e USING (entry_id)")
    assert touched == [("treated",)]
    ghosts = place.warehouse.fetch("SELECT DISTINCT e.assignment FROM tonglu.ghost AS g JOIN tonglu.entry AS e USING (entry_id)")
    assert {side for (side,) in ghosts} & {"holdout", "global_control"}


def test_the_lists_of_the_last_day_are_there_to_be_worked_and_whoever_works_them_is_in_nobody_s_way(played, tmp_path):
    place, last, _ = played
    root = tmp_path / "copy"
    shutil.copytree(place.root, root)
    copy = QuietWorkplace(root, Settings(threads=1))
    while not (items := copy.mailroom.worklist.items(Asked(), last)):
        last = simulate(copy, 1)
    assert bank_now(root, copy.definitions.project) >= last
    at = max(items[0].due_at, last)
    took = copy.mailroom.worklist.take(items[0].key, at, by="li", lease_for=DAY)
    assert took.answer is Answer.DONE
    simulate(copy, 1)
    assert copy.mailroom.worklist.item(items[0].key, at).taken_by == "li"
    copy.close()


def test_no_customer_is_over_a_cap_counted_apart_from_the_engine(played):
    place, *_ = played
    touches = place.warehouse.fetch("SELECT customer_id, channel, purpose, not_before FROM tonglu.touch ORDER BY not_before")
    for cap in place.definitions.policy.caps:
        counted = [row for row in touches if cap.purpose in (row[2], "any") and cap.channel in (row[1], "any")]
        for customer, _, _, end in counted:
            inside = [row for row in counted if row[0] == customer and end - cap.within < row[3] <= end]
            assert len(inside) <= cap.at_most


def test_the_files_hold_every_touch_once_and_say_what_was_decided(played):
    place, *_ = played
    handed = {}
    for manifest in place.definitions.path("handover").rglob("*.manifest.json"):
        said = json.loads(manifest.read_text("utf-8"))
        path = str(manifest.with_name(f"{said['batch_id']}.csv"))
        rows = duckdb.execute(
            "SELECT touch_key, customer_id, channel, message FROM read_csv($1, all_varchar = true)", [path]
        ).fetchall()
        assert len(rows) == said["rows"]
        for key, *rest in rows:
            assert key not in handed
            handed[key] = tuple(rest)
    decided = place.warehouse.fetch("SELECT touch_key, customer_id::VARCHAR, channel, message FROM tonglu.touch ORDER BY 1")
    assert handed == {key: tuple(rest) for key, *rest in decided if key in handed}
    left_out = {key for key, *_ in decided} - handed.keys()
    settled = place.warehouse.fetch(
        "SELECT DISTINCT touch_key FROM tonglu.delivery WHERE state IN ('cancelled', 'expired', 'failed')"
    )
    assert left_out <= {key for (key,) in settled} | {key for key, *_ in decided if key in left_out and _last_run(place, key)}


def _last_run(place, key: str) -> bool:
    """Whether a touch was decided by the newest run: what became of it is read by the next."""
    return bool(
        place.warehouse.fetch(
            "SELECT 1 FROM tonglu.touch WHERE touch_key = $key AND run_no = (SELECT max(run_no) FROM tonglu.run)", key=key
        )
    )


def test_the_last_day_again_changes_nothing(played):
    place, last, summaries = played
    before = warehouse_rows(place)
    again = run_once(place, last)
    assert again["again"] is True
    assert {key: again[key] for key in summaries[-1] if key in again} == {
        key: summaries[-1][key] for key in summaries[-1] if key in again
    }
    assert warehouse_rows(place) == before


def test_an_earlier_day_is_refused(played):
    place, last, _ = played
    with pytest.raises(CheckFailed, match="runs rise"):
        run_once(place, last - timedelta(hours=1))


def test_the_analysts_file_agrees_with_the_warehouse(played):
    place, _, summaries = played
    folder = place.definitions.path("published")
    current = json.loads((folder / "current.json").read_text())
    with duckdb.connect(str(folder / current["file"]), read_only=True) as analysts:
        assert analysts.execute("SELECT run_no, sent FROM runs ORDER BY 1").fetchall() == [
            (one["run_no"], one["sent"]) for one in summaries
        ]
        [(published,)] = analysts.execute("SELECT count(*) FROM touches").fetchall()
        people = analysts.execute("SELECT count(*) FROM duckdb_tables() WHERE schema_name IN ('personal', 'source')").fetchone()
    assert published == place.warehouse.fetch("SELECT count(*) FROM tonglu.touch")[0][0]
    assert people == (0,)


def test_the_world_tells_a_truth_only_where_windows_have_passed(played):
    place, *_ = played
    assert truth(place) == {}


BROKEN = {
    "journeys/payroll_companion.yaml": "journey: [",
    "segments/youth.sql": "-- segment: youth\n-- title: a / b\n-- owner: t\n-- grain: customer\nSELECT customer_id FROM nowhere\n",
    "data/landing/events/2026-06-01/broken.parquet": "this is not Parquet",
}


def test_what_is_broken_is_refused_with_its_place_and_changes_nothing(tmp_path):
    root = project(tmp_path)
    make_bank(50, 3, root / "data")
    opening = World(root / "data").opening
    with closing(QuietWorkplace(root, Settings(threads=1))) as whole:
        before = warehouse_rows(whole)
    for name, content in BROKEN.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        was = path.read_text("utf-8") if path.exists() else None
        path.write_text(content, encoding="utf-8")
        with pytest.raises(InputError) as failure, closing(QuietWorkplace(root, Settings(threads=1))) as opened:
            run_once(opened, opening)
        assert all(finding.code.startswith("TL") for finding in failure.value.findings)
        assert any(path.name in finding.place.path for finding in failure.value.findings)
        if was is None:
            path.unlink()
        else:
            path.write_text(was, encoding="utf-8")
        with closing(QuietWorkplace(root, Settings(threads=1))) as whole:
            assert warehouse_rows(whole) == before
