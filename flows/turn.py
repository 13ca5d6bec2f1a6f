"""One at a time: whoever works in a warehouse has it alone.

A global concurrency limit of the Prefect server, one per project, queues the flow runs; behind it stands DuckDB's own lock on the
file, which also refuses processes that know nothing of Prefect, such as the command line.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.concurrency.asyncio import ConcurrencySlotAcquisitionError
from prefect.concurrency.sync import concurrency
from prefect.exceptions import ObjectAlreadyExists

from tonglu.core.errors import Unavailable

LEASE_SECONDS = 60.0  # renewed while held; after a SIGKILL the turn is free again when it has run out


def turn_of(root: Path) -> str:
    """The name of a project's concurrency limit."""
    return f"tonglu-warehouse-{sha256(str(root.resolve()).encode()).hexdigest()[:8]}"


@contextmanager
def sole_use(root: Path, wait_seconds: float) -> Iterator[None]:
    """Have a project's warehouse alone among the flow runs of one server.

    Args:
        root: the project.
        wait_seconds: how long to queue; 0 gives up at once.

    Raises:
        Unavailable: another run or delivery round still had it.
    """
    name = turn_of(root)
    with get_client(sync_client=True) as client, suppress(ObjectAlreadyExists):
        client.upsert_global_concurrency_limit_by_name(name, 1)
    with ExitStack() as held:
        try:
            held.enter_context(
                concurrency(
                    name,
                    timeout_seconds=wait_seconds or None,
                    max_retries=None if wait_seconds else 0,
                    lease_duration=LEASE_SECONDS,
                    strict=True,
                    raise_on_lease_renewal_failure=False,  # DuckDB's lock still guards the run that has begun
                )
            )
        except (TimeoutError, ConcurrencySlotAcquisitionError) as refused:
            text = f"another run or delivery round has the warehouse of this project (limit {name}, waited {wait_seconds:g} s)"
            raise Unavailable(f"{text}: {refused}") from refused
        yield
