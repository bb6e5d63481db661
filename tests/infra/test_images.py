"""Each stage of the Dockerfile holds what it runs: it is checked in a folder that has what the stage copies alone."""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STAGE = re.compile(r"^FROM \S+ AS (\w+)$", re.MULTILINE)
COPY = re.compile(r"^COPY (.+) (\S+)$", re.MULTILINE)
INDEX = """
import function_app
for function in function_app.app.get_functions():
    print(function.get_function_name())
"""


def stages() -> dict[str, str]:
    """The instructions of each stage, by its name."""
    _, *parts = STAGE.split((ROOT / "Dockerfile").read_text())
    return dict(zip(parts[::2], parts[1::2], strict=True))


def built(stage: str, into: Path) -> Path:
    """The folder that the stage's COPY instructions make out of what `.dockerignore` leaves."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = [line[1:] for line in lines if line.startswith("!")]
    for sources, target in COPY.findall(stages()[stage]):
        for source in sources.split():
            assert any(fnmatch.fnmatch(source, pattern) for pattern in allowed), f".dockerignore keeps {source} out"
            folder = into / re.sub(r"^(\./|/home/site/wwwroot/?|/)", "", target)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, folder, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, folder)
    return into


def run(folder: Path, *arguments: str) -> str:
    """What Python prints in that folder, where nothing but the folder and the installed packages can be imported."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    done = subprocess.run(  # noqa: S603 - our own programs
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("command", ["--help", "gen-swagger-json -f document.json"])
def test_the_command_line_runs_from_what_its_image_holds(tmp_path: Path, command: str) -> None:
    run(built("cli", tmp_path), "cli.py", *command.split())


def test_every_function_is_found_in_what_the_functions_image_holds(tmp_path: Path) -> None:
    found = run(built("functions", tmp_path), "-c", INDEX).split()

    assert found == run(ROOT, "-c", INDEX).split()
    assert "http_time_entries" in found
