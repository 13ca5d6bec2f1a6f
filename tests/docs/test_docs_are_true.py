"""The documentation is complete, its links lead somewhere, and what it shows loads."""

import re
import shutil
from pathlib import Path

import pytest
from tests.docs import generated
from tests.docs.generated import DOCS, PARTS, ROOT

from tonglu.app.definitions import read_definitions
from tonglu.app.rehearse import rehearse
from tonglu.core.chance import Salt
from tonglu.core.errors import Finding
from tonglu.gates import decision_chain
from tonglu.language.rehearsal import read_rehearsal
from tonglu.steps import step_kinds

PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "CHANGELOG.md"]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```(yaml|sql)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
DRAW = re.compile(r"draw\('(\w+)',")
PLACES = {
    "journey": "journeys/{}.yaml",
    "message": "journeys/messages/{}.yaml",
    "table": "data/contracts/{}.yaml",
    "-- segment": "segments/{}.sql",
    "policy": "journeys/policy.yaml",
    "channels": "journeys/channels.yaml",
    "bank": "tonglu.yaml",
}


def blocks(page: Path) -> list[str]:
    return [match[2] for match in BLOCK.finditer(page.read_text(encoding="utf-8"))]


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        name, _, part = target.partition("#")
        found = (page.parent / name).resolve() if name else page
        assert found.exists(), f"{page.name} links to {target}"
        if part:
            assert part in map(anchor, HEADING.findall(found.read_text(encoding="utf-8"))), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_parts_made_from_the_code_are_as_the_code_is_now(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert generated.renewed(text) == text, "run: python -m tests.docs.generated"


def test_every_part_that_can_be_made_stands_on_a_page() -> None:
    standing = {match[2] for page in PAGES for match in generated.PART.finditer(page.read_text(encoding="utf-8"))}
    assert standing == set(PARTS)


def test_every_file_that_a_page_shows_loads_without_findings(tmp_path: Path) -> None:
    for page in PAGES:
        for number, block in enumerate(one for one in blocks(page) if "\ncases:\n" not in one):
            project = tmp_path / f"{page.stem}{number}"
            for name in ("journeys", "segments", "data/contracts"):
                shutil.copytree(ROOT / name, project / name)
            shutil.copy(ROOT / "tonglu.yaml", project)
            kinds = {_kind(other): other for other in blocks(page) if _kind(other) == "message"}
            for shown in {**kinds, _kind(block): block}.values():
                place = _place(shown)
                if _kind(shown) == "table" and not (ROOT / place).exists():
                    continue
                (project / place).write_text(_completed(shown, ROOT / place), encoding="utf-8")
            assert read_definitions(project).warnings == (), f"block {number + 1} of {page.name}"


def test_no_block_of_a_page_is_overlooked() -> None:
    for page in PAGES:
        opened = re.findall(r"^[ >]*(?:```|~~~)(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)[::2]
        assert len(opened) == len(blocks(page)), f"{page.name} has blocks in {set(opened)}: only yaml and sql are run"


def test_every_test_of_a_journey_that_a_page_shows_passes(tmp_path: Path) -> None:
    shown = [block for page in PAGES for block in blocks(page) if "\ncases:\n" in block]
    assert shown
    for block in shown:
        findings: list[Finding] = []
        path = tmp_path / "shown.yaml"
        path.write_text(block, encoding="utf-8")
        rehearsal = read_rehearsal(path, "shown.yaml", findings)
        assert rehearsal is not None, findings
        assert [outcome.differences for outcome in rehearse(ROOT, read_definitions(ROOT), [rehearsal])] == [()]


def _kind(block: str) -> str:
    return next(key for key in PLACES if block.startswith(f"{key}:"))


def _place(block: str) -> str:
    name = block.splitlines()[0].partition(":")[2].strip()
    return PLACES[_kind(block)].format(name.split(":")[-1].strip())


def _completed(block: str, own: Path) -> str:
    """A page shows a part of the channels and of a contract's columns; what it leaves out is taken from the bank's own file."""
    if _kind(block) not in ("channels", "table"):
        return block
    lines = block.splitlines()
    section = "channels:" if _kind(block) == "channels" else "columns:"
    shown = {line.split(":")[0] for line in lines if line.startswith("  ")}
    own_lines = own.read_text(encoding="utf-8").splitlines()
    start = own_lines.index(section) + 1
    missing: list[str] = []
    keeping = False
    for line in own_lines[start:]:
        if not line.startswith("  "):
            break
        if not line.startswith("   "):
            keeping = line.split(":")[0] not in shown
        if keeping:
            missing.append(line)
    at = lines.index(section) + 1
    return "\n".join([*lines[:at], *missing, *lines[at:]]) + "\n"


def test_every_kind_of_step_is_explained_in_the_language() -> None:
    text = (DOCS / "language.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"\*\*(\w+)\*\*: ", text))
    assert explained >= set(step_kinds())


def test_every_gate_is_explained_and_every_reason_listed() -> None:
    text = (DOCS / "decisions.md").read_text(encoding="utf-8")
    assert list(re.findall(r"^- \*\*(\w+)\*\*: ", text, re.MULTILINE)) == [gate.name for gate in decision_chain()]
    for gate in decision_chain():
        for reason in gate.reasons:
            assert f"`{reason}`" in text


def test_every_salt_is_in_the_table_and_no_sql_draws_with_another() -> None:
    table = generated.salts()
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [salt.value for salt in Salt]
    source = ROOT / "src" / "tonglu"
    texts = [path.read_text(encoding="utf-8") for suffix in ("py", "sql") for path in sorted(source.rglob(f"*.{suffix}"))]
    drawn = {salt for text in texts for salt in DRAW.findall(text)}
    assert drawn <= {salt.value for salt in Salt}
    assert {"holdout", "global_control", "arm", "tie", "entry_order"} <= drawn


def test_every_field_of_a_journey_is_in_the_language() -> None:
    from tonglu.language.journey import Enter, JourneyFile

    text = (DOCS / "language.md").read_text(encoding="utf-8")
    for model in (JourneyFile, Enter):
        for name, field in model.model_fields.items():
            assert f"`{field.alias or name}" in text or f"{field.alias or name}:" in text, name


def test_every_field_of_a_contract_is_in_the_data_page() -> None:
    from tonglu.language.contract import Attached, Column, Contract

    text = (DOCS / "data.md").read_text(encoding="utf-8")
    for model in (Contract, Column, Attached):
        for name in model.model_fields:
            assert f"`{name}`" in text or f"{name}:" in text, name


def test_every_published_view_has_a_comment() -> None:
    views = generated.published_views()
    assert len(views) >= 15
    for name, comment, columns in views:
        assert comment.endswith("."), name
        assert columns
        assert all(meaning for _, _, meaning in columns), name


def test_the_picture_of_the_readme_is_small() -> None:
    for picture in (DOCS / "pictures").glob("*.svg"):
        assert picture.stat().st_size < 60_000


def test_the_licence_is_the_unchanged_apache_licence() -> None:
    from hashlib import sha256

    digest = sha256((ROOT / "LICENSE").read_bytes()).hexdigest()
    assert digest == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
