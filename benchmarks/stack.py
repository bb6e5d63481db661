"""The system under measurement: the embedded database and the local host, each a process of its own on a free port."""

import asyncio
import json
import os
import re
import socket
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded_cosmos.auth import EMULATOR_KEY
from shared.cosmos.containers import WATCHED

ROOT = Path(__file__).parents[1]
DATABASE = "benchmark"
# Polling and renewing leases take less of a second than this.
IDLE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs: where it is, and its process."""

    url: str
    pid: int

    @property
    def processor_seconds(self) -> float:
        """The time that its process has spent on a processor. Linux only."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def database(data: str | None = None, *, faults: bool = False) -> AsyncIterator[Server]:
    """The embedded database, on a file as on a laptop: `data`, or one that goes with the block.

    With `faults`, it can be told to refuse what goes beyond a throughput.
    """
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["--port", "0", "--data", data or f"{folder}/cosmos.db", *(["--faults"] if faults else [])]
        async with _process("embedded_cosmos", arguments, os.environ) as (process, line):
            yield Server(line.split()[5], process.pid)


@asynccontextmanager
async def app(account: str, settings: Mapping[str, str], root: Path = ROOT) -> AsyncIterator[Server]:
    """The functions on the local host, as `make run` serves them, with the database at `account`.

    `root`: the folder of another edition of this backend, which is served by the host that it brings.
    """
    environment = {**os.environ, **account_settings(account), **settings}
    async with _process("local.host", ["--port", "0", "--app", str(root)], environment, root) as (process, line):
        yield Server(line.split()[-1], process.pid)


def account_settings(account: str) -> dict[str, str]:
    """The app settings that name this account."""
    return {
        "COSMOS_ENDPOINT": account,
        "COSMOS_KEY": EMULATOR_KEY,
        "COSMOS_DATABASE": DATABASE,
        "COSMOS_CONNECTION": f"AccountEndpoint={account};AccountKey={EMULATOR_KEY};",
        "JWT_VERIFICATION": "gateway",
    }


def without_change_feed() -> dict[str, str]:
    """App settings that leave the triggers switched off, so that only requests cost anything."""
    return {f"AzureWebJobs.change_feed_{name}.Disabled": "1" for name in WATCHED}


def free_port() -> int:
    """A port of loopback that nobody listens at now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


async def migrate(account: str, root: Path = ROOT) -> None:
    """Make the database and its containers, as a deployment of the edition at `root` does."""
    await run("cli", ["migrate"], {**os.environ, **account_settings(account)}, root=root)


async def idle(*servers: Server) -> None:
    """Wait until the servers have nothing left to do: the change feed delivers what was written before."""
    spent = [float("-inf") for _ in servers]
    busy = True
    while busy:
        now = [server.processor_seconds for server in servers]
        busy = any(after - before > IDLE_SECONDS for before, after in zip(spent, now, strict=True))
        spent = now
        if busy:
            await asyncio.sleep(1)


def memory_kilobytes(pid: int, name: str) -> int:
    """A process's memory in kB, by its name in `/proc`: `VmRSS` now, `VmHWM` at most. Linux only."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.findall(rf"{name}:\s+(\d+) kB", status)[0])


async def ordered(module: str, order: Mapping[str, Any]) -> dict[str, Any]:
    """Run a module that reads an order from its standard input, and give what it prints: JSON both."""
    printed: dict[str, Any] = json.loads(await run(module, [], os.environ, json.dumps(order)))
    return printed


async def run(
    module: str, arguments: list[str], environment: Mapping[str, str], text: str = "", root: Path = ROOT
) -> str:
    """Run a module to its end as a process of its own; gives what it printed, RuntimeError if it failed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, stdin=PIPE, stdout=PIPE, cwd=root, env=environment
    )
    printed, _ = await process.communicate(text.encode())
    if process.returncode:
        raise RuntimeError(f"{module} ended with {process.returncode}")
    return printed.decode()


@asynccontextmanager
async def _process(
    module: str, arguments: list[str], environment: Mapping[str, str], root: Path = ROOT
) -> AsyncIterator[tuple[Process, str]]:
    """A server, and the line in which it says that it is ready. Its log is nobody's concern here."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, stdout=PIPE, stderr=DEVNULL, cwd=root, env=environment
    )
    assert process.stdout is not None  # noqa: S101 - said above
    try:
        if not (line := (await process.stdout.readline()).decode()):
            raise RuntimeError(f"{module} did not start")
        yield process, line
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
