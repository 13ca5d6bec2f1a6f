"""What all commands share: options, exit codes, where results and talk go, and how errors are shown.

Results go to stdout, talk to stderr, so that a pipe carries data alone. Errors that Tonglu raises on purpose are shown as
findings without a traceback; any other is a defect and keeps its traceback.
"""

import functools
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from rich.console import Console, RenderableType

    from tonglu.core.errors import Finding

JSON_VERSION = 1
FINE, FAILED, WRONG, UNAVAILABLE, INTERRUPTED = 0, 1, 2, 3, 130
EXIT_CODES = (
    "Exit codes: 0 fine; 1 a check failed; 2 what was written or asked for is wrong; 3 something is not available now, "
    "try again later; 130 interrupted, the same command goes on from there."
)
WITHOUT_CODE = "TL900"
"""The code of findings about how a command was used; they need no page, so it is not shown."""
PIPE_WIDTH = 120
EARLIEST, LATEST = 1970, 2199
"""The years of the instants that a command takes."""

ProjectDir = Annotated[Path, typer.Option("--project", "-C", help="The project's folder.", file_okay=False)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, with its version.")]
By = Annotated[str | None, typer.Option("--by", help="Who; this account if not given.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept for audit.")]
HERE = Path()

C = TypeVar("C", bound=Callable[..., None])


def command(function: C) -> C:
    """A command that shows errors as findings and ends with the documented exit codes."""

    @functools.wraps(function)
    def guarded(*args: object, **options: object) -> None:
        try:
            with _stopped_like_an_interrupt():
                function(*args, **options)
            sys.stdout.flush()
        except KeyboardInterrupt:
            talk("\nInterrupted. What was not finished left no trace; the same command goes on from there.")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            _leave_quietly()
        except Exception as problem:
            _fail(problem, as_json=bool(options.get("as_json")), root=Path(str(options.get("project", HERE))))

    return guarded  # type: ignore[return-value]


@contextmanager
def _stopped_like_an_interrupt() -> Iterator[None]:
    """Whoever asks the process to stop (SIGTERM) gets what Ctrl-C gives: it rolls back and leaves no copies behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _fail(problem: Exception, *, as_json: bool, root: Path) -> NoReturn:
    from tonglu.core.errors import InputError, TongluError, Unavailable

    if not isinstance(problem, TongluError | OSError):
        raise problem
    code = WRONG if isinstance(problem, InputError) else UNAVAILABLE if isinstance(problem, Unavailable | OSError) else FAILED
    if as_json:
        findings = problem.findings if isinstance(problem, InputError) else ()
        emit_json({"error": type(problem).__name__, "message": str(problem), "findings": [one.as_json() for one in findings]})
    elif isinstance(problem, InputError):
        show_findings(problem.findings, root)
    else:
        talk(f"{'not available' if code == UNAVAILABLE else 'failed'}: {problem}")
    raise typer.Exit(code) from None


def show_findings(findings: "Sequence[Finding]", root: Path, sources: Mapping[str, str] | None = None) -> None:
    """Findings on stderr, like a compiler's; those about the command itself in one line each."""
    from tonglu.language.findings import render_text, sources_under

    read = sources_under(root)
    given = sources or {}
    for one in findings:
        if one.code == WITHOUT_CODE:
            talk(f"error: {one.message} ({one.place})" + (f"\n  = help: {one.hint}" if one.hint else ""))
    written = [one for one in findings if one.code != WITHOUT_CODE]
    if written:
        talk(render_text(written, lambda shown: given.get(shown, read(shown))).rstrip("\n"))
        if any(one.place.line for one in written):
            talk(f"\nMore about a code: tonglu explain-code {written[0].code}")


def talk(text: str) -> None:
    """A line for the person at the terminal."""
    typer.echo(text, err=True)


def next_step(text: str) -> None:
    """What is sensible to do next; the last line of a command that went well."""
    talk(f"Next: {text}")


def emit_json(result: Mapping[str, object]) -> None:
    """The result as one JSON object, with its version; instants as ISO text in UTC."""
    typer.echo(json.dumps({"version": JSON_VERSION, **result}, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: object) -> object:
    from datetime import date, datetime

    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    return value.isoformat() if isinstance(value, date) else str(value)


def show(*parts: "RenderableType") -> None:
    """Renderables on stdout; in a pipe as wide as a good terminal."""
    console = out()
    for part in parts:
        console.print(part)


def out() -> "Console":
    """The console of results."""
    from tonglu.render.terminal import make_console

    return make_console(width=None if sys.stdout.isatty() else PIPE_WIDTH)


def err() -> "Console":
    """The console of talk and progress."""
    from tonglu.render.terminal import make_console

    return make_console(stderr=True)


def wrong(message: str, where: str, hint: str = "") -> Exception:
    """The error of a command that was used wrongly."""
    from tonglu.core import errors

    return errors.wrong(message, where, hint)


def present() -> "datetime":
    """The present instant: for audit, due deliveries and missed runs; what a run decides never depends on it."""
    from datetime import UTC, datetime

    return datetime.now(UTC).replace(tzinfo=None)


def now_in(project: Path) -> "datetime":
    """The instant at which a command acts that is not told one: the present, or in the bundled bank where that bank stands."""
    from tonglu.app.bank_clock import bank_now
    from tonglu.app.inspect import project_of
    from tonglu.core.clock import show_instant

    written = project_of(project)
    played = bank_now(project, written)
    if played is None:
        return present()
    talk(f"In this invented bank it is {show_instant(played, written.zone_info)}, when it last ran or delivered.")
    return played


def today(zone: "ZoneInfo") -> "date":
    """The present day."""
    from tonglu.core.clock import day_of

    return day_of(present(), zone)


def instant(text: str, option: str, zone: "ZoneInfo") -> "datetime":
    """An instant that somebody typed, on the bank's wall clock unless it says its offset.

    Raises:
        InputError: it is no ISO date-time.
    """
    from tonglu.core.clock import parse_instant

    try:
        typed = parse_instant(text, zone)
        if not EARLIEST <= typed.year <= LATEST:
            raise ValueError
    except (ValueError, OverflowError):
        hint = "Write it like 2026-06-01T08:00 (the bank's wall clock) or 2026-06-01T00:00Z."
        raise wrong(f"'{text}' is not an instant from {EARLIEST} to {LATEST}", option, hint) from None
    return typed


def operator() -> str:
    """The account that runs this process, for audit."""
    import os
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def _leave_quietly() -> NoReturn:
    """The reader of the pipe has gone: say nothing more, not even while Python closes."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise typer.Exit(FINE) from None
