"""How long `tonglu why` takes in process on a published file: `python benchmarks/explain.py PROJECT`, such as DIR/idle after idle_run.py."""

import statistics
import sys
from pathlib import Path
from time import perf_counter

from tonglu.app.inspect import project_of, published, story_of
from tonglu.app.why import proposals_of

AIM_SECONDS = 0.2
ASKED = 200
CUSTOMERS = "SELECT DISTINCT customer_id FROM engine.decision ORDER BY hash(customer_id) LIMIT $count"
SIZE = (
    "SELECT (SELECT count(*) FROM engine.entry), (SELECT count(*) FROM engine.decision), (SELECT count(*) FROM engine.membership)"
)


def main(root: Path) -> int:
    project = project_of(root)
    with published(root, project) as file:
        [(entries, decisions, memberships)] = file.rows(SIZE)[1]
        customers = [customer for (customer,) in file.rows(CUSTOMERS, count=ASKED)[1]]
        times = []
        for customer in customers:
            began = perf_counter()
            story_of(file, customer)
            found = proposals_of(file, customer, project.zone_info)
            times.append(perf_counter() - began)
            assert found, customer
    times.sort()
    print(f"{entries:,} entries, {decisions:,} decisions, {memberships:,} memberships; {len(times)} customers asked")
    print(f"median {statistics.median(times) * 1000:.0f} ms, 95th percentile {times[int(len(times) * 0.95)] * 1000:.0f} ms")
    print(f"slowest {times[-1] * 1000:.0f} ms; the aim is {AIM_SECONDS * 1000:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
