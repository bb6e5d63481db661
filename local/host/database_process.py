"""The embedded database as a child process: it never outlives its parent, and only its parent ends it."""

import asyncio
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from local.host.errors import HostError
from local.host.sockets import listen

_START_SECONDS = 30.0
_STOP_SECONDS = 5.0
_PARENTS_SIGNALS = {signal.SIGINT, signal.SIGTERM}


class DatabaseProcess:
    """A running embedded database."""

    def __init__(self, process: Process, port: int) -> None:
        self._process = process
        self._port = port

    async def ready(self) -> None:
        """Wait until it answers."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_START_SECONDS):
                while self._process.returncode is None:
                    if await _answers(self._port):
                        return
                    await asyncio.sleep(0.02)
        raise HostError("The embedded database did not start; if it said why, that stands above")

    async def ended(self) -> None:
        """Wait for an end that nobody asked for."""
        code = await self._process.wait()
        raise HostError(f"The embedded database has ended (exit code {code}); what it acknowledged is kept")


@asynccontextmanager
async def database_process(port: int, data: Path, key: str) -> AsyncIterator[DatabaseProcess]:
    """Start the database, and end it when the block is left."""
    # A port that is taken is told here, in one line, not by a child that fails.
    for one in listen(port, "COSMOS_PORT"):
        one.close()
    data.parent.mkdir(parents=True, exist_ok=True)
    arguments = ["--port", str(port), "--data", str(data), "--with-parent"]
    # Ctrl-C reaches the whole process group. The child inherits blocked signals and so stays until its parent, which
    # still has leases to give back, closes its standard input; the kernel does that when the parent is killed.
    signal.pthread_sigmask(signal.SIG_BLOCK, _PARENTS_SIGNALS)
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "embedded_cosmos", *arguments, "--key", key, stdin=PIPE, stdout=DEVNULL
        )
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _PARENTS_SIGNALS)
    try:
        yield DatabaseProcess(process, port)
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True
