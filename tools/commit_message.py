"""Checks commit messages: `python tools/commit_message.py FILE` for one that is being written, or `--log [RANGE]`.

It stands on the standard library alone, so that the hook needs no environment.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

TYPES = ("build", "ci", "docs", "feat", "fix", "perf", "refactor", "revert", "style", "test")
RIGHT = "feat: TT-123 add …, or fix(config): TT-00 read …"
LONGEST = 100

_SUBJECT = re.compile(rf"({'|'.join(TYPES)})(\([a-z0-9_-]+\))?!?: TT-\d+ \S.*")
# What git writes itself.
_MERGE = re.compile(r"Merge (branch|pull request|remote-tracking branch|tag|commit) .+")


def complaint(message: str) -> str | None:
    """What is wrong with a message, or None."""
    subject, *rest = _written(message) or [""]
    if _MERGE.fullmatch(subject):
        return None
    if not _SUBJECT.fullmatch(subject):
        return f"{subject!r} is not of the form <type>(<scope>): TT-<ticket> <what it does>; a right one: {RIGHT}"
    if len(subject) > LONGEST:
        return f"{subject!r} is longer than {LONGEST} characters; say the rest below a blank line"
    if rest and rest[0].strip():
        return f"{subject!r} must be followed by a blank line; a right one: {RIGHT}"
    return None


def _written(message: str) -> list[str]:
    """The lines that git keeps: no comments, nothing below the scissors, no blank lines above the subject."""
    lines: list[str] = []
    for line in message.splitlines():
        if line.startswith("# ---") and ">8" in line:
            break
        if not line.startswith("#") and (lines or line.strip()):
            lines.append(line.rstrip())
    return lines


def _of_log(revisions: str) -> list[str]:
    command = ["git", "log", "--format=%B%x00", revisions]
    log = subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout  # noqa: S603 - no shell
    return [message.strip() for message in log.split("\0") if message.strip()]


def check(messages: Iterable[str]) -> int:
    """Say what is wrong with each; the exit code."""
    complaints = [said for message in messages if (said := complaint(message))]
    sys.stderr.writelines(f"{said}\n" for said in complaints)
    if complaints:
        sys.stderr.write(f"Types: {', '.join(TYPES)}. TT-00 means that there is no ticket.\n")
    return 1 if complaints else 0


def main(arguments: Sequence[str]) -> int:
    """The command line."""
    match arguments:
        case ["--log", *revisions] if len(revisions) <= 1:
            return check(_of_log(revisions[0] if revisions else "HEAD"))
        case [file] if not file.startswith("-"):
            return check([Path(file).read_text(encoding="utf-8")])
    sys.stderr.write(f"{__doc__}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
