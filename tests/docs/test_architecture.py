"""The page on architecture has a line for each folder, and no line for a folder that is gone."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Their lines stand for all that is in them.
WHOLE = {"docs", "infra", "tests"}


def folders() -> set[str]:
    """The folders with code in them, and those that the page describes as a whole."""
    code = {path.parent.relative_to(ROOT).as_posix() for path in modules()}
    return code | WHOLE


def modules() -> list[Path]:
    """All modules that say something, except those of the folders that the page describes as a whole."""
    tops = [top for top in ROOT.iterdir() if top.is_dir() and not top.name.startswith(".") and top.name not in WHOLE]
    found = [path for top in tops for path in top.rglob("*.py")]
    return [path for path in found if path.read_text(encoding="utf-8").strip()]


def rows() -> list[str]:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8").partition("## Where things are")[2]
    return re.findall(r"^\| `([\w/*]+)/` \| .+ \|$", page, re.MULTILINE)


def stands_for(row: str, folder: str) -> bool:
    return re.fullmatch(row.replace("*", "[^/]*"), folder) is not None


def test_each_folder_has_its_line() -> None:
    assert [one for one in folders() if not any(stands_for(row, one) for row in rows())] == []


def test_each_line_has_its_folder() -> None:
    assert [row for row in rows() if not any(stands_for(row, one) for one in folders())] == []
    assert len(rows()) == len(set(rows()))


def test_each_module_says_what_it_owns_in_its_first_sentence() -> None:
    silent = []
    for path in modules():
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        silent += [str(path)] if not 0 < len(" ".join(docstring.split("\n\n")[0].split())) <= 150 else []

    assert silent == []
