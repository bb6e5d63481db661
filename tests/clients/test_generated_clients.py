"""The clients that docs/integrating.md shows: generated, compiled strictly, and run against what `make run` starts."""

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DOCUMENT = ROOT / "docs" / "openapi.json"
# Beside node_modules, which what is generated imports from.
WORK = HERE / ".local"
PROGRAMS = ("openapi-fetch", "hey-api")
PATIENCE_SECONDS = 60

pytestmark = pytest.mark.clients


def node(program: str, *arguments: str | Path) -> str:
    """What a program of node_modules prints."""
    done = subprocess.run(  # noqa: S603 - what package-lock.json pins
        [HERE / "node_modules/.bin" / program, *arguments], cwd=HERE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def compiled() -> Path:
    """Both clients generated, and the programs compiled with them."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir()
    (WORK / "package.json").write_text('{"type": "module"}')
    for name in PROGRAMS:
        shutil.copy(HERE / f"{name}.ts", WORK)
    node("openapi-typescript", DOCUMENT, "--output", WORK / "openapi.ts")
    node("openapi-ts", "--input", DOCUMENT, "--output", WORK / "hey-api")
    node("tsc", "--strict", "--project", HERE)
    return WORK / "out"


def free_port() -> int:
    """A port that nobody listens on, below those that the system gives away."""
    port = random.randint(10_000, 32_000)
    with socket.socket() as candidate:
        return port if candidate.connect_ex(("127.0.0.1", port)) else free_port()


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of what `make run` starts, demo data included, on ports and data of its own."""
    folder, port = tmp_path_factory.mktemp("laptop"), free_port()
    settings = {"PORT": str(port), "COSMOS_PORT": str(free_port()), "DATA_DIR": str(folder / "data")}
    with (folder / "output.txt").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "local"],
            cwd=ROOT,
            env=os.environ | settings,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while "Ctrl-C ends everything." not in (told := (folder / "output.txt").read_text()):
            assert process.poll() is None, told
            assert time.monotonic() < deadline, told
            time.sleep(0.05)
        yield f"http://localhost:{port}/api"
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(PATIENCE_SECONDS)


def token() -> str:
    done = subprocess.run([sys.executable, "cli.py", "token"], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_generated_client_clocks_in_and_out(compiled: Path, api: str, name: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own program
        ["node", compiled / f"{name}.js"],  # noqa: S607 - whichever Node.js is meant
        env={"PATH": os.environ["PATH"], "API_URL": api, "TOKEN": token()},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r".+ 204 .*\n", done.stdout), done.stdout


def test_a_mistake_does_not_compile(compiled: Path) -> None:
    """The types are not `any`."""
    del compiled
    for name in PROGRAMS:
        program = WORK / f"{name}.ts"
        program.write_text(program.read_text().replace("activities[0].id", "1"))

    with pytest.raises(AssertionError) as found:
        node("tsc", "--noEmit", "--project", HERE)

    for name in PROGRAMS:
        assert re.search(rf"{name}\.ts.*error TS2322", str(found.value))
