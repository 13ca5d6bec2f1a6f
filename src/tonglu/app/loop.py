"""The loop: one run at one `as_of`, stage by stage.

    ingest check | segment enrol advance decide measure learn | commit | deliver publish

Ingest commits to staging, where nobody looks; from promotion to learning all is one transaction; after its commit only idempotent
work is left, and the next run, or the same one called again, finishes what a killed one left.
"""

import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time

from tonglu.app.acts import keep_head, record_run
from tonglu.app.governed import Governed, governed_now
from tonglu.app.held import tell_held
from tonglu.app.judging import LateJudge
from tonglu.app.orders import keep_levers, keep_switches
from tonglu.app.program import read_program
from tonglu.app.self_pause import pause_harmful
from tonglu.app.workplace import MailroomHandOver, Workplace
from tonglu.compile.program import Program
from tonglu.core.clock import day_of, to_utc
from tonglu.core.errors import CheckFailed, Unavailable
from tonglu.core.workdays import work_calendar
from tonglu.mailroom.forgetting import keyed
from tonglu.mailroom.inbox import InboxItem
from tonglu.mailroom.optouts import OptOut
from tonglu.stages import advance as moving
from tonglu.stages import mail, switches, weigh
from tonglu.stages.calendar import keep_calendar
from tonglu.stages.casts import as_text
from tonglu.stages.check import CheckSummary, check, held_rows, record_checks, unclear_words
from tonglu.stages.conserve import conserve
from tonglu.stages.context import Run
from tonglu.stages.decide import decide
from tonglu.stages.deliver import hand_over
from tonglu.stages.enrol import begin, enrol
from tonglu.stages.exits import judge_exits, judge_exits_of_enrolled
from tonglu.stages.fairness import count_groups
from tonglu.stages.forget import drop_suppressed
from tonglu.stages.ingest import ingest, stage_rows
from tonglu.stages.learn import learn
from tonglu.stages.measure import measure
from tonglu.stages.promote import promote
from tonglu.stages.remember import remember_loaded, remember_state
from tonglu.stages.risk import find_holds
from tonglu.stages.segment import segment
from tonglu.warehouse.connection import program_name
from tonglu.warehouse.export import ParquetWriter
from tonglu.warehouse.publish import publish

LAST_RUN = "SELECT run_no, as_of FROM tonglu.run ORDER BY run_no DESC LIMIT 1"
FINISHED = "SELECT run_no, summary FROM tonglu.run WHERE as_of = $as_of"
UNFINISHED = """
    SELECT r.run_no, r.as_of FROM tonglu.run AS r
    WHERE NOT EXISTS (SELECT 1 FROM tonglu.run_step AS s WHERE s.run_no = r.run_no AND s.step = 'handed_over') ORDER BY r.run_no
"""
DONE = "INSERT INTO tonglu.run_step SELECT $run_no, $step WHERE NOT EXISTS (SELECT 1 FROM tonglu.run_step WHERE run_no = $run_no AND step = $step)"
IS_DONE = "SELECT count(*) FROM tonglu.run_step WHERE run_no = $run_no AND step = $step"
RECORD = "INSERT INTO tonglu.run VALUES ($run_no, $as_of, $definitions, $summary)"
OPEN_ENTRIES = "SELECT count(*) FROM tonglu.rest"
WATERMARKS = "INSERT INTO tonglu.run_watermark SELECT $run_no, name, seq FROM tonglu.watermark ORDER BY name"
CUSTOMERS = "SELECT count(*) FROM tonglu.profile"
ENDED = "SELECT count(*) FROM tonglu.ended WHERE run_no = $run_no"
EPOCH = datetime(1970, 1, 1)
INBOX_TABLES = {"receipt": "receipts", "event": "events"}

Summary = dict[str, object]


@dataclass
class Loop:
    """One run in progress. Call the stages in order, or `play` for all of them."""

    place: Workplace
    as_of: datetime
    run: Run
    program: Program | None = None
    summary: Summary = field(default_factory=dict)
    checked: CheckSummary | None = None
    in_transaction: bool = False
    thrown: list[switches.Switch] = field(default_factory=list)
    news: Sequence[InboxItem] = ()

    @property
    def stages(self) -> tuple[tuple[str, Callable[[], Summary]], ...]:
        """The stages in their order, by name."""
        names = ("ingest", "check", "segment", "enrol", "advance", "decide", "measure", "learn", "commit", "deliver", "publish")
        return tuple((name, getattr(self, name)) for name in names)

    def ingest(self) -> Summary:
        """Take what is new into staging."""
        definitions, warehouse = self.place.definitions, self.place.warehouse
        self.place.mailroom.worklist.sweep(self.as_of)  # what expired is known in this very run
        taken = ingest(
            warehouse,
            self.place.landing,
            definitions.contracts,
            definitions.path("landing"),
            as_of=self.as_of,
            run_no=self.run.run_no,
            zone=self.run.zone,
            connections=self.place.settings.secrets,
            shown=definitions.project.paths.landing,
        )
        told = taken.told(self._stage_inbox())
        dropped = self._drop_forgotten()
        self._fail_at("ingested")
        return {**told, "inbox_unknown": sum(self._unread().values()), **({"forgotten": dropped} if dropped else {})}

    def _drop_forgotten(self) -> int:
        """Take rows of customers who were forgotten out of what arrived; how many."""
        hashes, secret = self.place.mailroom.forgets.suppressed(), self.place.settings.erasure_key
        if not hashes:
            return 0
        self.place.mailroom.forgets.check_secret(secret)
        out = set(hashes)
        self.news = [item for item in self.news if item.customer_id is None or keyed(secret, str(item.customer_id)) not in out]
        return drop_suppressed(self.place.warehouse, self.place.definitions.contracts.values(), hashes, secret)

    def _stage_inbox(self) -> int:
        import pyarrow as pa

        seq = mail.watermark(self.place.warehouse, "inbox")
        self.news = self.place.mailroom.inbox.since(seq)
        items = [item for item in self.news if item.kind in INBOX_TABLES]
        staged = 0
        for kind, table in INBOX_TABLES.items():
            rows = [dict(item.payload) for item in items if item.kind == kind]
            contract = self.place.definitions.contracts.get(table)
            if rows and contract is not None:
                columns = {name: pa.array([as_text(row.get(name)) for row in rows], pa.string()) for name in contract.columns}
                staged += stage_rows(self.place.warehouse, self.place.landing, contract, pa.table(columns))
        return staged

    def _unread(self) -> Counter[str]:
        """The news that nothing here reads, by kind: it stays in the mailroom, and the run says so."""
        contracts = self.place.definitions.contracts
        return Counter(item.kind for item in self.news if item.kind != "eject" and INBOX_TABLES.get(item.kind) not in contracts)

    def check(self) -> Summary:
        """Judge staging; a blocking breach stops the run."""
        place = self.place
        contracts, unread = place.definitions.contracts, self._unread()
        self.checked = check(
            place.warehouse, contracts, self.run.run_no, as_of=self.as_of, judge=LateJudge(place.judge), unread=unread
        )
        self._fail_at("checked")
        return {"expectations": len(self.checked.verdicts), "breaches": len(self.checked.breaches)}

    def segment(self) -> Summary:
        """Begin the run's transaction: promote staging, read the mail, build profile and segments."""
        warehouse, definitions = self.place.warehouse, self.place.definitions
        warehouse.execute("BEGIN TRANSACTION")
        self.in_transaction = True
        warehouse.give(
            run_no=self.run.run_no,
            as_of=self.as_of,
            as_of_date=self.run.as_of_date,
            previous_as_of=self.run.previous_as_of,
            day_start=self.run.day_start,
            zone=self.run.zone.key,
        )
        keep_calendar(warehouse, work_calendar(definitions.project.calendar), self.run.as_of_date)
        self._fail_at("begun")
        counts = self._take_facts()
        shapes = {name: contract.model_dump_json() for name, contract in definitions.contracts.items()}
        sizes = segment(warehouse, definitions.segments, self.as_of, self.run.as_of_date, shapes)
        find_holds(warehouse, definitions.risk_rules, self.run, shapes)
        self._fail_at("segmented")
        return {**counts, "segments": len(sizes)}

    def _take_facts(self) -> Summary:
        """Promote what was staged, and read the mail; the counts."""
        warehouse, contracts = self.place.warehouse, self.place.definitions.contracts
        promoted = promote(warehouse, contracts, self.run.run_no, self.as_of)
        brought = {*promoted.tables, "events"} if promoted.tables.keys() & {"receipts", "lists"} else {*promoted.tables}
        remember_loaded(warehouse, contracts, brought, self.run.run_no)
        if self.checked is not None:
            record_checks(warehouse, self.checked)
        record_checks(warehouse, held_rows(warehouse, contracts, self.run.run_no))
        self._fail_at("promoted")
        warehouse.run("advance/begin")
        unclear = self._read_mail()
        if unclear:
            record_checks(warehouse, unclear_words(self.run.run_no, unclear))
        return {**promoted.counts(), **({"opt_outs_unclear": unclear} if unclear else {})}

    def _read_mail(self) -> int:
        """Read what the mailroom brought; how many words of customers name no channel or purpose that is known."""
        warehouse, mailroom = self.place.warehouse, self.place.mailroom
        items = self.news  # what was staged and nothing that came since: the watermark passes over both
        for item in items:
            if item.kind == "eject" and item.customer_id is not None:
                payload = item.payload
                mail.eject(
                    warehouse,
                    customer_id=item.customer_id,
                    journey=str(payload.get("journey", "")),
                    reason=str(payload.get("reason", "")),
                    by=str(payload.get("by", "")),
                )
        if items:
            mail.advance_watermark(warehouse, "inbox", max(item.seq for item in items))
        mail.take_deliveries(warehouse, mailroom.log.since(mail.watermark(warehouse, "delivery_log"), limit=10_000_000))
        channels = self.place.definitions.channels
        words = mailroom.optouts.since(mail.watermark(warehouse, "opt_outs"), limit=10_000_000)
        unclear = mail.take_opt_outs(warehouse, words, channels)
        return unclear + mail.take_opt_out_events(warehouse, self._governed().policy.consent, channels)

    def enrol(self) -> Summary:
        """Pin versions, judge exits, move who leaves, enrol."""
        warehouse = self.place.warehouse
        governed = self._governed()
        governed.keep(warehouse)
        self.summary |= governed.counts()
        self.program = read_program(self.place, governed)
        warehouse.run("advance/arms")
        thrown = self._switches()
        standing = {one.name: switches.standing_of(one, thrown, self.run) for one in self.program.current}
        self.thrown = thrown
        begin(warehouse, self.program, self.run, standing)
        judge_exits(warehouse, self.program, [name for name, one in standing.items() if one.stops])
        moving.advance(warehouse, self.program, moving.Phase.LEAVING)
        self._fail_at("exited")
        calendar = work_calendar(self.place.definitions.project.calendar)
        entered = enrol(warehouse, self.program, self.run, calendar)
        self._fail_at("enrolled")
        return {"entered": entered}

    def _governed(self) -> Governed:
        """Which definitions may be used: those approved, where four eyes are required."""
        return governed_now(self.place)

    def _switches(self) -> list[switches.Switch]:
        return keep_switches(self.place)

    def _levers(self) -> list[weigh.Lever]:
        return keep_levers(self.place, self.as_of)

    def advance(self) -> Summary:
        """Judge the exits of new entries, then move everybody whose clock allows it."""
        assert self.program is not None
        warehouse = self.place.warehouse
        judge_exits_of_enrolled(warehouse, self.program)
        moves = moving.advance(warehouse, self.program, moving.Phase.LEAVING_AT_ONCE)
        moves += moving.advance(warehouse, self.program, moving.Phase.DUE)
        self._fail_at("advanced")
        return {"moves": moves}

    def decide(self) -> Summary:
        """Decide all proposals together, then move those decided."""
        assert self.program is not None
        place, warehouse = self.place, self.place.warehouse
        calendar = work_calendar(place.definitions.project.calendar)
        costs = {name: channel.cost for name, channel in place.definitions.channels.items()}
        bulk, people, levers = place.bulk_channels(), place.people_channels(), self._levers()
        decided = decide(warehouse, self.program, self.run, bulk, self.thrown, calendar, costs, levers, people)
        moving.advance(warehouse, self.program, moving.Phase.DECIDED)
        self._fail_at("decided")
        return {"proposals": decided.proposals, "sent": decided.sent, "deferred": decided.deferred, "dropped": decided.dropped}

    def measure(self) -> Summary:
        """Find conversions, write lifts."""
        assert self.program is not None
        conversions = measure(self.place.warehouse, self.program)
        self._fail_at("measured")
        return {"conversions": conversions}

    def learn(self) -> Summary:
        """Write what the next run draws arms with."""
        assert self.program is not None
        arms = learn(self.place.warehouse, self.program)
        self._fail_at("learned")
        return {"arms": arms}

    def commit(self) -> Summary:
        """Assert conservation, record the run, commit: from here on the run has happened."""
        assert self.program is not None
        warehouse = self.place.warehouse
        rules = conserve(warehouse, self.program.policy)
        remember_state(warehouse, program_name())
        [(still_open,)] = warehouse.fetch(OPEN_ENTRIES)
        [(ended,)] = warehouse.fetch(ENDED)
        [(customers,)] = warehouse.fetch(CUSTOMERS)
        self.summary |= {"ended": ended, "open": still_open, "rules_held": rules, "customers": customers}
        count_groups(warehouse, self.program.policy.fairness.by)
        keep_head(self.place, self.run.run_no)
        warehouse.execute(RECORD, definitions=self.place.definitions.hash, summary=json.dumps(self.summary))
        warehouse.execute(WATERMARKS)
        # Whoever opted out is out at the deliverers before the run can have happened: a word told for nothing only stops too much.
        tell_words(self.place, mail.opt_outs_of(warehouse, self.run.run_no), out=True)
        self._fail_at("before_commit")
        warehouse.execute("COMMIT")
        self.in_transaction = False
        self._fail_at("committed")
        return {"rules_held": rules}

    def deliver(self) -> Summary:
        """Hand the decided touches over to the mailroom."""
        handed = self.finish(self.run.run_no, self.as_of)
        return {"handed_over": handed}

    def publish(self) -> Summary:
        """Write the analysts' file."""
        target = publish(self.place.warehouse, self.place.definitions.path("published"), self.run.run_no)
        self.place.warehouse.execute(DONE, run_no=self.run.run_no, step="published")
        self._fail_at("published")
        return {"published": target.name}

    def finish(self, run_no: int, as_of: datetime) -> int:
        """Hand a committed run over; idempotent."""
        place, warehouse = self.place, self.place.warehouse
        tell_words(place, mail.opt_outs_of(warehouse, run_no), out=True)
        tell_words(place, mail.lifted_opt_outs(warehouse, run_no), out=False)
        handed = hand_over(
            warehouse,
            ParquetWriter(warehouse),
            MailroomHandOver(place.mailroom),
            place.staged,
            place.message_variables(),
            governed_now(place).policy,
            run_no=run_no,
            as_of=as_of,
        )
        record_run(place, run_no, as_of)
        self._fail_at("handed_over")
        self.summary |= tell_held(place, run_no, as_of)
        self.summary |= pause_harmful(place, run_no, as_of)
        warehouse.execute(DONE, run_no=run_no, step="handed_over")
        self._fail_at("hand_over_noted")
        return handed

    def play(self, on_stage: Callable[[str, Summary], None] = lambda name, result: None) -> Summary:
        """All stages in order; the run's summary. Rolls back what is not committed when a stage fails."""
        try:
            for name, stage in self.stages:
                result = stage()
                self.summary |= result
                on_stage(name, result)
        except BaseException:
            self.roll_back()
            raise
        return self.summary

    def roll_back(self) -> None:
        """Undo what is not committed."""
        if self.in_transaction:
            self.place.warehouse.execute("ROLLBACK")
            self.in_transaction = False

    def _fail_at(self, point: str) -> None:
        """A named place at which a test of recovery lets the process die."""
        if self.place.settings.failpoint == point:
            os.kill(os.getpid(), signal.SIGKILL)


def open_loop(place: Workplace, as_of: datetime) -> Loop | Summary:
    """A run at `as_of`, ready to play; or the result of the finished run of that instant.

    Finishes first what a killed run left to do.

    Raises:
        CheckFailed: a later run was made already.
    """
    warehouse = place.warehouse
    if place.mailroom.forgets.unfinished() and not place.waived:
        raise Unavailable("a customer is being forgotten and it was cut short; finish it first: tonglu forget")
    recover(place)
    finished = warehouse.fetch(FINISHED, as_of=as_of)
    if finished:
        run_no, summary = finished[0]
        return {"run_no": run_no, "again": True, **json.loads(summary)}
    last = warehouse.fetch(LAST_RUN)
    if last and last[0][1] > as_of:
        raise CheckFailed(f"runs rise: the last one was at {last[0][1]} UTC, which is after {as_of} UTC")
    zone = place.definitions.project.zone_info
    day = day_of(as_of, zone)
    run = Run(
        run_no=last[0][0] + 1 if last else 1,
        as_of=as_of,
        previous_as_of=last[0][1] if last else EPOCH,
        as_of_date=day,
        day_start=to_utc(datetime.combine(day, time()), zone),
        zone=zone,
    )
    return Loop(place, as_of, run, summary={"run_no": run.run_no, "as_of": as_of.isoformat()})


def tell_words(place: Workplace, rows: Sequence[tuple[int, str, str, datetime]], *, out: bool) -> None:
    """Tell the deliverers what a run learned of customers' words; what they know already changes nothing."""
    if rows:
        place.mailroom.optouts.told(OptOut(who, channel, out, at, purpose=why) for who, channel, why, at in rows)


def hand_over_unfinished(place: Workplace) -> list[int]:
    """Hand over the runs that were killed between their commit and their hand-over, and take back what they stopped; their numbers."""
    recovered = []
    for run_no, as_of in place.warehouse.fetch(UNFINISHED):
        run = Run(run_no, as_of, as_of, as_of.date(), as_of, place.definitions.project.zone_info)
        Loop(place, as_of, run).finish(run_no, as_of)
        recovered.append(run_no)
    return recovered


def recover(place: Workplace) -> list[int]:
    """Finish what killed runs left to do after their commit; the numbers of those runs."""
    recovered = hand_over_unfinished(place)
    last = place.warehouse.fetch(LAST_RUN)
    if last and not place.warehouse.fetch(IS_DONE, run_no=last[0][0], step="published")[0][0]:
        publish(place.warehouse, place.definitions.path("published"), last[0][0])
        place.warehouse.execute(DONE, run_no=last[0][0], step="published")
    return recovered


def run_once(place: Workplace, as_of: datetime, on_stage: Callable[[str, Summary], None] = lambda name, result: None) -> Summary:
    """Run the loop once at `as_of`; running a finished `as_of` again changes nothing and gives its result."""
    loop = open_loop(place, as_of)
    return loop.play(on_stage) if isinstance(loop, Loop) else loop
