"""One day's run by the engine, in a process of its own: `python engine_side.py PROJECT AS_OF`; prints its times as JSON."""

import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any


def main(root: Path, as_of: datetime) -> None:
    began = time.perf_counter()
    from tonglu.app import loop
    from tonglu.app.workplace import workplace

    seconds: dict[str, float] = {}
    cpu: dict[str, float] = {}

    def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: object, **named: object) -> object:
            start, busy = time.perf_counter(), time.process_time()
            result = function(*arguments, **named)
            seconds[name], cpu[name] = time.perf_counter() - start, time.process_time() - busy
            return result

        return call

    loop.promote = timed("promote", loop.promote)  # type: ignore[attr-defined]
    loop.conserve = timed("conserve", loop.conserve)  # type: ignore[attr-defined]
    with workplace(root) as place:
        place.warehouse.fetch("SELECT 1")
        mark, busy = time.perf_counter(), time.process_time()
        seconds["open"], cpu["open"] = mark - began, busy

        def on_stage(name: str, _: object) -> None:
            nonlocal mark, busy
            now, used = time.perf_counter(), time.process_time()
            seconds[name], cpu[name] = now - mark, used - busy
            mark, busy = now, used

        summary = loop.run_once(place, as_of, on_stage)
    seconds["close"], cpu["close"] = time.perf_counter() - mark, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak, "summary": summary}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))
