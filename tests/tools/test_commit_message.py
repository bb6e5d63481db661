"""Commit messages: the style is angular's, with a ticket; git itself refuses what is not, through the hook."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools.commit_message import LONGEST, TYPES, complaint

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "message",
    [
        "feat: TT-123 add the summary",
        "fix(config): TT-00 read the key late",
        "feat(api)!: TT-7 drop the old paths",
        "docs: TT-1 say how\n\nA body, as long as it likes.\n\nBREAKING CHANGE: none",
        "feat: TT-1 add it\n# a comment of git's\n\nBody\n# ------ >8 ------\nnot: a diff",
        "Merge branch 'main' into feature",
        *(f"{one}: TT-00 do it" for one in TYPES),
    ],
)
def test_right_ones_pass(message: str) -> None:
    assert complaint(message) is None


@pytest.mark.parametrize(
    "message",
    [
        "",
        "Added the summary",
        "feature: TT-123 add it",
        "feat: add it",
        "feat:TT-123 add it",
        "feat : TT-123 add it",
        "Feat: TT-123 add it",
        "feat(The API): TT-123 add it",
        "feat: TT-x add it",
        "feat: tt-123 add it",
        "feat: TT-123",
        "feat: TT-123 ",
        "chore: TT-123 tidy up",
        "feat: TT-1 add it\nwithout a blank line",
        f"feat: TT-1 {'x' * LONGEST}",
        "Merge",
    ],
)
def test_wrong_ones_are_told_so(message: str) -> None:
    assert complaint(message) is not None


def test_the_right_ones_that_are_shown_are_right() -> None:
    shown = re.search(r"a right one: (.+), or (.+)", complaint("wrong") or "")
    assert shown is not None
    assert [complaint(one) for one in shown.groups()] == [None, None]


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    settings = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false"]
    return subprocess.run(  # noqa: S603
        ["git", "-C", str(folder), *settings, *arguments],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose hook is the one that pre-commit is told to run."""
    git(tmp_path, "init", "--quiet")
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    (hook,) = [one for one in local["hooks"] if one.get("stages") == ["commit-msg"]]
    python, script = hook["entry"].split()
    assert python == ".venv/bin/python"
    installed = tmp_path / ".git/hooks/commit-msg"
    installed.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / script}" "$1"\n')
    installed.chmod(0o755)
    return tmp_path


def test_git_refuses_a_wrong_message_and_shows_a_right_one(repository: Path) -> None:
    refused = git(repository, "commit", "--allow-empty", "--message", "Added things")

    assert refused.returncode == 1
    assert "a right one: feat: TT-123 add" in refused.stderr
    assert git(repository, "log").returncode != 0


def test_git_takes_a_right_message(repository: Path) -> None:
    taken = git(repository, "commit", "--allow-empty", "--message", "feat: TT-00 add things")

    assert taken.returncode == 0, taken.stderr


def test_a_log_is_checked_whole(repository: Path) -> None:
    for message in ("feat: TT-00 add things", "Broke things", "fix: TT-00 mend things"):
        git(repository, "commit", "--allow-empty", "--no-verify", "--message", message)
    command = [sys.executable, str(ROOT / "tools/commit_message.py"), "--log"]

    whole = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)  # noqa: S603
    last = subprocess.run([*command, "HEAD~1..HEAD"], cwd=repository, capture_output=True, text=True, check=False)  # noqa: S603

    assert whole.returncode == 1
    assert whole.stderr.count("a right one") == 1
    assert last.returncode == 0
