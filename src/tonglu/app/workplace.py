"""A project with its warehouse, mailroom and channels open: what the use cases work in."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from tonglu.app.definitions import Definitions, read_definitions
from tonglu.channels.registry import kinds as channel_kinds
from tonglu.channels.registry import open_channel
from tonglu.channels.spec import ChannelContext
from tonglu.core.delivery import BatchRow, Channel, OutboxRow
from tonglu.core.work import Terms
from tonglu.language.message import MessageFile, MessageLibrary
from tonglu.mailroom.mailroom import Mailroom
from tonglu.settings import Settings, read_settings
from tonglu.stages.check import Judge
from tonglu.stages.tables import prepare
from tonglu.warehouse.connection import DuckDBWarehouse
from tonglu.warehouse.landing import DuckDBLanding
from tonglu.warehouse.schema import migrate

SECRET_MISSING = "TL814"
PINNED_TEXTS = "SELECT version_no, hash, definition FROM tonglu.version ORDER BY version_no"


@dataclass(frozen=True)
class MailroomHandOver:
    """The mailroom as the deliver stage sees it."""

    mailroom: Mailroom

    def rows(self, rows: list[OutboxRow]) -> int:
        """Take rows; how many were new."""
        return self.mailroom.outbox.hand_over(rows) if rows else 0

    def batches(self, batches: list[BatchRow]) -> int:
        """Take batches; how many were new."""
        return self.mailroom.batches.hand_over(batches) if batches else 0

    def knows(self, batch_id: str) -> bool:
        """Whether a batch was taken before."""
        return self.mailroom.batches.staged(batch_id) is not None

    def cancel(self, keys: list[str], in_batches: Mapping[str, list[str]], at: datetime, reason: str) -> int:
        """Take back what has not begun to leave, and what nobody works yet; how many."""
        return self.mailroom.cancel(keys, at, reason, in_batches)


class Workplace:
    """A project at work. Open it with `workplace(root)`; one process at a time has the warehouse.

    Attributes:
        waived: definitions are played as they are written, approved or not: what a copy is for that has no effects.
    """

    def __init__(self, root: Path, settings: Settings | None = None) -> None:
        self.root = root
        self.waived = False
        self.settings = settings or read_settings()
        self.definitions: Definitions = read_definitions(root)
        for name in ("warehouse", "mailroom", "handover"):
            _make_private(_folder(self.definitions.path(name)))
        _make_private(self.staged)
        for name in ("published", "landing", "reports"):
            _folder(self.definitions.path(name)).mkdir(parents=True, exist_ok=True)

    @cached_property
    def warehouse(self) -> DuckDBWarehouse:
        """The live warehouse, with its tables up to date."""
        path = self.definitions.path("warehouse")
        new = not path.exists()
        warehouse = DuckDBWarehouse(path, threads=self.settings.threads, memory=self.settings.memory)
        if new:
            path.chmod(0o600)
        migrate(warehouse)
        prepare(warehouse, self.definitions.contracts)
        return warehouse

    @cached_property
    def mailroom(self) -> Mailroom:
        """The mailroom."""
        return Mailroom(self.definitions.path("mailroom"))

    @cached_property
    def landing(self) -> DuckDBLanding:
        """The reader of what lands."""
        return DuckDBLanding(self.warehouse)

    def judge(self) -> Judge:
        """Great Expectations over this warehouse.

        Raises:
            InputError: the extra that brings it is not installed.
        """
        from tonglu.quality.judge import ExpectationsJudge

        return ExpectationsJudge(self.warehouse.connection)

    @property
    def staged(self) -> Path:
        """The folder of staged bulk batches, beside the mailroom."""
        return self.definitions.path("mailroom").parent / "staged"

    def bulk_channels(self) -> dict[str, bool]:
        """Every channel, and whether its unit is the batch."""
        return bulk_channels(self.definitions)

    def people_channels(self) -> dict[str, Terms]:
        """The channels whose touches people work, and by which terms."""
        return self.definitions.people_channels()

    def library(self) -> MessageLibrary:
        """The texts: current ones, and those that versions pinned."""
        return MessageLibrary(self.definitions.messages, {digest: texts for _, digest, texts in self.pinned_texts()})

    def pinned_texts(self) -> list[tuple[int, str, dict[str, MessageFile]]]:
        """Version number, hash and messages of every pinned version."""
        import json

        return [
            (
                number,
                digest,
                {name: MessageFile.model_validate_json(text) for name, text in json.loads(definition)["messages"].items()},
            )
            for number, digest, definition in self.warehouse.fetch(PINNED_TEXTS)
        ]

    def message_variables(self) -> dict[tuple[int, str], frozenset[str]]:
        """The variables of every pinned message."""
        return {(number, name): text.variables() for number, _, texts in self.pinned_texts() for name, text in texts.items()}

    def channels(self, library: MessageLibrary) -> dict[str, Channel]:
        """Every channel that can be opened here; one whose secret is missing is left to a deliverer that has it.

        Raises:
            InputError: anything else is wrong with a channel.
        """
        from tonglu.core.errors import InputError

        opened = {}
        for name, entry in self.definitions.channels.items():
            lists = self.mailroom.worklist
            context = ChannelContext(name, self.definitions.path("handover"), library, self.settings.secrets, lists)
            try:
                opened[name] = open_channel(entry.kind, entry.options, context)
            except InputError as error:
                if any(finding.code != SECRET_MISSING for finding in error.findings):
                    raise
        return opened

    def let_go_of_warehouse(self) -> None:
        """Close the warehouse alone; the next use opens it again."""
        if "warehouse" in self.__dict__:
            self.warehouse.close()
            for name in ("warehouse", "landing"):
                self.__dict__.pop(name, None)

    def close(self) -> None:
        """Close what was opened."""
        if "mailroom" in self.__dict__:
            self.mailroom.close()
        if "warehouse" in self.__dict__:
            self.warehouse.close()


def bulk_channels(definitions: Definitions) -> dict[str, bool]:
    """Every channel that is written, and whether its unit is the batch."""
    kinds = channel_kinds()
    return {name: kinds[one.kind].bulk for name, one in definitions.channels.items()}


def _folder(path: Path) -> Path:
    return path if path.suffix == "" else path.parent


def _make_private(folder: Path) -> None:
    """A folder for personal data: closed to others when it is made here, left as it is when somebody made it before."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def workplace(root: Path, settings: Settings | None = None) -> Iterator[Workplace]:
    """Open a project, and close it again."""
    place = Workplace(root, settings)
    try:
        yield place
    finally:
        place.close()
