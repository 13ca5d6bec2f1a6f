"""Mail: what other processes brought to the mailroom since the last run becomes facts of this one, by watermark."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Protocol, get_args

from tonglu.core.consent_words import folded, meant
from tonglu.core.delivery import DeliveryState
from tonglu.core.ports import Warehouse
from tonglu.language.consent_rules import ConsentRules
from tonglu.language.values import Purpose

PURPOSES = frozenset({*get_args(Purpose), "profiling"})
"""What a word may be about; 'profiling' is personalised marketing."""

LINES = """
    CREATE OR REPLACE TEMP TABLE delivery_line (seq BIGINT, touch_key VARCHAR, batch_id VARCHAR, state VARCHAR, changed_at TIMESTAMP,
        detail VARCHAR)
"""
LINE = "INSERT INTO delivery_line SELECT unnest($seq), unnest($touch_key), unnest($batch_id), unnest($state), unnest($changed_at), unnest($detail)"
WORD = """
    INSERT INTO tonglu.opt_out (customer_id, channel, opted_out_at, run_no, word, purpose)
    SELECT $customer_id, $channel, $at, $run_no, $word, $purpose
"""
AS_WRITTEN = """
    CREATE OR REPLACE TEMP VIEW said_out AS
    SELECT customer_id, occurred_at, event_id, json_extract_string(properties, '$.channel') AS written_channel,
        json_extract_string(properties, '$.purpose') AS written_purpose
    FROM new_event WHERE name = 'opt_out'
"""
WRITTEN = "SELECT DISTINCT written_channel, written_purpose FROM said_out ORDER BY ALL"
MEANINGS = """
    CREATE OR REPLACE TEMP TABLE meant_out (written_channel VARCHAR, written_purpose VARCHAR, channel VARCHAR, purpose VARCHAR, clear BOOLEAN)
"""
MEANING = "INSERT INTO meant_out SELECT $written_channel, $written_purpose, $channel, $purpose, $clear"
BY_EVENT = """
    INSERT INTO tonglu.opt_out (customer_id, channel, opted_out_at, run_no, word, purpose)
    SELECT s.customer_id, m.channel, s.occurred_at, $run_no, 'out', m.purpose
    FROM said_out AS s JOIN meant_out AS m
        ON s.written_channel IS NOT DISTINCT FROM m.written_channel AND s.written_purpose IS NOT DISTINCT FROM m.written_purpose
    ORDER BY s.occurred_at, s.event_id
"""
UNCLEAR = """
    SELECT count(*) FROM said_out AS s JOIN meant_out AS m
        ON s.written_channel IS NOT DISTINCT FROM m.written_channel AND s.written_purpose IS NOT DISTINCT FROM m.written_purpose
    WHERE NOT m.clear
"""
# What a customer answers is an opt-out of marketing on its channel: a stop word in a reply, or that they refused a call.
BY_ANSWER = r"""
    INSERT INTO tonglu.opt_out (customer_id, channel, opted_out_at, run_no, word, purpose)
    SELECT customer_id, channel, occurred_at, $run_no, 'out', 'marketing'
    FROM (
        SELECT customer_id, occurred_at, event_id, name, json_extract_string(properties, '$.channel') AS channel,
            regexp_replace(translate(upper(json_extract_string(properties, '$.text')), 'ＴＤＲ', 'TDR'), '[\s.。!！,，]', '', 'g') AS said
        FROM new_event WHERE name IN ('touch.replied', 'touch.refused')
    ) AS answer
    WHERE (name = 'touch.replied' AND list_contains($stop_channels, channel) AND list_contains($stop_words, said))
       OR (name = 'touch.refused' AND list_contains($refusals, channel))
    ORDER BY occurred_at, event_id
"""
NEW_OPT_OUTS = """
    SELECT DISTINCT customer_id, channel, purpose, opted_out_at FROM tonglu.opt_out WHERE run_no = $run_no AND word = 'out' ORDER BY ALL
"""
LIFTED = """
    SELECT c.customer_id, c.channel, c.purpose, max(c.changed_at)
    FROM tonglu.opt_out AS o JOIN source.consents AS c ON c.customer_id = o.customer_id AND (o.channel = c.channel OR o.channel = '*')
        AND (o.purpose = c.purpose OR o.purpose = '*')
    WHERE (c.loaded_run = $run_no OR o.run_no = $run_no) AND o.word = 'out' AND c.granted AND c.changed_at > o.opted_out_at
    GROUP BY c.customer_id, c.channel, c.purpose ORDER BY ALL
"""
EJECT = "INSERT INTO tonglu.ejection VALUES ($run_no, $customer_id, $journey, $reason, $by)"
WATERMARK = "SELECT seq FROM tonglu.watermark WHERE name = $name"
SET_WATERMARK = "INSERT OR REPLACE INTO tonglu.watermark VALUES ($name, $seq)"


class DeliveryLine(Protocol):
    """One change of a touch's or a batch's delivery state."""

    @property
    def seq(self) -> int: ...  # noqa: D102

    @property
    def touch_key(self) -> str | None: ...  # noqa: D102

    @property
    def batch_id(self) -> str | None: ...  # noqa: D102

    @property
    def state(self) -> DeliveryState: ...  # noqa: D102

    @property
    def at(self) -> datetime: ...  # noqa: D102

    @property
    def detail(self) -> str: ...  # noqa: D102


class OptOutWord(Protocol):
    """A customer's word about a channel or all ('*') and a purpose or all ('*'): out, or in again."""

    @property
    def seq(self) -> int: ...  # noqa: D102

    @property
    def customer_id(self) -> int: ...  # noqa: D102

    @property
    def channel(self) -> str: ...  # noqa: D102

    @property
    def purpose(self) -> str: ...  # noqa: D102

    @property
    def out(self) -> bool: ...  # noqa: D102

    @property
    def at(self) -> datetime: ...  # noqa: D102


def watermark(warehouse: Warehouse, name: str) -> int:
    """How far a source of the mailroom was read; 0 at first."""
    rows = warehouse.fetch(WATERMARK, name=name)
    return int(rows[0][0]) if rows else 0


def advance_watermark(warehouse: Warehouse, name: str, seq: int) -> None:
    """Note how far a source was read; part of the run's transaction."""
    warehouse.execute(SET_WATERMARK, name=name, seq=seq)


def take_deliveries(warehouse: Warehouse, lines: Sequence[DeliveryLine]) -> None:
    """Delivery states as the deliverers logged them."""
    if not lines:
        return
    warehouse.execute(LINES)
    warehouse.execute(
        LINE,
        seq=[line.seq for line in lines],
        touch_key=[line.touch_key for line in lines],
        batch_id=[line.batch_id for line in lines],
        state=[str(line.state) for line in lines],
        changed_at=[line.at for line in lines],
        detail=[line.detail for line in lines],
    )
    warehouse.run("deliver/reports")
    advance_watermark(warehouse, "delivery_log", max(line.seq for line in lines))


def take_opt_outs(warehouse: Warehouse, words: Iterable[OptOutWord], channels: Collection[str]) -> int:
    """Words from the mailroom, out and in again; they are kept, and the latest that covers a channel counts. How many are not clear.

    A word out that names no known channel or purpose is about every one; a word in that does so lifts nothing.
    """
    seq = unclear = 0
    for word in words:
        said = "out" if word.out else "in"
        read = meant(word.channel, word.purpose, channels, PURPOSES)
        unclear += not read.clear
        channel, purpose = (read.channel, read.purpose) if word.out else (folded(word.channel), folded(word.purpose))
        warehouse.execute(WORD, customer_id=word.customer_id, channel=channel, at=word.at, word=said, purpose=purpose)
        seq = max(seq, word.seq)
    if seq:
        advance_watermark(warehouse, "opt_outs", seq)
    return unclear


def take_opt_out_events(warehouse: Warehouse, rules: ConsentRules, channels: Collection[str]) -> int:
    """Opt-outs that came as events and as answers to touches, effective in this very run; how many are not clear.

    An event that names no known channel or purpose is about every one.
    """
    warehouse.execute(AS_WRITTEN)
    warehouse.execute(MEANINGS)
    for channel, purpose in warehouse.fetch(WRITTEN):
        warehouse.execute(
            MEANING, written_channel=channel, written_purpose=purpose, **vars(meant(channel, purpose, channels, PURPOSES))
        )
    warehouse.execute(BY_EVENT)
    words = sorted({word.strip().upper() for word in rules.stop_words})
    warehouse.execute(BY_ANSWER, stop_words=words, stop_channels=list(rules.stop_channels), refusals=list(rules.refusals))
    return int(warehouse.fetch(UNCLEAR)[0][0])


def opt_outs_of(warehouse: Warehouse, run_no: int) -> list[tuple[int, str, str, datetime]]:
    """The opt-outs that a run brought (customer, channel, purpose, instant), for the deliverers to know of too."""
    return [(customer, channel, purpose, at) for customer, channel, purpose, at in warehouse.fetch(NEW_OPT_OUTS, run_no=run_no)]


def lifted_opt_outs(warehouse: Warehouse, run_no: int) -> list[tuple[int, str, str, datetime]]:
    """Channel and purpose for which a consent is newer than an opt-out, if either came in this run, for the deliverers to know of too."""
    return [(customer, channel, purpose, at) for customer, channel, purpose, at in warehouse.fetch(LIFTED, run_no=run_no)]


def eject(warehouse: Warehouse, *, customer_id: int, journey: str, reason: str, by: str) -> None:
    """Note that an operator takes a customer out of a journey in this run."""
    warehouse.execute(EJECT, customer_id=customer_id, journey=journey, reason=reason, by=by)
