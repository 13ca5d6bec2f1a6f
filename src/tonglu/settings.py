"""The only reader of the environment: secrets and switches of the machine, never of the bank."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Settings:
    """What the environment says.

    Attributes:
        threads: DuckDB's threads (`TONGLU_THREADS`); None leaves it to DuckDB.
        memory: DuckDB's memory limit (`TONGLU_MEMORY`), such as '8GB'; None leaves it to DuckDB.
        failpoint: where the process kills itself (`TONGLU_FAILPOINT`), for tests of recovery.
        erasure_key: what the hashes of forgotten customers are keyed with (`TONGLU_ERASURE_KEY`); empty when it is not set.
        secrets: every variable, for channels and attached sources to take the ones that their files name.
    """

    threads: int | None = None
    memory: str | None = None
    failpoint: str | None = None
    erasure_key: str = field(default="", repr=False)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_settings() -> Settings:
    """The settings of this process."""
    threads = os.environ.get("TONGLU_THREADS", "")
    return Settings(
        threads=int(threads) if threads.isdigit() else None,
        memory=os.environ.get("TONGLU_MEMORY") or None,
        failpoint=os.environ.get("TONGLU_FAILPOINT") or None,
        erasure_key=os.environ.get("TONGLU_ERASURE_KEY", ""),
        secrets=dict(os.environ),
    )
