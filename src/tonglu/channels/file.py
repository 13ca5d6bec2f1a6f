"""The file channel: a bulk hand-over file with a manifest, for a platform that takes whole batches.

`<root>/<channel>/<batch_id>.csv` is written under a temporary name, fsynced and renamed; `<batch_id>.manifest.json` follows
last: a file without a manifest is not complete. A batch with a manifest is never written again, since the platform may have
read it: so one batch_id is one content, and the platform takes a batch_id once.
"""

import csv
import fcntl
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, BinaryIO

from tonglu.channels.spec import ChannelContext, ChannelOptions, ChannelSpec
from tonglu.channels.staged import StagedError, StagedRows
from tonglu.core.delivery import (
    BatchResult,
    Delivered,
    DeliveryState,
    LeftOut,
    OutboundBatch,
    Refused,
    Retry,
    Texts,
    Unsure,
    instant_text,
)

COLUMNS = ("touch_key", "customer_id", "channel", "address", "message", "arm", "title", "body", "not_before", "expires_at")


class FileOptions(ChannelOptions):
    """The file channel takes no options."""


class FileChannel:
    """A folder in which a platform finds complete batches."""

    kind = "file"
    deduplicates = True

    def __init__(self, root: Path, texts: Texts) -> None:
        """`root` is the folder of hand-over files; each channel has a folder of its own in it."""
        self._root = root
        self._texts = texts

    def send_batch(self, batch: OutboundBatch) -> BatchResult:
        """Write the batch, or find it written; the rows that left, and the touches left out with their reasons."""
        folder = self._root / batch.channel
        temporary = folder / f".{batch.batch_id}.{batch.attempt}.csv.tmp"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            rows = StagedRows(batch, self._texts)
            written, digest = _write(temporary, rows)
            with _alone(folder) as alone:
                if not alone:
                    return BatchResult(Retry("another deliverer is handing over a file of this channel"))
                manifest = folder / f"{batch.batch_id}.manifest.json"
                if manifest.exists():
                    return _found(manifest, rows)
                _publish(temporary, manifest, batch, written, digest)
            outcome = Delivered(f"{written} rows, sha256 {digest}", DeliveryState.ACCEPTED)
            return BatchResult(outcome, written, tuple(rows.left_out))
        except StagedError as flaw:
            return BatchResult(Refused(str(flaw)))
        except OSError as error:
            return BatchResult(Retry(f"the file could not be written: {os.strerror(error.errno or 0)}"))
        finally:
            temporary.unlink(missing_ok=True)


def _write(path: Path, rows: StagedRows) -> tuple[int, str]:
    digest = sha256()
    written = 0
    with path.open("wb") as file:
        _put(file, digest, [COLUMNS])
        for leaving in rows.leaving():
            _put(file, digest, leaving)
            written += len(leaving)
        file.flush()
        os.fsync(file.fileno())
    return written, digest.hexdigest()


def _put(file: BinaryIO, digest: Any, lines: Any) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(lines)
    data = text.getvalue().encode()
    digest.update(data)
    file.write(data)


def _publish(temporary: Path, manifest: Path, batch: OutboundBatch, rows: int, digest: str) -> None:
    folder = manifest.parent
    temporary.rename(folder / f"{batch.batch_id}.csv")
    said = {
        "batch_id": batch.batch_id,
        "channel": batch.channel,
        "rows": rows,
        "sha256": digest,
        "made_at": instant_text(batch.made_at),
    }
    unfinished = folder / f".{batch.batch_id}.{batch.attempt}.manifest.tmp"
    with unfinished.open("wb") as file:
        file.write((json.dumps(said, indent=2) + "\n").encode())
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(folder)
    unfinished.rename(manifest)
    _sync_folder(folder)


def _found(manifest: Path, rows: StagedRows) -> BatchResult:
    """The result of a batch that an earlier attempt completed: what is in its file left, whatever has changed since."""
    said = json.loads(manifest.read_text("utf-8"))
    path = manifest.with_name(f"{said['batch_id']}.csv")
    reasons = {part.touch_key: part for part in rows.left_out}
    if path.exists():
        with path.open("rb") as file:
            if file_digest(file, "sha256").hexdigest() != said["sha256"]:
                return BatchResult(Unsure("the file does not match its manifest"))
        with path.open(encoding="utf-8", newline="") as lines:
            left = {line["touch_key"] for line in csv.DictReader(lines)}
        earlier = "left out by an earlier attempt"
        left_out = [
            reasons.get(key, LeftOut(key, DeliveryState.CANCELLED, earlier)) for key in rows.staged_keys() if key not in left
        ]
    else:  # the platform took it away, and perhaps with what would wait now
        left_out = [
            replace(part, state=DeliveryState.CANCELLED) if part.state is DeliveryState.WAITING else part
            for part in reasons.values()
        ]
    reference = f"{said['rows']} rows, sha256 {said['sha256']}"
    return BatchResult(Delivered(reference, DeliveryState.ACCEPTED), said["rows"], tuple(left_out))


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Whether no other process publishes into the folder meanwhile: a deliverer that slept must not overwrite another's file."""
    with (folder / ".lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _build(options: FileOptions, context: ChannelContext) -> FileChannel:
    return FileChannel(context.handover_root, context.texts)


SPEC = ChannelSpec("file", "A file with a manifest per batch", True, FileOptions, _build)
