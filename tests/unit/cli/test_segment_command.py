"""`tonglu segment`: a segment's members as it is written now, over what the runs know."""

import json
from datetime import date

import pytest
from typer.testing import CliRunner

from tonglu.cli.commands import app
from tonglu.testing import at

RUNNER = CliRunner()
HEAD = "-- segment: {}\n-- title: 新 / New\n-- owner: t\n-- grain: customer\n"
SEGMENTS = {
    "grown": "SELECT c.customer_id FROM customers AS c WHERE c.age >= 18",
    "none": "SELECT g.customer_id FROM segment.grown AS g WHERE FALSE",
}


@pytest.fixture
def bank(tiny):
    """Forty customers; then three come of age and two are corrected to children."""
    made = tiny(
        journeys={"rests": {"enter": {"segment": "grown"}, "purpose": "service", "steps": [{"done": {"end": "done"}}]}},
        segments=SEGMENTS,
        attributes={"age": "integer", "born": "date", "vip": "boolean"},
    )
    made.customers(*({"customer_id": one, "age": one, "born": date(1990, 5, 17), "vip": one % 2 == 0} for one in range(1, 41)))
    made.run(at("2026-03-10 08:00"))
    made.land("customers", [{"customer_id": one, "age": 18, "born": None, "vip": None} for one in (15, 16, 17)])
    made.land("customers", [{"customer_id": one, "age": 3, "born": None, "vip": None} for one in (30, 40)])
    made.run(at("2026-03-11 08:00"))
    made.close()
    return made


def told(bank, *arguments):
    return RUNNER.invoke(app, ["segment", *arguments, "-C", str(bank.root)])


def data(bank, *arguments):
    said = json.loads(told(bank, *arguments, "--json").stdout)
    assert said["version"] == 1
    return said


def test_a_segment_tells_its_size_and_how_it_changed(bank):
    said = data(bank, "grown")
    assert (said["members"], said["differs_from_last_run"], said["sample"]) == (24, False, [])
    assert [(one["run_no"], one["members"], one["joined"], one["left"]) for one in said["runs"]] == [
        (2, 24, 3, 2),
        (1, 23, 23, 0),
    ]
    text = told(bank, "grown")
    assert (text.exit_code, text.stdout.splitlines()[0]) == (0, "grown  试验 / Trial, of t: 24 members")
    assert "Next: tonglu segment grown --sample 5" in text.stderr
    assert told(bank, "grown", "--count").stdout == "24\n"


def test_a_sample_is_the_same_every_time_a_larger_one_goes_on_and_days_are_months(bank):
    few, more, again = (data(bank, "grown", "--sample", count)["sample"] for count in ("4", "9", "9"))
    assert more == again
    assert more[:4] == few
    assert [one["customer_id"] for one in more] != sorted(one["customer_id"] for one in more)
    assert all(list(one) == ["customer_id", "age", "born", "vip"] for one in more)
    assert {one["born"] for one in more} <= {"1990-05", None}
    every = data(bank, "grown", "--sample", "100")
    assert len(every["sample"]) == 24
    assert (sorted(every["joined"]), sorted(every["left"])) == ([15, 16, 17], [30, 40])
    text = told(bank, "grown", "--sample", "100")
    assert "1990-05-17" not in text.stdout
    assert "which is entered by it" in text.stderr


def test_an_edited_segment_tells_who_would_join_and_leave_and_so_does_what_builds_on_it(bank):
    path = bank.root / "segments/grown.sql"
    path.write_text(
        HEAD.format("grown") + "SELECT c.customer_id FROM customers AS c WHERE c.age >= 19 OR c.age = 5\n", encoding="utf-8"
    )
    said = data(bank, "grown")
    assert (said["members"], said["would_join"], said["would_leave"]) == (21, 1, 4)
    assert "1 would join, 4 leave" in told(bank, "grown").stderr
    assert data(bank, "none")["differs_from_last_run"]
    assert not data(bank, "profile")["differs_from_last_run"]


def test_a_segment_that_no_run_has_built_is_built_for_the_question(bank):
    (bank.root / "segments/fresh.sql").write_text(
        HEAD.format("fresh") + "SELECT g.customer_id FROM segment.grown AS g WHERE g.customer_id > 35\n", encoding="utf-8"
    )
    said = data(bank, "fresh", "--sample", "2")
    assert (said["members"], said["runs"], said["joined"], said["reads"]) == (4, [], [], ["grown"])
    assert "No run has built it yet." in told(bank, "fresh").stderr


def test_the_statement_is_the_one_that_runs_execute(bank):
    text = told(bank, "none", "--sql")
    assert text.stdout.startswith('CREATE OR REPLACE TABLE "segment"."none" AS')
    assert data(bank, "none", "--sql")["sql"] + "\n" == text.stdout


def test_the_profile_is_looked_at_in_the_same_way(bank):
    said = data(bank, "profile", "--sample", "1")
    assert (said["members"], len(said["sample"]), said["runs"]) == (40, 1, [])


def test_a_name_that_is_none_is_a_finding_with_what_was_meant(bank):
    wrong = told(bank, "grwn")
    assert wrong.exit_code == 2
    assert "Did you mean 'grown'?" in wrong.stderr


def test_without_a_run_it_says_so_and_with_an_instant_it_looks_at_what_has_landed(tiny):
    bank = tiny(
        journeys={"rests": {"enter": {"segment": "grown"}, "purpose": "service", "steps": [{"done": {"end": "done"}}]}},
        segments=SEGMENTS,
        attributes={"age": "integer"},
    )
    bank.close()
    wrong = told(bank, "grown")
    assert (wrong.exit_code, "nothing was run yet" in wrong.stderr, "--as-of" in wrong.stderr) == (2, True, True)
    assert "nothing has landed" in told(bank, "grown", "--as-of", "2026-03-10T08:00").stderr
    bank.customers(*({"customer_id": one, "age": one} for one in range(11, 21)))
    said = data(bank, "grown", "--as-of", "2026-03-10T08:00", "--sample", "1")
    assert (said["members"], len(said["sample"]), said["runs"], said["joined"]) == (3, 1, [], [])
