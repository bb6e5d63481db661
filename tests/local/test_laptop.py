"""`python -m local`, as `make run` starts it: a whole laptop in one process group, in a copy of the project."""

import os
import random
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from azure.cosmos.aio import CosmosClient

from embedded_cosmos.server import serve

PROJECT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60
PARTS = (
    "function_app.py",
    "host.json",
    "local.settings.json.example",
    "embedded_cosmos",
    "functions",
    "local",
    "migrations",
    "shared",
)

Start = Callable[..., "Laptop"]


class Laptop:
    """One run of the program."""

    def __init__(self, folder: Path, port: int, cosmos_port: int) -> None:
        self.port, self.cosmos_port = port, cosmos_port
        settings = {name: value for name, value in os.environ.items() if not name.startswith(("COSMOS_", "JWT_"))}
        self._output = folder / "output.txt"
        with self._output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "local"],
                cwd=folder,
                env=settings | {"PORT": str(port), "COSMOS_PORT": str(cosmos_port), "DATA_DIR": "data"},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def ready(self) -> "Laptop":
        _wait_for(lambda: "Ctrl-C ends everything." in self.output or self.process.poll() is not None)
        assert self.process.poll() is None, self.output
        return self

    def database(self) -> int:
        """Give the process id of the embedded database, the only child."""
        found = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, check=True)  # noqa: S603, S607
        return int(found.stdout)

    def ended(self) -> int:
        code = self.process.wait(PATIENCE_SECONDS)
        _wait_for(lambda: _is_free(self.cosmos_port))
        assert _is_free(self.port)
        return code


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _free_port() -> int:
    """Choose a free port below the range from which the system gives some to tests that run beside this."""
    port = random.randint(10_000, 32_000)
    return port if _is_free(port) else _free_port()


def _is_free(port: int) -> bool:
    with socket.socket() as candidate:
        return candidate.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    for name in PARTS:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name)
        else:
            shutil.copy2(source, tmp_path)
    started: list[Laptop] = []

    def one(port: int | None = None, cosmos_port: int | None = None) -> Laptop:
        started.append(Laptop(tmp_path, port or _free_port(), cosmos_port or _free_port()))
        return started[-1]

    yield one
    for laptop in started:
        if laptop.process.poll() is None:
            os.killpg(laptop.process.pid, signal.SIGKILL)
            laptop.process.wait()


async def test_it_says_where_everything_is_and_keeps_its_data(start: Start, http: ClientSession) -> None:
    laptop = start().ready()
    async with http.get(f"{laptop.address}/api/health") as response:
        assert (await response.json())["checks"]["secrets_key"] == "ok"
    (line,) = [line for line in laptop.output.splitlines() if line.startswith("curl ")]
    _, url, _, authorization, _, content_type, _, body = shlex.split(line)
    headers = dict(header.split(": ", 1) for header in (authorization, content_type))
    async with http.post(url, headers=headers, data=body) as response:
        assert response.status == 201
        clocked_in = await response.json()
    os.killpg(laptop.process.pid, signal.SIGINT)
    assert laptop.ended() == 0
    assert "Traceback" not in laptop.output

    again = start(laptop.port, laptop.cosmos_port).ready()
    async with http.get(f"{again.address}/api/time-entries/running", headers=headers) as response:
        assert (await response.json())["id"] == clocked_in["id"]


@pytest.mark.parametrize(
    ("send", "number"),
    [(os.kill, signal.SIGINT), (os.killpg, signal.SIGINT), (os.killpg, signal.SIGTERM)],
    ids=["INT-to-the-program", "INT-to-the-group", "TERM-to-the-group"],
)
async def test_a_signal_ends_everything_cleanly(
    start: Start, send: Callable[[int, int], None], number: int, tmp_path: Path
) -> None:
    laptop = start().ready()
    send(laptop.process.pid, number)

    assert laptop.ended() == 0
    assert "Traceback" not in laptop.output
    assert "WARNING" not in laptop.output
    assert await _lease_owners(tmp_path / "data" / "cosmos.db") == {None}


async def _lease_owners(data: Path) -> set[str | None]:
    async with serve(str(data)) as server, CosmosClient(server.url, server.key) as cosmos:
        leases = cosmos.get_database_client("time-tracker").get_container_client("leases").read_all_items()
        return {lease["owner"] async for lease in leases if "owner" in lease}


def test_the_database_does_not_outlive_a_killed_program(start: Start) -> None:
    laptop = start().ready()
    laptop.process.kill()

    assert laptop.ended() == -signal.SIGKILL


def test_a_database_that_dies_ends_the_program_with_a_word(start: Start) -> None:
    laptop = start().ready()
    os.kill(laptop.database(), signal.SIGKILL)

    assert laptop.ended() == 1
    assert "The embedded database has ended (exit code -9)" in laptop.output
    assert "Traceback" not in laptop.output


@pytest.mark.parametrize("setting", ["PORT", "COSMOS_PORT"])
def test_a_taken_port_is_one_line(start: Start, setting: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        laptop = start(port=port) if setting == "PORT" else start(cosmos_port=port)
        assert laptop.process.wait(PATIENCE_SECONDS) == 1

    assert laptop.output == f"Port {port} is taken; choose another with {setting}=…\n"
