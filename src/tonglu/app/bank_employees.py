"""The bundled bank's employees: what is new on their lists goes to the world as a file, what they report comes back as one."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from tonglu.app.work_outcomes import import_outcomes
from tonglu.app.worklist import Desk
from tonglu.app.workplace import Workplace
from tonglu.core.delivery import instant_text
from tonglu.core.work import WorkItem
from tonglu.mailroom.work_answers import Asked

FOLDER = "worklist"
COLUMNS = ("touch_key", "customer_id", "channel", "address", "message", "arm", "title", "body", "not_before", "expires_at")
EMPLOYEES = "employees of the bundled bank"


def hand_lists(place: Workplace, now: datetime) -> int:
    """Write what came to the lists since the last such file, with a manifest as bulk channels have one; how many items."""
    folder = place.definitions.path("handover") / FOLDER
    known = {key for file in folder.glob("*.csv") for key in _keys(file)}
    fresh = [item for item in place.mailroom.worklist.items(Asked(), now) if item.key not in known]
    if fresh:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder, f"{now:%Y%m%dT%H%M}-{FOLDER}", fresh, now)
    return len(fresh)


def take_outcomes(place: Workplace, files: Sequence[Path], now: datetime) -> None:
    """Read what the employees reported; a file that was read before changes nothing, and what somebody else works is left to them."""
    definitions = place.definitions
    project = definitions.project
    desk = Desk(place.mailroom, place.people_channels(), definitions.policy, project.zone_info, project.calendar)
    for file in files:
        import_outcomes(desk, file, by=EMPLOYEES, at=now, partly=True)


def _keys(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as lines:
        return [line["touch_key"] for line in csv.DictReader(lines)]


def _write(folder: Path, name: str, items: Sequence[WorkItem], now: datetime) -> None:
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for item in items:
        told = (item.key, item.customer_id, item.channel, item.address, item.message, item.arm, item.title, item.body)
        lines.writerow((*told, instant_text(item.not_before), instant_text(item.expires_at)))
    data = text.getvalue().encode()
    (folder / f"{name}.csv").write_bytes(data)
    said = {
        "batch_id": name,
        "channel": FOLDER,
        "rows": len(items),
        "sha256": sha256(data).hexdigest(),
        "made_at": instant_text(now),
    }
    (folder / f"{name}.manifest.json").write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
