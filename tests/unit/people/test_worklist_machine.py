"""Random days of two employees and a clock: whatever they do, one item is never in two hands, limits hold, an outcome comes once."""

import tempfile
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.unit.people.conftest import START, put

from tonglu.core.clock import day_of
from tonglu.core.delivery import DeliveryState
from tonglu.core.work import DISPOSITIONS, Terms, WorkState
from tonglu.mailroom.mailroom import Mailroom
from tonglu.mailroom.switches import Action, Scope
from tonglu.mailroom.work_answers import Answer, Asked, Report

ZONE = ZoneInfo("Asia/Shanghai")
TERMS = Terms(False, timedelta(days=2), False, tuple(DISPOSITIONS), total=3, per_day=2, apart=timedelta(hours=4))
KEYS = ("key1", "key2", "key3")
FINAL = {DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.EXPIRED, DeliveryState.CANCELLED}
PEOPLE = st.sampled_from(("li", "wu"))
ITEMS = st.sampled_from(KEYS)
AGAIN = ("no_answer", "busy", "call_back")
OUTCOMES = st.sampled_from((*AGAIN, *AGAIN, *AGAIN, "answered", "refused", "do_not_call", "wrong_person"))
RARELY = st.integers(0, 14).map(lambda drawn: drawn == 7)  # what ends items must not end all of them before anything happens


class Lists(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.mailroom = Mailroom(Path(self.folder.name) / "mailroom.sqlite")
        self.worklist = self.mailroom.worklist
        self.now = START
        self.hands = {}  # key -> (by, token, until), as the answers said

    @initialize()
    def comes_to_the_list(self):
        put(self.mailroom, KEYS)

    def holder(self, key):
        held = self.hands.get(key)
        return held if held and held[2] > self.now else None

    @rule(minutes=st.sampled_from((1, 1, 10, 20, 45, 180, 300, 600)))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule(key=ITEMS, by=PEOPLE)
    def take(self, key, by):
        held = self.holder(key)
        took = self.worklist.take(key, self.now, by=by)
        if took.answer is Answer.DONE:
            assert held is None or held[0] == by
            assert took.item.expires_at > self.now
            assert took.item.taken_until <= took.item.expires_at
            self.hands[key] = (by, took.token, took.item.taken_until)
        if took.answer is Answer.SOMEBODY_ELSE:
            assert held is not None
            assert held[0] != by

    @rule(key=ITEMS, by=PEOPLE, outcome=OUTCOMES, hours=st.none() | st.integers(0, 40))
    def report(self, key, by, outcome, hours):
        before = self.worklist.attempts(key)
        back = None if hours is None else self.now + timedelta(hours=hours)
        held = self.holder(key)
        answer = self.worklist.report(Report(key, outcome, self.now, by, call_back_at=back), TERMS, ZONE)
        after = self.worklist.attempts(key)
        assert len(after) - len(before) == (answer in (Answer.DONE, Answer.STAYS))
        if answer in (Answer.DONE, Answer.STAYS):
            assert held is None or held[0] == by
            self.hands.pop(key, None)

    @rule(key=ITEMS, by=PEOPLE, to=st.sampled_from((71, 72, None)))
    def hand_on(self, key, by, to):
        held = self.holder(key)
        if self.worklist.hand_on(key, self.now, by=by, employee_id=to) is Answer.DONE:
            assert held is None or held[0] == by
            self.hands.pop(key, None)
            assert self.worklist.item(key, self.now).employee_id == to

    @rule(key=ITEMS, happens=RARELY)
    def the_entry_ends(self, key, happens):
        if happens:
            self.worklist.withdraw([key], self.now, "the entry ended")

    @rule(customer=st.integers(1, 3), happens=RARELY)
    def opts_out(self, customer, happens):
        if happens:
            self.mailroom.optouts.record(customer, "call", self.now)

    @rule()
    def round_of_delivery(self):
        self.worklist.sweep(self.now)
        for key in KEYS:
            item = self.worklist.item(key, self.now)
            assert item.state not in (WorkState.OPEN, WorkState.TAKEN) or item.expires_at > self.now
            assert item.state is not WorkState.OPEN or not self.mailroom.optouts.stops(item.customer_id, "call")

    @rule(happens=RARELY)
    def the_channel_is_killed(self, happens):
        if not happens:
            return
        self.mailroom.throw(Scope.CHANNEL, "call", Action.KILL, by="op", reason="a test", at=self.now)
        assert self.worklist.items(Asked(), self.now) == []
        self.mailroom.throw(Scope.CHANNEL, "call", Action.RESUME, by="op", reason="a test", at=self.now)

    @invariant()
    def attempts_keep_their_limits(self):
        for key in KEYS:
            tried = self.worklist.attempts(key)
            assert [one.attempt for one in tried] == list(range(1, len(tried) + 1))
            assert len(tried) <= TERMS.total
            assert max(Counter(day_of(one.at, ZONE) for one in tried).values(), default=0) <= TERMS.per_day
            for earlier, later in pairwise(tried):
                assert DISPOSITIONS[earlier.outcome].again
                due = earlier.call_back_at or earlier.at + TERMS.apart
                assert later.at >= due

    @invariant()
    def every_item_ends_once_and_says_so_once(self):
        ends = Counter(line.touch_key for line in self.mailroom.log.since(0) if line.state in FINAL)
        news = [one.payload for one in self.mailroom.inbox.since(0)]
        told = Counter(one["touch_key"] for one in news if ":late:" not in one["receipt_id"])
        for key in KEYS:
            state = self.mailroom.outbox.state_of(key)
            if state is None:
                continue
            assert ends[key] == (state in FINAL)
            assert told[key] == (state in FINAL - {DeliveryState.CANCELLED})
            assert state is not DeliveryState.EXPIRED or not self.worklist.attempts(key)

    @invariant()
    def whoever_wants_no_calls_is_out_whenever_it_was_reported(self):
        for one in self.mailroom.inbox.since(0):
            assert one.payload["detail"] != "do_not_call" or self.mailroom.optouts.stops(one.customer_id, "call")

    def teardown(self):
        self.mailroom.close()
        self.folder.cleanup()


TestLists = Lists.TestCase
TestLists.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
