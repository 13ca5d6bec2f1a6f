"""One small bank, made once, and copies of it to play on."""

import csv
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tonglu.bank import make_bank

CUSTOMERS = 2000
SEED = 11
HEADER = "touch_key,customer_id,channel,address,message,arm,title,body,not_before,expires_at"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bank")
    make_bank(CUSTOMERS, SEED, folder)
    return folder


@pytest.fixture
def bank(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "bank"))


@pytest.fixture(scope="session")
def read(made: Path) -> Callable[..., pa.Table]:
    def table(name: str, folder: Path = made, day: date | None = None) -> pa.Table:
        files = sorted((folder / "landing" / name).glob(f"{day.isoformat() if day else '*'}/*.parquet"))
        return pa.concat_tables([pq.read_table(f) for f in files])

    return table


@pytest.fixture
def hand_over(tmp_path: Path) -> Callable[..., Path]:
    def write(
        name: str,
        customers: Iterable[int],
        at: datetime,
        *,
        channel: str = "app_push",
        message: str = "payroll_welcome",
        arm: str = "warm",
        expires: str = "",
        complete: bool = True,
        listed: bool = False,
    ) -> Path:
        path = tmp_path / "handover" / channel / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [[f"{name}-{c}", c, channel, "x", message, arm, "标题", "一行\n两行", at.isoformat(), expires] for c in customers]
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER.split(","))
            writer.writerows(rows)
        manifest = {
            "batch_id": name,
            "channel": "worklist" if listed else channel,
            "rows": len(rows),
            "made_at": at.isoformat(),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        if complete:
            path.with_name(f"{name}.manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return path

    return write
