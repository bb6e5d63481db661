"""Writes the list of files in `docs/architecture.md`: a line each, the first sentence of the file's own docstring."""

import ast
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/architecture.md"
MARK = "<!-- What follows is written by `make architecture`. -->"
FOLDERS = ("functions", "shared", "embedded_cosmos", "migrations", "operations", "local", "benchmarks", "tools")


def files() -> list[Path]:
    """The modules that say something, in the order of the list."""
    found = [ROOT / "function_app.py", ROOT / "cli.py"]
    for folder in FOLDERS:
        found += sorted((ROOT / folder).rglob("*.py"), key=lambda path: (path.parent, path.name))
    return [path for path in found if path.read_text(encoding="utf-8").strip()]


def listing() -> str:
    """The list: a heading for each folder, a row for each file."""
    lines = []
    for folder, paths in groupby(files(), key=lambda path: path.parent.relative_to(ROOT)):
        name = "The top" if folder == Path() else f"`{folder.as_posix()}/`"
        lines += [f"\n### {name}\n", "| file | what it owns |", "| --- | --- |"]
        lines += [f"| `{path.name}` | {first_sentence(path)} |" for path in paths]
    return "\n".join(lines) + "\n"


def first_sentence(path: Path) -> str:
    """What a module says of itself in its first paragraph; raises ValueError for one that says nothing."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    if not docstring:
        raise ValueError(f"{path.relative_to(ROOT)} has no docstring")
    return " ".join(docstring.split("\n\n")[0].split()).replace("|", r"\|")


def page() -> str:
    """The whole page: what people wrote, then the list."""
    written, _, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    return f"{written}{MARK}\n{listing()}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
