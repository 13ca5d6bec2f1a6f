"""What becomes of a touch: whether and when it arrives, is opened or clicked, annoys; and how it moves hazards.

Every instant is a function of the seed and the touch key, and lies after the touch's `not_before`. Assumptions of ours:

- app push: 94 % delivered within 2 minutes; 22 % opened, 35 % of those clicked;
- SMS: 97 % delivered within 5 minutes; 5 % click its link; nobody can see an SMS being opened;
- WeCom: confirmed by a member of staff within 6 hours in 88 % (else expired), then delivered; 45 % opened, 30 % clicked;
- call: placed within the hour; 35 % answered, 45 % no answer, 8 % refused, 12 % ask for a call back. Only answered calls act;
- on a worklist: WeCom as above, but the employee says that it was confirmed; a call is tried up to three times, four hours apart, at most
  twice a day, until somebody answers or refuses; what nobody did expires by the list itself;
- e-mail: 95 % delivered, 12 % opened, 10 % clicked; mini-program: 60 % delivered, 30 % opened, 40 % clicked;
- opening takes 20 minutes on average, at most 8 hours; a touch that could only leave after its `expires_at` expires.
"""

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tonglu.bank.calendar import DAY, FAR, HOUR, SECOND
from tonglu.bank.chance import Flags, Floats, Ints, text_words
from tonglu.bank.effects import GROUPS, HIGHEST, LASTS_DAYS, LOWEST, Effect, SideEffect, other_side_effect
from tonglu.bank.handover import Batch, micros_or
from tonglu.bank.people import positions
from tonglu.bank.places import CHANNELS
from tonglu.bank.roster import Roster
from tonglu.bank.tables import constant, instants, joined

NEVER = FAR * DAY
RECEIPTS = ("confirmed", "delivered", "failed", "expired", "answered", "no_answer", "refused", "call_back", "opened", "clicked")
ARRIVES = {"app_push": 0.94, "sms": 0.97, "wecom": 1.0, "call": 1.0, "email": 0.95, "mini_program": 0.6}
TRIES = ("try_1", "try_2", "try_3")
"""When a call that is on a list is tried, `NEVER` where it is not."""
INSTANTS = RECEIPTS + TRIES
BY_EMPLOYEES = ("confirmed", "expired", "answered", "no_answer", "refused", "call_back")
REPORTED = ("answered", "no_answer", "refused", "call_back")
LONGEST_WAIT = {"app_push": 120, "sms": 300, "wecom": 120, "call": 3600, "email": 600, "mini_program": 60}
OPENED = {"app_push": 0.22, "sms": 0.0, "wecom": 0.45, "call": 0.0, "email": 0.12, "mini_program": 0.3}
CLICKED = {"app_push": 0.35, "sms": 0.05, "wecom": 0.3, "call": 0.0, "email": 0.1, "mini_program": 0.4}
ANSWERS = (0.35, 0.45, 0.08, 0.12)


@dataclass(frozen=True)
class Touches:
    """Touches with their fate. Instants are microseconds, `NEVER` when it does not come; receipts by name in `at`."""

    key: pa.Array
    person: Ints
    channel: Ints
    message: pa.Array
    arm: pa.Array
    at: dict[str, Ints]
    acts: Ints
    """When it begins to act on the customer."""
    opt_out: Ints
    complaint: Ints
    listed: Flags
    """Whether it stands on a list that employees work."""

    def __len__(self) -> int:
        return len(self.person)

    def table(self) -> pa.Table:
        """As a table for the hidden state."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "at"}
        return pa.table({**plain, **{f"at.{name}": self.at[name] for name in INSTANTS}})

    @staticmethod
    def together(parts: "list[Touches]") -> "Touches":
        """All parts, in order."""
        plain = {f.name: [getattr(p, f.name) for p in parts] for f in fields(Touches) if f.name != "at"}
        merged = {k: pa.concat_arrays(v) if isinstance(v[0], pa.Array) else np.concatenate(v) for k, v in plain.items()}
        return Touches(**merged, at={name: np.concatenate([p.at[name] for p in parts]) for name in INSTANTS})

    @staticmethod
    def of_table(table: pa.Table) -> "Touches":
        """Back from a table of the hidden state."""
        plain = {f.name: table[f.name] for f in fields(Touches) if f.name != "at"}
        arrays = {k: _flat(v) if pa.types.is_string(v.type) else v.to_numpy() for k, v in plain.items()}
        return Touches(**arrays, at={name: table[f"at.{name}"].to_numpy() for name in INSTANTS})


def fates(bank: Roster, batches: list[Batch], start: int, sides: list[SideEffect]) -> Touches:
    """The fate of all touches of batches received at `start` (microseconds). Unknown customers and channels are ignored."""
    rows = pa.concat_tables([b.rows for b in batches]) if batches else _no_rows()
    listed = np.concatenate([np.zeros(0, np.bool_), *(np.full(b.rows.num_rows, b.listed) for b in batches)])
    known = np.isin(rows["channel"].to_numpy(zero_copy_only=False), CHANNELS)
    person = positions(rows["customer_id"].cast(pa.int64()).to_numpy())
    known &= (person >= 0) & (person < len(bank.people))
    rows, listed = rows.filter(pa.array(known)), listed[known]
    person = positions(rows["customer_id"].cast(pa.int64()).to_numpy())
    channel = np.asarray(pc.index_in(rows["channel"], pa.array(CHANNELS)).to_numpy()).astype(np.int64)
    number = text_words(rows["touch_key"].to_pylist())
    leaves = np.maximum(micros_or(rows["not_before"], start), start)
    expires = micros_or(rows["expires_at"], NEVER)
    at = _receipt_instants(bank, channel, number, leaves, expires)
    called = channel == CHANNELS.index("call")
    _try_again(bank, number, leaves, expires, at, listed & called)
    acts = np.where(called, at["answered"], at["delivered"])
    message, arm = _flat(rows["message"]), _flat(rows["arm"])
    chances = _side_chances(bank, person, channel, message, arm, sides=sides)
    annoyed = np.where(called & (at["delivered"] < NEVER), at["delivered"] + 60 * SECOND, acts)
    outs = [
        np.where(
            (bank.dice.uniform(f"touch.{name}", number) < chance) & (annoyed < NEVER),
            annoyed + 60 * SECOND + (bank.dice.uniform(f"touch.{name}.time", number) * 6 * HOUR).astype(np.int64),
            NEVER,
        )
        for name, chance in zip(("opt_out", "complaint"), chances, strict=True)
    ]
    return Touches(_flat(rows["touch_key"]), person, channel, message, arm, at, acts, outs[0], outs[1], listed)


def _flat(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _no_rows() -> pa.Table:
    texts = ("touch_key", "customer_id", "channel", "message", "arm")
    return pa.table(
        {
            **{n: pa.array([], pa.string()) for n in texts},
            **{n: pa.array([], pa.timestamp("us")) for n in ("not_before", "expires_at")},
        }
    )


def _by_channel(shares: dict[str, float] | dict[str, int], channel: Ints) -> Floats:
    return np.array([float(shares[c]) for c in CHANNELS])[channel]


def _receipt_instants(bank: Roster, channel: Ints, number: np.ndarray, leaves: Ints, expires: Ints) -> dict[str, Ints]:
    def u(purpose: str) -> Floats:
        return bank.dice.uniform(f"touch.{purpose}", number)

    never = np.full(len(channel), NEVER, dtype=np.int64)
    by_staff, called = channel == CHANNELS.index("wecom"), channel == CHANNELS.index("call")
    confirms = by_staff & (u("confirm") < 0.88)
    confirmed = np.where(confirms, leaves + 60 * SECOND + (u("confirm.time") * 6 * HOUR).astype(np.int64), NEVER)
    late = (leaves > expires) | (by_staff & ~confirms) | (confirms & (confirmed > expires))
    confirmed = np.where(late, NEVER, confirmed)
    begins = np.where(by_staff, confirmed, leaves)
    reach = begins + SECOND + (u("wait") * _by_channel(LONGEST_WAIT, channel) * SECOND).astype(np.int64)
    arrives = ~late & (u("arrives") < _by_channel(ARRIVES, channel))
    delivered = np.where(arrives, reach, never)
    answer = bank.dice.pick("touch.answer", ANSWERS, number)
    at = {
        "confirmed": confirmed,
        "delivered": delivered,
        "failed": np.where(~late & ~arrives, reach, never),
        "expired": np.where(late, np.maximum(np.minimum(expires, leaves + DAY), leaves), never),
    }
    for i, name in enumerate(("answered", "no_answer", "refused", "call_back")):
        at[name] = np.where(called & arrives & (answer == i), delivered + 40 * SECOND, never)
    delay = np.minimum(-20 * 60 * np.log1p(-u("open.time")), 8 * 3600) * SECOND
    opens = arrives & (u("open") < _by_channel(OPENED, channel))
    at["opened"] = np.where(opens, delivered + 2 * SECOND + delay.astype(np.int64), never)
    seen = np.where(channel == CHANNELS.index("sms"), np.where(arrives, delivered + delay.astype(np.int64), never), at["opened"])
    clicks = (seen < NEVER) & (u("click") < _by_channel(CLICKED, channel))
    at["clicked"] = np.where(clicks, seen + 15 * SECOND, never)
    return at


def _try_again(bank: Roster, number: np.ndarray, leaves: Ints, expires: Ints, at: dict[str, Ints], who: Flags) -> None:
    """Calls on a list: up to three tries in the hours of the branch, until somebody answers or refuses; `at` is changed for them."""
    for name in TRIES:
        at[name] = np.full(len(number), NEVER, dtype=np.int64)
    for name in (*REPORTED, "delivered", "failed", "expired"):
        at[name] = np.where(who, NEVER, at[name])
    still, last = who.copy(), leaves
    for place, name in enumerate(TRIES):
        late = (60 * SECOND + bank.dice.uniform(f"touch.{name}.time", number) * 50 * 60 * SECOND).astype(np.int64)
        when = last + late + (4 * HOUR if place else 0)
        morning = (when // DAY + 1) * DAY + HOUR + late  # nine o'clock: a bank day begins at eight
        when = np.where((when % DAY >= 10 * HOUR) | (place == 2), morning, when)
        still &= when < expires
        at[name] = np.where(still, when, at[name])
        outcome = answers(bank, place, number)
        reached = still & ((outcome == 0) | (outcome == 2))
        for code, receipt in enumerate(REPORTED):
            ends = still & (outcome == code) & (reached | (place == 2))
            at[receipt] = np.where(ends, when, at[receipt])
        at["delivered"] = np.where(reached, when, at["delivered"])
        still &= ~reached
        last = np.where(still, when, last)


def answers(bank: Roster, place: int, number: np.ndarray) -> Ints:
    """How a try of a listed call comes out, as positions in `REPORTED`."""
    return bank.dice.pick(f"touch.{TRIES[place]}.answer", ANSWERS, number)


def outcome_rows(bank: Roster, touches: Touches, start: int, end: int) -> list[tuple[str, str, int]]:
    """What employees report with start <= instant < end: touch key, outcome, instant; in order."""
    number = text_words(touches.key.to_pylist())
    confirmed = touches.listed & (touches.at["confirmed"] >= start) & (touches.at["confirmed"] < end)
    found = [(touches.key[int(i)].as_py(), "confirmed", int(touches.at["confirmed"][i])) for i in np.flatnonzero(confirmed)]
    for place, name in enumerate(TRIES):
        outcome = answers(bank, place, number)
        inside = np.flatnonzero((touches.at[name] >= start) & (touches.at[name] < end))
        found += [(touches.key[int(i)].as_py(), REPORTED[int(outcome[i])], int(touches.at[name][i])) for i in inside]
    return sorted(found, key=lambda row: (row[2], row[0]))


def _side_chances(
    bank: Roster, person: Ints, channel: Ints, message: pa.Array, arm: pa.Array, *, sides: list[SideEffect]
) -> tuple[Floats, Floats]:
    group = bank.people.group[person]
    chances = np.array([other_side_effect(c) for c in CHANNELS])[channel].reshape(-1, 2)
    listed = {(s.message, s.arm, s.channel, s.group): (s.opt_out, s.complaint) for s in sides}
    for kind, rows in _kinds(message, arm).items():
        for g, group_name in enumerate(GROUPS):
            for c, channel_name in enumerate(CHANNELS):
                found = listed.get((*kind, channel_name, group_name))
                if found is not None:
                    chances[rows[(group[rows] == g) & (channel[rows] == c)]] = found
    return chances[:, 0], chances[:, 1]


def _kinds(message: pa.Array, arm: pa.Array) -> dict[tuple[str, str], Ints]:
    pairs = joined(message, "\x1f", arm).dictionary_encode()
    codes = pairs.indices.to_numpy()
    found = [tuple(name.split("\x1f")[:2]) for name in pairs.dictionary.to_pylist()]
    return {(name[0], name[1]): np.flatnonzero(codes == i) for i, name in enumerate(found)}


def receipt_rows(touches: Touches, start: int, end: int) -> pa.Table:
    """Rows of `receipts` with start <= instant < end; what employees report themselves is not among them."""
    tables = []
    for name in RECEIPTS:
        inside = (touches.at[name] >= start) & (touches.at[name] < end)
        inside &= ~(touches.listed & ((name in BY_EMPLOYEES) | (touches.channel == CHANNELS.index("call"))))
        key = touches.key.filter(pa.array(inside))
        kind = constant(name, len(key))
        tables.append(
            pa.table(
                {
                    "receipt_id": joined("r-", key, f"-{name}"),
                    "touch_key": key,
                    "receipt": kind,
                    "occurred_at": instants(touches.at[name][inside]),
                    "detail": pa.nulls(len(key), pa.string()),
                }
            )
        )
    return pa.concat_tables(tables)


class Boosts:
    """Looks up how much touches multiply hazards; built once per day from the touches that may still act."""

    def __init__(self, bank: Roster, touches: Touches, effects: list[Effect]) -> None:
        self._people = len(bank.people)
        listed = {(e.message, e.arm, e.channel, e.group, e.goal): (e.multiplier, e.half_life_days) for e in effects}
        self._goals: dict[str, tuple[Ints, Ints, Floats, Floats]] = {}
        group = bank.people.group[touches.person]
        for goal in sorted({e.goal for e in effects}):
            size, half = np.ones(len(touches)), np.ones(len(touches))
            for kind, rows in _kinds(touches.message, touches.arm).items():
                for g, group_name in enumerate(GROUPS):
                    for c, channel_name in enumerate(CHANNELS):
                        found = listed.get((*kind, channel_name, group_name, goal))
                        if found is not None:
                            hit = rows[(group[rows] == g) & (touches.channel[rows] == c)]
                            size[hit], half[hit] = found
            moves = (size != 1.0) & (touches.acts < NEVER)
            self._goals[goal] = (touches.person[moves], touches.acts[moves], size[moves], half[moves])

    def at(self, goal: str, person: Ints, at: Ints) -> Floats:
        """Factor on the hazard of each customer at the instant; exactly 1 for whom nothing acts."""
        factor = np.ones(len(person))
        who, acts, size, half = self._goals.get(goal, (np.empty(0, dtype=np.int64),) * 2 + (np.empty(0),) * 2)
        if not len(who):
            return factor
        place = np.full(self._people, -1, dtype=np.int64)
        place[person] = np.arange(len(person))
        row = place[who]
        age = at[np.maximum(row, 0)] - acts
        live = (row >= 0) & (age > 0) & (age < LASTS_DAYS * DAY)
        logs = np.log1p((size[live] - 1) * 0.5 ** (age[live] / DAY / half[live]))
        total = np.bincount(row[live], weights=logs, minlength=len(person))
        return np.asarray(np.clip(np.exp(total), LOWEST, HIGHEST))
