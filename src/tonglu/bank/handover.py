"""Reading hand-over files as a bulk platform would: complete batches only, checked against their manifests."""

import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv

LISTED = "worklist"
"""What the manifest of an exported worklist has for a channel."""
COLUMNS = ("touch_key", "customer_id", "channel", "message", "arm", "not_before", "expires_at")


@dataclass(frozen=True)
class Batch:
    """One hand-over file: its name and its rows (`COLUMNS`, instants as timestamps, unknown instants null).

    `listed` says that its touches stand on lists that employees work, and that their outcomes go back by file.
    """

    batch_id: str
    rows: pa.Table
    listed: bool = False


def read_batches(paths: Sequence[Path], known: Iterable[str]) -> list[Batch]:
    """The complete batches among `paths` (files, or folders searched for them) that are not `known`, by name.

    A file without its manifest is not complete and left alone. Raises ValueError when rows or checksum differ from the manifest.
    """
    files: dict[str, Path] = {}
    for path in paths:
        for file in sorted(path.rglob("*.csv")) if path.is_dir() else [path]:
            if file.suffix == ".csv" and _manifest(file).exists():
                files.setdefault(file.stem, file)
    seen = set(known)
    return [_read(files[name]) for name in sorted(files) if name not in seen]


def _manifest(file: Path) -> Path:
    return file.with_name(f"{file.stem}.manifest.json")


def _read(file: Path) -> Batch:
    manifest = json.loads(_manifest(file).read_text(encoding="utf-8"))
    content = file.read_bytes()
    if manifest.get("sha256", "") != hashlib.sha256(content).hexdigest():
        raise ValueError(f"{file}: the checksum differs from its manifest")
    if not content.strip():
        table = pa.table({name: pa.array([], pa.string()) for name in COLUMNS})
    else:
        table = pv.read_csv(
            io.BytesIO(content),
            parse_options=pv.ParseOptions(newlines_in_values=True),
            convert_options=pv.ConvertOptions(
                include_columns=list(COLUMNS), strings_can_be_null=False, column_types=dict.fromkeys(COLUMNS, pa.string())
            ),
        )
    if table.num_rows != manifest.get("rows"):
        raise ValueError(f"{file}: {table.num_rows} rows, {manifest.get('rows')} in its manifest")
    for name in ("not_before", "expires_at"):
        table = table.set_column(table.column_names.index(name), name, _instants(table[name]))
    return Batch(str(manifest["batch_id"]), table, manifest.get("channel") == LISTED)


def _instants(column: pa.ChunkedArray) -> pa.ChunkedArray:
    plain = pc.replace_substring_regex(column, r"(Z|\+00:00)$", "")
    return pc.if_else(pc.equal(plain, ""), None, plain).cast(pa.timestamp("us"))


def micros_or(column: pa.ChunkedArray, default: int) -> np.ndarray:
    """Timestamps as microseconds, `default` where null."""
    return np.asarray(pc.fill_null(column.cast(pa.int64()), default).to_numpy())
