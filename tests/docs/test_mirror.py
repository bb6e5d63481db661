"""The tests of a module are found by its name, or by the table of `tests/README.md`."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = re.compile(r"^\| `(shared/[\w/]+\.py)` \| (.+) \|$", re.MULTILINE)


def modules() -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "shared").rglob("*.py")
        if path.read_text(encoding="utf-8").strip()
    }


def of_its_name(module: str) -> Path:
    """`tests/catalog/test_store.py` for `shared/catalog/store.py`."""
    path = Path(module).relative_to("shared")
    return ROOT / "tests" / path.parent / f"test_{path.name}"


def listed() -> dict[str, list[str]]:
    """The table: a module, and the files that test it."""
    rows = TABLE.findall((ROOT / "tests/README.md").read_text(encoding="utf-8"))
    return {module: re.findall(r"`([^`]+)`", files) for module, files in rows}


def test_each_module_has_a_test_file_of_its_name_or_a_row_that_says_which_files_test_it() -> None:
    assert sorted(module for module in modules() if not of_its_name(module).exists()) == sorted(listed())


def test_the_files_of_the_table_exist() -> None:
    rows = listed()

    assert all(rows.values())
    assert {file for files in rows.values() for file in files if not (ROOT / "tests" / file).is_file()} == set()


def test_each_folder_of_the_tests_mirrors_a_folder_of_the_project_or_has_its_row() -> None:
    text = (ROOT / "tests/README.md").read_text(encoding="utf-8")
    own = set(re.findall(r"^\| `tests/([\w/]+)/` \|", text, re.MULTILINE))
    folders = {path.parent.relative_to(ROOT / "tests").as_posix() for path in (ROOT / "tests").rglob("test_*.py")}
    mirrored = {folder for folder in folders if (ROOT / folder).is_dir() or (ROOT / "shared" / folder).is_dir()}

    assert folders - mirrored - {"."} == own
