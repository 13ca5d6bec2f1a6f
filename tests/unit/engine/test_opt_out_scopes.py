"""Opt-outs by purpose, by answer and of profiling; withdrawn consents and complaints, for touches in the outbox too."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tonglu.cli.commands import app
from tonglu.stages.check import ContractBroken
from tonglu.testing import TITLE, at

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
T = at("2026-03-02 10:00")
NIGHT = at("2026-03-02 22:00")
OPENING = at("2026-03-03 08:00")
HOURS = {"per_run": 9, "open_hours": {"sms": "08:00-21:00"}}


def made(tiny, policy=None, channels=("sms", "call")):
    def touching(event, purpose, via):
        steps = [{"hi": {"touch": f"by_{via}", "via": [via], "valid_for": "9 days"}}, {"rest": {"wait": "90 days"}}]
        return {"enter": {"event": event}, "steps": steps, "purpose": purpose}

    journeys = {
        "offer": touching("ordered", "marketing", "sms"),
        "notice": touching("ordered", "service", "sms"),
        "phone": touching("called", "marketing", "call"),
        "again": touching("asked", "marketing", "sms"),
    }
    bank = tiny(
        journeys=journeys,
        policy=policy or {"per_run": 9},
        channels=channels,
        events={"opt_out": {"channel": "text", "purpose": "text"}},
    )
    bank.customers(1)
    return bank


def told(bank, run_no):
    return dict(bank.rows("SELECT journey, reason FROM tonglu.decision WHERE run_no = $n", n=run_no))


def key_of(bank, journey):
    [(key,)] = bank.rows("SELECT touch_key FROM tonglu.touch WHERE journey = $journey", journey=journey)
    return key


def test_an_opt_out_of_one_purpose_leaves_the_others(tiny):
    bank = made(tiny)
    bank.event("opt_out", 1, T - HOUR, purpose="marketing")
    bank.event("ordered", 1, T)
    bank.run(T)
    assert told(bank, 1) == {"offer": "opted_out", "notice": "passed"}
    optouts = bank.place.mailroom.optouts
    assert (optouts.stops(1, "sms", "marketing"), optouts.stops(1, "sms", "service")) == (True, False)


@pytest.mark.parametrize(
    ("written", "channel", "purpose", "unclear"),
    [
        ({"channel": "SMS"}, "sms", "*", 0),
        ({"channel": " sms\t", "purpose": "Marketing"}, "sms", "marketing", 0),
        ({"channel": ""}, "*", "*", 0),
        ({"channel": "All", "purpose": "all"}, "*", "*", 0),
        ({"channel": "fax"}, "*", "*", 1),
        ({"channel": "sms", "purpose": "advertising"}, "sms", "*", 1),
        ({"channel": "fax", "purpose": "marketing"}, "*", "marketing", 1),
        ({"purpose": "PROFILING"}, "*", "profiling", 0),
    ],
)
def test_an_opt_out_counts_however_its_channel_and_purpose_are_written(tiny, written, channel, purpose, unclear):
    bank = made(tiny)
    bank.event("opt_out", 1, T - HOUR, **written)
    bank.event("ordered", 1, T)
    summary = bank.run(T)
    assert bank.rows("SELECT channel, purpose FROM tonglu.opt_out") == [(channel, purpose)]
    assert told(bank, 1)["offer"] in ("opted_out", "profiling_refused")
    assert bank.place.mailroom.optouts.stops(1, "sms")
    assert summary.get("opt_outs_unclear", 0) == unclear
    shown = bank.rows("SELECT expectation, severity, success FROM tonglu.check_result WHERE source_table = 'opt_out'")
    assert shown == ([("word:known", "warn", False)] if unclear else [])


@pytest.mark.parametrize(("written", "channel"), [("SMS", "sms"), ("", "*"), ("all", "*"), ("fax", "*")])
def test_an_opt_out_by_another_process_counts_however_its_channel_is_written(tiny, written, channel):
    bank = made(tiny)
    bank.place.mailroom.optouts.record(1, written, T - HOUR, "Marketing")
    bank.event("ordered", 1, T)
    summary = bank.run(T)
    assert told(bank, 1) == {"offer": "opted_out", "notice": "passed"}
    assert bank.rows("SELECT channel, purpose FROM tonglu.opt_out") == [(channel, "marketing")]
    assert bank.place.mailroom.optouts.stops(1, "sms")
    assert summary.get("opt_outs_unclear", 0) == (written == "fax")


def test_a_word_in_again_that_names_no_known_channel_lifts_nothing_and_is_told(tiny):
    bank = made(tiny)
    bank.place.mailroom.optouts.record(1, "sms", T - 2 * HOUR)
    bank.place.mailroom.optouts.lift(1, "fax", T - HOUR)
    bank.event("ordered", 1, T)
    assert bank.run(T)["opt_outs_unclear"] == 1
    assert told(bank, 1)["offer"] == "opted_out"
    assert bank.place.mailroom.optouts.stops(1, "sms")


def test_status_and_the_run_say_how_many_opt_outs_were_not_understood(tiny):
    bank = made(tiny)
    bank.event("opt_out", 1, T - HOUR, channel="fax")
    bank.close()
    asked = ["run", "--as-of", "2026-03-02T10:00", "--project", str(bank.root)]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.stderr
    assert "opt-outs whose channel or purpose is not known: 1, each taken for every one" in result.stderr
    shown = CliRunner().invoke(app, ["status", "--project", str(bank.root)]).stdout
    assert "1 word(s) out of a channel or purpose that is not known" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("asked", "code", "stops"),
    [
        (["--channel", "SMS", "--purpose", "Marketing"], 0, True),
        (["--channel", ""], 0, True),
        (["--channel", "fax"], 2, False),
        (["--channel", "", "--back-in"], 2, False),
    ],
)
def test_the_command_takes_any_case_and_refuses_what_it_does_not_know(tiny, asked, code, stops):
    bank = made(tiny)
    bank.close()
    assert CliRunner().invoke(app, ["opt-out", "1", *asked, "--project", str(bank.root)]).exit_code == code
    assert bank.place.mailroom.optouts.stops(1, "sms") is stops


def test_a_consent_for_one_purpose_lifts_an_opt_out_of_all_at_the_deliverer_for_that_purpose_alone(tiny):
    bank = made(tiny, HOURS)
    bank.event("ordered", 1, NIGHT)
    bank.run(NIGHT)
    bank.event("opt_out", 1, NIGHT + HOUR, channel="sms")
    bank.consent(1, "sms", granted=True, when=NIGHT + 2 * HOUR, purpose="service")
    bank.run(NIGHT + 3 * HOUR)
    bank.deliver(OPENING)
    assert [row["message"] for row in bank.handed_over()] == ["by_sms"]
    bank.run(OPENING + HOUR)
    assert bank.rows(
        "SELECT t.journey, d.state FROM tonglu.delivery AS d JOIN tonglu.touch AS t USING (touch_key) ORDER BY 1"
    ) == [
        ("notice", "accepted"),
        ("offer", "cancelled"),
    ]


@pytest.mark.parametrize(
    ("said", "out"), [("TD", True), (" t。", True), ("退订", True), ("Ｒ", True), ("谢谢 T", False), ("好", False)]
)
def test_a_stop_word_in_a_reply_is_an_opt_out_of_marketing_on_that_channel_at_once(tiny, said, out):
    bank = made(tiny)
    bank.event("ordered", 1, T)
    bank.run(T)
    row = {"receipt_id": "r1", "touch_key": key_of(bank, "offer"), "receipt": "replied", "occurred_at": T + HOUR, "detail": said}
    bank.land("receipts", [row])
    bank.event("asked", 1, T + HOUR)
    bank.run(T + HOUR)
    assert told(bank, 2) == {"again": "opted_out" if out else "passed"}
    optouts = bank.place.mailroom.optouts
    assert (optouts.stops(1, "sms"), optouts.stops(1, "sms", "service"), optouts.stops(1, "call")) == (out, False, False)


def test_a_refused_call_ends_marketing_calls(tiny):
    bank = made(tiny)
    bank.event("called", 1, T)
    bank.run(T)
    bank.receipt(key_of(bank, "phone"), "refused", T + HOUR)
    bank.run(T + HOUR)
    optouts = bank.place.mailroom.optouts
    assert (optouts.stops(1, "call"), optouts.stops(1, "sms")) == (True, False)
    assert bank.rows("SELECT channel, purpose, word FROM tonglu.opt_out") == [("call", "marketing", "out")]


def test_who_wants_no_personalised_marketing_gets_none_until_they_take_it_back_whatever_they_consent_to(tiny):
    bank = made(tiny, HOURS)
    bank.event("ordered", 1, NIGHT)
    bank.run(NIGHT)
    bank.place.mailroom.optouts.record(1, "*", NIGHT + HOUR, "profiling")
    bank.consent(1, "sms", granted=True, when=NIGHT + 2 * HOUR)
    bank.event("asked", 1, NIGHT + 2 * HOUR)
    bank.run(NIGHT + 2 * HOUR)
    assert told(bank, 2) == {"again": "profiling_refused"}
    bank.deliver(OPENING)
    assert len(bank.handed_over()) == 1
    bank.place.mailroom.optouts.lift(1, "*", OPENING, "profiling")
    assert not bank.place.mailroom.optouts.stops(1, "sms")


def test_a_consent_that_is_withdrawn_by_file_takes_back_what_waits_for_exactly_that_purpose(tiny):
    bank = made(tiny, HOURS)
    bank.event("ordered", 1, NIGHT)
    bank.run(NIGHT)
    bank.consent(1, "sms", granted=False, when=NIGHT + HOUR)
    bank.run(NIGHT + HOUR)
    bank.deliver(OPENING)
    assert [row["touch_key"] for row in bank.handed_over()] == [key_of(bank, "notice")]


def test_a_complaint_holds_marketing_until_it_is_closed_and_so_long_after(tiny):
    bank = complaining(tiny)
    complain(bank, None, NIGHT + HOUR)
    bank.event("asked", 1, NIGHT + HOUR)
    bank.run(NIGHT + HOUR)
    assert told(bank, 2) == {"again": "complaint_hold"}
    bank.deliver(OPENING)
    assert [row["touch_key"] for row in bank.handed_over()] == [key_of(bank, "notice")]


def complaining(tiny):
    """A bank with a table of complaints, and a customer for whom two touches wait for the morning."""
    from tonglu.testing import TinyBank

    bank: TinyBank = made(tiny)
    bank.close()
    columns = {"complaint_id": "bigint", "customer_id": "bigint", "opened_at": "instant", "closed_at": "instant"}
    contract = {"table": "complaints", "title": TITLE, "keep": "latest", "key": ["complaint_id"]}
    contract["columns"] = {name: {"type": kind} for name, kind in columns.items()}
    (bank.root / "data/contracts/complaints.yaml").write_text(json.dumps(contract), encoding="utf-8")
    bank.edit(policy={**HOURS, "consent": {"complaint_hold": "30 days"}})
    bank.event("ordered", 1, NIGHT)
    bank.run(NIGHT)
    return bank


def complain(bank, closed, opened):
    folder = bank.root / "data/landing/complaints/2020-01-01"
    folder.mkdir(parents=True, exist_ok=True)
    name = "open" if closed is None else "closed"
    written = f"complaint_id,customer_id,opened_at,closed_at\n1,1,{opened},{closed or ''}\n"
    (folder / f"{name}.csv").write_text(written, encoding="utf-8")


@pytest.mark.parametrize(("days", "reason"), [(30, "complaint_hold"), (31, "passed")])
def test_a_closed_complaint_holds_for_its_days(tiny, days, reason):
    bank = complaining(tiny)
    complain(bank, T, T - DAY)
    bank.event("asked", 1, T + days * DAY - HOUR)
    bank.run(T + days * DAY - HOUR)
    assert told(bank, 2) == {"again": reason}


def test_a_withdrawal_of_the_future_is_shown_by_status_until_it_counts(tiny):
    bank = made(tiny)
    bank.close()
    contract = Path("data/contracts/consents.yaml").read_text(encoding="utf-8")
    (bank.root / "data/contracts/consents.yaml").write_text(contract, encoding="utf-8")
    bank.consent(1, "sms", granted=False, when=T + 8 * HOUR)
    bank.run_whole(T)
    bank.close()
    shown = CliRunner().invoke(app, ["status", "--project", str(bank.root)]).stdout
    assert "held (warn): 1 row(s) of the future are held, the next until 2026-03-02 10:00 UTC" in " ".join(shown.split())
    bank.run_whole(T + 9 * HOUR)
    bank.close()
    assert "of the future" not in CliRunner().invoke(app, ["status", "--project", str(bank.root)]).stdout
    assert bank.rows("SELECT granted FROM source.consents WHERE channel = 'sms' AND purpose = 'marketing'") == [(False,)]
    assert bank.rows("SELECT run_no, severity FROM tonglu.check_result WHERE expectation = 'held'") == [(1, "warn")]


ROW = {"customer_id": "1", "purpose": "marketing", "channel": "sms", "granted": "false", "changed_at": "2026-03-02 00:00:00"}


@pytest.mark.parametrize(
    "broken",
    [
        {"customer_id": "12a"},
        {"customer_id": "0"},
        {"purpose": "Marketing"},
        {"channel": "SMS"},
        {"granted": "nein"},
        {"changed_at": "yesterday"},
        {"changed_at": ""},
    ],
)
@pytest.mark.parametrize("project", ["", "tests/real_bank/project"])
def test_a_consent_of_the_bundled_contracts_that_breaks_any_rule_stops_the_run(tiny, broken, project):
    contract = Path(project, "data/contracts/consents.yaml").read_text(encoding="utf-8")
    bank = made(tiny)
    bank.run(T)
    bank.close()
    (bank.root / "data/contracts/consents.yaml").write_text(contract, encoding="utf-8")
    row = {**ROW, **({"channel": "letter"} if project else {}), **broken}
    folder = bank.root / "data/landing/consents/2026-03-02"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n", encoding="utf-8")
    with pytest.raises(ContractBroken):
        bank.run(T + HOUR)
