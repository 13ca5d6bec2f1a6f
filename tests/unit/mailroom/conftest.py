"""A mailroom in a fresh folder, rows for it, and a round of delivery."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tonglu.core.delivery import OutboxRow, Text
from tonglu.mailroom.deliverer import deliver_due
from tonglu.mailroom.mailroom import Mailroom

START = datetime(2026, 11, 23, 2)


class PlainTexts:
    """Texts without templates."""

    def text(self, message, version, arm, channel, variables):
        return Text("", f"{message}:{arm}:{variables.get('surname', '')}")


@pytest.fixture
def now():
    return START


@pytest.fixture
def mailroom(tmp_path):
    with Mailroom(tmp_path / "mailroom.db") as opened:
        yield opened


@pytest.fixture
def row(now):
    """Make an outbox row: row('k1', channel='sms', ...)."""
    plain = OutboxRow(
        "k",
        1,
        "sms",
        "payroll_companion",
        7,
        now,
        now + timedelta(days=1),
        "welcome",
        "warm",
        "",
        "13812341234",
        {"surname": "王"},
    )
    return lambda key, **changes: replace(plain, touch_key=key, **changes)


@pytest.fixture
def deliver(mailroom, now, tmp_path):
    """One round: deliver({'sms': channel}, after=timedelta)."""

    def round_(channels, after=timedelta(), **options):
        options = {"texts": PlainTexts(), "staged_root": tmp_path, **options}
        return deliver_due(mailroom, channels, now + after, "test", **options)

    return round_
