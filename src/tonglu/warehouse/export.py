"""Files that leave the warehouse: Parquet written under a temporary name, synced, renamed."""

import os
from hashlib import file_digest
from pathlib import Path

from tonglu.warehouse.connection import DuckDBWarehouse


class ParquetWriter:
    """Writes the rows of a static SELECT to Parquet, in its order."""

    def __init__(self, warehouse: DuckDBWarehouse) -> None:
        self._warehouse = warehouse

    def write(self, select: str, target: Path, **parameters: object) -> str:
        """Write the rows; the file's SHA-256 as hex digits."""
        from pyarrow import parquet

        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.tmp")
        reader = self._warehouse.connection.execute(select, parameters).to_arrow_reader(100_000)
        with parquet.ParquetWriter(temporary, reader.schema, compression="zstd") as writer:
            for batch in reader:
                writer.write_batch(batch)
        with temporary.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        temporary.replace(target)
        return digest
