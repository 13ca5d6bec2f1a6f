"""Every finding code has a page, and its page tells the truth: the bad example gives the code and nothing else, the good one nothing."""

import ast
import shutil
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from tests.examples.playing import first_run, play
from tests.examples.stories import File, Typed, acts_of, lay, lay_bank
from typer.testing import CliRunner

from tonglu.app.definitions import read_definitions
from tonglu.cli.commands import app
from tonglu.language.codes import code_pages

ROOT = Path(__file__).parents[2]
SOURCES = [*sorted((ROOT / "src").rglob("*.py")), *sorted((ROOT / "flows").rglob("*.py"))]
PAGES = code_pages()
WITHOUT_A_LINE = {
    "TL101": "the file is not there",
    "TL102": "a file of that size is not read",
    "TL111": "the file is not opened",
    "TL413": "the file is not there",
    "TL416": "the definitions are fine; what is wrong is that something is not there any more",
    "TL512": "the file is not there",
    "TL605": "preview tells step, message, arm and channel instead",
    "TL606": "as TL605",
    "TL607": "as TL605",
    "TL616": "told in the delivery log, of a touch",
    "TL701": "about a folder",
    "TL711": "about a folder",
    "TL712": "about a folder",
    "TL713": "the file is not opened",
    "TL716": "a Parquet file has no lines",
    "TL720": "about the installation",
    "TL731": "about a word of a command",
    "TL732": "about a word of a command",
    "TL733": "about a word of a command",
    "TL734": "about a word of a command",
    "TL813": "about an environment variable",
    "TL814": "about an environment variable",
    "TL820": "about a word of a command",
    "TL850": "about what was submitted",
    "TL855": "about a word of a command",
    "TL856": "about what runs came to",
    "TL857": "about an environment variable",
    "TL858": "about a word of a command",
    "TL900": "about a word of a command",
    "TL903": "about the plan as a whole",
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    root = tmp_path_factory.mktemp("ran")
    first_run(root)
    return root


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def environment():
    """A service that takes every message, in the place of the one that the pages name."""
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield {"json://localhost:8080": f"json://127.0.0.1:{server.server_address[1]}"}
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def told():
    """What every story came to: pages that show the same right example have it played once."""
    return {}


@pytest.fixture
def played(ran, environment, told, tmp_path, monkeypatch):
    """Plays a story in a folder that is gone afterwards."""

    def once(story):
        root = tmp_path / "bank"
        if story not in told:
            try:
                told[story] = play(story, root, ran, environment, monkeypatch)
            finally:
                monkeypatch.chdir(ROOT)
                shutil.rmtree(root)
        return told[story]

    return once


@pytest.mark.parametrize("code", PAGES)
def test_the_bad_example_gives_this_code_and_nothing_else_at_its_place(code, played):
    found = played(PAGES[code].bad)
    assert {finding.code for finding in found} == {code}, [str(finding) for finding in found]
    acts = acts_of(PAGES[code].bad)
    files = [act.path.rstrip("/") for act in acts if isinstance(act, File)]
    commanded = not files and all(isinstance(act, Typed) for act in acts)
    for finding in found:
        place = finding.place
        if code in WITHOUT_A_LINE:
            assert place.line == 0, f"{place} has a line: {code} needs no excuse"
        else:
            assert not commanded
            assert place.path in files, f"{place} is in none of {files}"
            assert place.line >= 1
            assert place.column >= 1
        assert finding.message


@pytest.mark.parametrize("code", PAGES)
def test_the_good_example_gives_nothing(code, played):
    found = played(PAGES[code].good)
    assert [str(finding) for finding in found] == []


@pytest.mark.parametrize("code", ["TL104", "TL203", "TL302", "TL411", "TL506", "TL613", "TL801"])
def test_the_command_line_finds_what_the_reader_finds(code, played):
    by_reader = played(PAGES[code].bad)
    assert played(f"{PAGES[code].bad}\n$ tonglu check") == by_reader


def test_a_run_shows_what_it_left_alone(ran, tmp_path, monkeypatch):
    root = tmp_path / "bank"
    shutil.copytree(ran, root)
    for act in acts_of(PAGES["TL717"].bad):
        if isinstance(act, File):
            lay(root, act)
    result = CliRunner().invoke(app, ["run", "--as-of", "2026-03-03T08:00", "-C", str(root)])
    assert result.exit_code == 0
    assert "warning[TL717]: the column 'wechat' is not in the contract and is left out" in result.stderr
    assert " 1 | customer_id,name,wechat" in result.stderr


def test_a_salutation_needs_what_it_is_made_of(played):
    """The small bank does not know who is a woman or a man."""
    said = "journeys/messages/welcome.yaml:\n  text:\n    sms: {body: '{{ surname }}{{ honorific }}，您好！'}"
    assert [(one.code, one.message) for one in played(said)] == [("TL613", "there is no variable 'honorific'")]


def test_the_pages_are_of_exactly_the_codes_that_can_be_given():
    given = set()
    for path in SOURCES:
        if path.parent.name != "code_pages":
            given |= {node.value for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if _is_code(node)}
    assert given == set(PAGES)


def _is_code(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value[:2] == "TL" and node.value[2:].isdigit()


def test_excuses_are_for_codes_that_are_there():
    assert set(WITHOUT_A_LINE) <= set(PAGES)


def test_the_small_bank_itself_is_without_findings(tmp_path):
    lay_bank(tmp_path)
    assert read_definitions(tmp_path).warnings == ()
