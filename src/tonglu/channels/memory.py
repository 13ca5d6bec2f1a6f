"""The memory channel: a receiver for tests that keeps what it gets and answers as it is told."""

from collections.abc import Mapping, Sequence

from tonglu.channels.spec import ChannelContext, ChannelOptions, ChannelSpec
from tonglu.core.delivery import Delivered, OutboundMessage, Outcome


class MemoryOptions(ChannelOptions):
    """`deduplicates`: whether the receiver honours keys."""

    deduplicates: bool = False


class MemoryChannel:
    """Keeps every message that came (`attempts`) and those that took effect (`taken`, once per key if it deduplicates)."""

    kind = "memory"

    def __init__(self, *, deduplicates: bool = False, answers: Mapping[str, Sequence[Outcome]] | None = None) -> None:
        """`answers` are the outcomes by touch key, in the order of attempts; afterwards, and for others, all is delivered."""
        self._deduplicates = deduplicates
        self._answers = {key: list(outcomes) for key, outcomes in (answers or {}).items()}
        self.attempts: list[OutboundMessage] = []
        self.taken: list[OutboundMessage] = []

    @property
    def deduplicates(self) -> bool:
        """Whether a key takes effect only once."""
        return self._deduplicates

    def send(self, message: OutboundMessage) -> Outcome:
        """Answer as told; take the message when the answer is that it was delivered."""
        self.attempts.append(message)
        waiting = self._answers.get(message.touch_key)
        outcome = waiting.pop(0) if waiting else Delivered()
        known = self._deduplicates and any(taken.touch_key == message.touch_key for taken in self.taken)
        if isinstance(outcome, Delivered) and not known:
            self.taken.append(message)
        return outcome


def _build(options: MemoryOptions, context: ChannelContext) -> MemoryChannel:
    return MemoryChannel(deduplicates=options.deduplicates)


SPEC = ChannelSpec("memory", "Memory, for tests", False, MemoryOptions, _build)
