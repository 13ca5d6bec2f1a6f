"""What was published is on the disk, and its name too, before anything points to it."""

import json
import os
import stat

from tonglu.warehouse.connection import DuckDBWarehouse
from tonglu.warehouse.publish import publish
from tonglu.warehouse.schema import migrate


def test_the_file_the_pointer_and_their_folder_are_synced_in_this_order(tmp_path, monkeypatch):
    warehouse = DuckDBWarehouse(tmp_path / "warehouse.duckdb", threads=1)
    migrate(warehouse)
    warehouse.execute(
        "CREATE TABLE source.events (event_id VARCHAR, name VARCHAR, occurred_at TIMESTAMP, properties VARCHAR, loaded_run INTEGER)"
    )
    synced = []

    def note(number):
        folder = stat.S_ISDIR(os.fstat(number).st_mode)
        names = sorted(path.name for path in tmp_path.joinpath("published").iterdir())
        synced.append(("folder" if folder else "file", [name for name in names if "facts" not in name]))

    monkeypatch.setattr("tonglu.warehouse.publish.os.fsync", note)
    target = publish(warehouse, tmp_path / "published", 7)
    warehouse.close()
    assert target.name == "tonglu-000007.duckdb"
    assert synced == [
        ("file", [".tonglu-000007.tmp"]),
        ("folder", ["tonglu-000007.duckdb"]),
        ("file", [".current.json.tmp", "tonglu-000007.duckdb"]),
        ("folder", ["current.json", "tonglu-000007.duckdb"]),
    ]
    assert json.loads((tmp_path / "published/current.json").read_text("utf-8")) == {"file": target.name, "run_no": 7}
