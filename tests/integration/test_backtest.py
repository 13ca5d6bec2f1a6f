"""Past days with the definitions of today: the same touches as if they had been there, and nothing of the project changes."""

import json
from datetime import timedelta
from hashlib import sha256

from typer.testing import CliRunner

from tonglu.app.backtest import backtest
from tonglu.app.definitions import read_definitions
from tonglu.cli.commands import app
from tonglu.testing import TinyBank, at

T, DAY = at("2026-03-02 10:00"), timedelta(days=1)
GREET = {"enter": {"event": "begin", "again": "always"}, "steps": [{"hi": {"touch": "hello", "via": ["sms"]}}]}
POLICY = {"per_run": 9, "caps": [{"at_most": 1, "within": "7 days"}]}


def bytes_of(folder):
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def test_it_does_what_runs_on_those_days_would_have_done(tmp_path):
    with TinyBank(tmp_path / "a", journeys={"greet": GREET}, policy=POLICY) as bank:
        bank.customers(1, 2)
        for day in range(3):
            bank.event("begin", 1, T + day * DAY)
        bank.event("begin", 2, T + 2 * DAY)
        bank.close()
        before = bytes_of(bank.root)
        found = backtest(bank.root, read_definitions(bank.root), T, T + 2 * DAY)
        assert bytes_of(bank.root) == before
        assert found.runs == 3
        assert found.entries == {("greet", "2026-03"): 4}
        assert found.touches == {("greet", "2026-03", "sms"): 2}
        assert found.refused == {("greet", "2026-03", "dropped", "contact_policy", "cap_reached"): 2}
        for day in range(3):
            bank.run(T + day * DAY)
        assert bank.rows("SELECT count(*) FROM tonglu.touch") == [(2,)]
        where = ["-C", str(bank.root)]
        bank.close()
        told = CliRunner().invoke(app, ["backtest", "--from", "2026-03-02T10:00", "--to", "2026-03-04T10:00", "--json", *where])
        assert told.exit_code == 0, told.output
        assert json.loads(told.stdout)["outcomes_known"] is False
        wrong = CliRunner().invoke(app, ["backtest", "--from", "2026-03-04T10:00", "--to", "2026-03-02T10:00", *where])
        assert wrong.exit_code == 2
