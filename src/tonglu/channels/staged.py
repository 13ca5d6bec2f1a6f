"""Reading a staged batch: which of its touches leave now, rendered, and which are left out and why."""

import json
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from hashlib import file_digest
from typing import Any

from tonglu.core.delivery import (
    ADDRESS_GONE,
    STAGED_BRANCH,
    STAGED_COLUMNS,
    DeliveryState,
    LeftOut,
    OutboundBatch,
    Text,
    Texts,
    instant_text,
)
from tonglu.core.errors import InputError, coded

_CHUNK = 20_000
_REMEMBERED_TEXTS = 50_000


class StagedError(Exception):
    """The staged file is not what the batch says; nothing of it leaves."""


class StagedRows:
    """The touches of one staged batch. Texts are rendered once per message, arm and variables, not per row."""

    def __init__(self, batch: OutboundBatch, texts: Texts) -> None:
        """Check the file against the batch.

        Raises:
            StagedError: the file is missing, damaged, or lacks columns.
            OSError: the file cannot be read.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._batch = batch
        self.left_out: list[LeftOut] = []
        if not batch.staged.exists():
            raise StagedError("the staged file is missing")
        with batch.staged.open("rb") as file:
            if file_digest(file, "sha256").hexdigest() != batch.sha256:
                raise StagedError("the staged file does not match its checksum")
        try:
            self._file = pq.ParquetFile(batch.staged)
        except pa.ArrowInvalid:
            raise StagedError("the staged file is no Parquet") from None
        if missing := [column for column in STAGED_COLUMNS if column not in self._file.schema_arrow.names]:
            raise StagedError(f"the staged file lacks {', '.join(missing)}")
        if self._file.metadata.num_rows != batch.rows:
            raise StagedError(f"the staged file has {self._file.metadata.num_rows} rows, not {batch.rows}")

        @lru_cache(maxsize=_REMEMBERED_TEXTS)
        def rendered(message: str, version: str, arm: str, variables: str) -> Text | str:
            try:
                return texts.text(message, version, arm, batch.channel, json.loads(variables or "{}"))
            except InputError as error:
                return coded(error)

        self._rendered = rendered

    def leaving(self) -> Iterator[list[tuple[object, ...]]]:
        """Lines of the hand-over file, chunk by chunk, in the staged order; `left_out` fills on the way.

        Raises:
            StagedError: a touch may not leave yet.
        """
        self.left_out.clear()
        has_branch = STAGED_BRANCH in self._file.schema_arrow.names
        for chunk in self._file.iter_batches(
            _CHUNK, columns=[*STAGED_COLUMNS, STAGED_BRANCH] if has_branch else [*STAGED_COLUMNS]
        ):
            columns = [chunk.column(name).to_pylist() for name in STAGED_COLUMNS]
            columns.append(chunk.column(STAGED_BRANCH).to_pylist() if has_branch else [None] * chunk.num_rows)
            yield [line for row in zip(*columns, strict=True) if (line := self._line(row)) is not None]

    def staged_keys(self) -> list[str]:
        """Every touch key of the file."""
        keys: list[str] = self._file.read(columns=["touch_key"])["touch_key"].to_pylist()
        return keys

    def _line(self, row: tuple[Any, ...]) -> tuple[object, ...] | None:
        touch_key, customer_id, journey, version, address, message, arm, variables, not_before, expires_at, heeds, branch = row
        batch = self._batch
        if not_before > batch.now:
            raise StagedError("the batch holds a touch that may not leave yet")
        if (reason := self._why_not(touch_key, customer_id if heeds else None, journey, branch, expires_at)) is not None:
            self.left_out.append(LeftOut(touch_key, *reason))
            return None
        if address is None:
            self.left_out.append(LeftOut(touch_key, DeliveryState.FAILED, ADDRESS_GONE))
            return None
        text = self._rendered(message, version or "", arm or "", variables or "")
        if isinstance(text, str):
            self.left_out.append(LeftOut(touch_key, DeliveryState.FAILED, f"text: {text}"))
            return None
        first, last = instant_text(not_before), instant_text(expires_at)
        return (touch_key, customer_id, batch.channel, address, message, arm or "", text.title, text.body, first, last)

    def _why_not(
        self, touch_key: str, customer_id: int | None, journey: str, branch: str | None, expires_at: datetime
    ) -> tuple[DeliveryState, str] | None:
        """Why a touch stays behind; one that does not heed opt-outs comes without its customer."""
        batch = self._batch
        if touch_key in batch.excluded:
            return DeliveryState.CANCELLED, "excluded"
        if customer_id in batch.opted_out:
            return DeliveryState.CANCELLED, "opted out"
        if journey in batch.stopped_journeys:
            return DeliveryState.CANCELLED, f"journey {journey} is stopped"
        if branch in batch.stopped_branches:
            return DeliveryState.CANCELLED, f"branch {branch} is stopped"
        if expires_at <= batch.now:
            return DeliveryState.EXPIRED, "past its end"
        return (DeliveryState.WAITING, f"branch {branch} is paused") if branch in batch.paused_branches else None
