"""A mailroom with items on its worklist."""

from datetime import datetime, timedelta

import pytest

from tonglu.channels.worklist import WorklistChannel
from tonglu.core.delivery import Assigned, OutboxRow, Text
from tonglu.mailroom.deliverer import deliver_due
from tonglu.mailroom.mailroom import Mailroom

START = datetime(2026, 11, 23, 2)  # ten in the morning in Shanghai


class PlainTexts:
    """Texts without templates."""

    def text(self, message, version, arm, channel, variables):
        return Text("请联系客户", f"您好{variables.get('surname', '')}，{message}")


def put(mailroom, keys, now=START, expires=timedelta(days=2), channel="call", **changes):
    """Hand touches over and let them come to the list, through the deliverer."""
    rows = [
        OutboxRow(
            key,
            1,
            channel,
            "care",
            number,
            now,
            now + expires,
            "please_call",
            variables={"surname": "王"},
            assigned=Assigned(7, 71, "王小明"),
            **{"address": "10012345678", **changes},
        )
        for number, key in enumerate(keys, 1)
    ]
    mailroom.outbox.hand_over(rows)
    channels = {channel: WorklistChannel(mailroom.worklist)}
    return deliver_due(mailroom, channels, now, "test", texts=PlainTexts(), staged_root=mailroom.path.parent)


@pytest.fixture
def mailroom(tmp_path):
    with Mailroom(tmp_path / "mailroom.sqlite") as opened:
        yield opened
