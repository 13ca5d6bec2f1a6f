"""Staged batches for the file channel."""

import json
from datetime import datetime, timedelta
from hashlib import sha256

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tonglu.core.delivery import OutboundBatch
from tonglu.language.message import MessageFile, MessageLibrary

START = datetime(2026, 11, 23, 2)


@pytest.fixture
def now():
    return START


@pytest.fixture
def texts():
    body = {"title": "{{ surname }}您好", "body": '工资{{ amount | yuan }}元到账,\n"{{ surname }}"'}
    message = MessageFile.model_validate(
        {"message": "welcome", "title": {"zh": "欢迎", "en": "Welcome"}, "arms": {"warm": {"sms": body}}}
    )
    return MessageLibrary({"welcome": message})


@pytest.fixture
def stage(tmp_path, now):
    """Stage touches and make the batch: stage([{'touch_key': 'k1', ...}, ...], excluded=...)."""

    def make(touches, **changes):
        plain = {
            "journey": "payroll_companion",
            "version": "",
            "message": "welcome",
            "arm": "warm",
            "variables": json.dumps({"surname": "王", "amount": 123450}, ensure_ascii=False),
            "not_before": now,
            "expires_at": now + timedelta(days=1),
            "heeds_opt_out": True,
        }
        rows = [{"customer_id": number, "address": f"138{number:08d}", **plain, **touch} for number, touch in enumerate(touches)]
        path = tmp_path / "staged.parquet"
        pq.write_table(pa.Table.from_pylist(rows), path)
        digest = sha256(path.read_bytes()).hexdigest()
        said = {
            "batch_id": "000001-sms-20261123T0200",
            "channel": "sms",
            "now": now,
            "made_at": now,
            "staged": path,
            "rows": len(rows),
            "sha256": digest,
        }
        return OutboundBatch(**{**said, **changes})

    return make
