"""Every page of the documentation: its links and paths lead somewhere, and its lines are short enough to compare."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pathspec import GitIgnoreSpec

ROOT = Path(__file__).parents[2]
IGNORED = GitIgnoreSpec.from_lines((ROOT / ".gitignore").read_text(encoding="utf-8").splitlines())
FILES = sorted(path for path in IGNORED.match_tree_files(ROOT, negate=True) if not path.startswith((".git/", ".venv")))
PAGES = [path for path in FILES if path.endswith(".md")]
NAMES = {name for path in FILES for name in (path, Path(path).name)}
LONGEST = 100
SUFFIXES = (".py", ".md", ".json", ".toml", ".txt", ".in", ".bicep", ".yml", ".yaml", ".xml", ".svg", ".sh")
FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)


def text_of(page: str) -> str:
    """The page without its blocks of code."""
    return FENCED.sub("", (ROOT / page).read_text(encoding="utf-8"))


def paths_of(page: str) -> Iterator[str]:
    """What stands between backticks and is a path: below a folder of the project, or a file by its name's end."""
    for word in re.findall(r"`([\w.*/-]+)`", text_of(page)):
        top = word.partition("/")[0]
        if word.startswith("/") or word in SUFFIXES:  # a path of the API, or a kind of file
            continue
        if word.endswith(SUFFIXES) or ("/" in word.strip("/") and "*" not in top and (ROOT / top).exists()):
            yield word


def exists(page: str, path: str) -> bool:
    if IGNORED.match_file(path) or path in NAMES:
        return True
    return any(list(folder.glob(path.rstrip("/"))) for folder in (ROOT, (ROOT / page).parent))


@pytest.mark.parametrize("page", PAGES)
def test_relative_links_lead_somewhere(page: str) -> None:
    targets = re.findall(r"\]\((?![a-z]+:)([^)\s]+)\)", text_of(page))

    assert [target for target in targets if not leads_somewhere(page, target)] == []


def leads_somewhere(page: str, target: str) -> bool:
    path, _, heading = target.partition("#")
    file = (ROOT / page).parent / path if path else ROOT / page
    if not heading:
        return file.exists()
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return heading in {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("page", PAGES)
def test_paths_that_a_page_names_exist(page: str) -> None:
    assert [path for path in paths_of(page) if not exists(page, path)] == []


@pytest.mark.parametrize("page", PAGES)
def test_lines_wrap(page: str) -> None:
    """Rows of tables cannot wrap, and a word that is too long by itself (a link) has nowhere to."""
    long = [line for line in text_of(page).splitlines() if len(line) > LONGEST and not line.startswith("|")]

    assert [line for line in long if len(line.split()) > 2 or line.startswith("#")] == []
