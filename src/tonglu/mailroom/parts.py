"""Parts of batches: what stays behind when a batch leaves because its branch is paused waits in a batch of its own, branch by branch.

A part is called by its batch and a number. Which touches it holds is kept with the first batch, under whose name the warehouse knows them;
so its lines in the delivery log are about touches, each with its own.
"""

import os
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

MARK = "~"
WAITS_IN = "waits in "
"""The reason for which a touch is taken out of the batch that left, before the name of the part."""


@dataclass(frozen=True)
class Part:
    """Touches of one branch out of a batch, with their own staged file; `path` is relative to the folder of staged batches."""

    key: str
    branch: str
    path: str
    sha256: str
    touch_keys: tuple[str, ...]


def first_of(batch_id: str) -> str:
    """The batch that a run handed over, of which this one is a part, or itself."""
    return batch_id.partition(MARK)[0]


def write_parts(root: Path, staged: str, batch_id: str, touch_keys: Collection[str]) -> list[Part]:
    """Write the staged files of the parts that hold these touches; written again after a crash, they are the same."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(root / staged)
    table = table.filter(pc.is_in(table["touch_key"], pa.array(list(touch_keys), pa.string())))
    branches = sorted(branch for branch in pc.unique(table["branch"]).to_pylist() if branch is not None)
    parts = []
    for number, branch in enumerate(branches, 1):
        key = f"{batch_id}{MARK}{number}"
        path = f"{key.replace(MARK, '_part')}.parquet"  # forgetting numbers its copies by the mark
        own = table.filter(pc.equal(table["branch"], branch))
        pq.write_table(own, root / path, compression="zstd")
        with (root / path).open("rb") as file:
            os.fsync(file.fileno())
            digest = file_digest(file, "sha256").hexdigest()
        parts.append(Part(key, branch, path, digest, tuple(own["touch_key"].to_pylist())))
    return parts
