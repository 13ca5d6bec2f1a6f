"""Beginning: laying a project out, making the bundled bank in it, and clearing away what was made."""

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import tonglu
from tonglu.app.inspect import path_of
from tonglu.app.report import HIDDEN, has_bundled_bank
from tonglu.app.schemas import write_schemas
from tonglu.core.errors import Finding, InputError, Place, TongluError
from tonglu.language.project import PROJECT_FILE, Project

if TYPE_CHECKING:
    from tonglu.bank import BankSummary

LAID_OUT = (PROJECT_FILE, "prefect.yaml", "flows", "journeys", "segments", "data/contracts")
"""What a project begins with; it lies in the package as `template/`, and in a source tree at its top."""
IGNORED = "/data/*\n!/data/contracts/\n/.schemas/\n"
UNFINISHED = ".bank-in-the-making"


@dataclass(frozen=True)
class LaidOut:
    """The folder of a new project, and the files that were put there."""

    folder: Path
    files: tuple[str, ...]

    @property
    def by_folder(self) -> dict[str, int]:
        """How many files each folder got; files at the top stand by themselves."""
        counts: dict[str, int] = {}
        for name in self.files:
            place = name if "/" not in name else f"{Path(name).parent}/"
            counts[place] = counts.get(place, 0) + 1
        return counts


def template() -> Path:
    """Where the definitions that a project begins with lie.

    Raises:
        TongluError: this installation lacks them.
    """
    here = Path(tonglu.__file__).parent
    for folder in (here / "template", *here.parents[1:2]):
        if all((folder / name).exists() for name in LAID_OUT):
            return folder
    raise TongluError("this installation of Tonglu has no template; install it again")


def lay_out(folder: Path) -> LaidOut:
    """Lay a project out in a folder that is empty or not there.

    Raises:
        InputError: there is something in the folder already.
    """
    if folder.exists() and (not folder.is_dir() or any(not path.name.startswith(".") for path in folder.iterdir())):
        hint = "Name a folder that is not there yet: `tonglu init my-bank`."
        raise InputError([Finding("TL900", "the folder is not empty", Place(str(folder)), hint)])
    origin = template()
    for name in LAID_OUT:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (origin / name).is_dir():
            shutil.copytree(origin / name, target, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        else:
            shutil.copyfile(origin / name, target)
    (folder / "data" / "landing").mkdir(parents=True)
    write_schemas(folder / ".schemas")
    if not (folder / ".gitignore").exists():
        (folder / ".gitignore").write_text(IGNORED, encoding="utf-8")
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return LaidOut(folder, tuple(files))


def make_bank(customers: int, seed: int, out: Path, opening: date | None = None) -> "BankSummary":
    """Make the bundled bank in `out`: `landing/` and `hidden/`. Both appear whole, or nothing does.

    Raises:
        InputError: there is a bank already, or the bank cannot be made so.
    """
    from tonglu import bank

    for name in ("landing", HIDDEN):
        if (out / name).is_dir() and any((out / name).iterdir()):
            hint = "Name another folder, or clear this one away with `tonglu demo --fresh`."
            raise InputError([Finding("TL900", f"there is something in {name}/ already", Place(str(out)), hint)])
    unfinished = out / UNFINISHED
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        made = bank.make_bank(customers, seed, unfinished, opening or bank.OPENING)
        for name in (HIDDEN, "landing"):
            if (out / name).is_dir():
                (out / name).rmdir()
            (unfinished / name).rename(out / name)
    except ValueError as problem:
        raise InputError([Finding("TL900", str(problem), Place("bank"))]) from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return bank.BankSummary(out, made.customers, made.seed, made.opening, made.rows)


def clear(root: Path, project: Project) -> list[str]:
    """Remove the bundled bank and everything that runs made of it; what was removed.

    Raises:
        InputError: the data is not the bundled bank's; a bank's own data is never removed.
    """
    landing = path_of(root, project, "landing")
    warehouse, mailroom = path_of(root, project, "warehouse"), path_of(root, project, "mailroom")
    if not has_bundled_bank(root, project) and (warehouse.exists() or (landing.is_dir() and any(landing.iterdir()))):
        hint = "Only an invented bank can be cleared away. Use another folder: `tonglu init demo-bank`."
        raise InputError([Finding("TL900", "the data here is not the invented bank's", Place(str(landing)), hint)])
    folders = [landing, landing.parent / HIDDEN, mailroom.parent / "staged"]
    folders += [path_of(root, project, name) for name in ("published", "handover", "reports")]
    files = [path for base in (warehouse, mailroom) for path in base.parent.glob(f"{base.name}*")]
    removed = [path for path in [*folders, *files] if path.exists()]
    for path in removed:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    return [str(path.relative_to(root)) for path in removed]
