"""What time it is in a project: the wall clock's, but in the bundled bank, whose days are played and not lived through."""

from datetime import datetime
from pathlib import Path

from tonglu.app.inspect import last_run, path_of, published
from tonglu.app.report import has_bundled_bank
from tonglu.core.errors import InputError
from tonglu.language.project import Project
from tonglu.mailroom.mailroom import Mailroom


def bank_now(root: Path, project: Project) -> datetime | None:
    """Where the bundled bank stands: at its last run, or at what was delivered or settled since. None for a bank of one's own."""
    if not has_bundled_bank(root, project):
        return None
    try:
        with published(root, project) as file:
            last = last_run(file)
    except InputError:
        return None  # nothing was played yet
    if last is None:
        return None
    mailroom = path_of(root, project, "mailroom")
    if not mailroom.exists():
        return last[1]
    with Mailroom(mailroom) as opened:
        newest = opened.log.newest()
    return last[1] if newest is None else max(last[1], newest)
