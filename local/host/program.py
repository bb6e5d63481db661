"""What every program of the host shares: its log, its end on a signal, and errors that are one line."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable

from local.host.errors import HostError

INTERRUPTED = 130
# `make` and `timeout` hand on a signal that the whole group has got already; one that comes later is meant to hurry.
_IMPATIENCE_SECONDS = 1.0


def run(work: Callable[[], Awaitable[None]]) -> int:
    """Run until the work ends or a signal comes, close what was opened, and give the exit code."""
    _configure_log()
    try:
        asyncio.run(_until_signal(work))
    except HostError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


async def forever() -> None:
    """Wait for nothing but a signal."""
    await asyncio.Event().wait()


async def _until_signal(work: Callable[[], Awaitable[None]]) -> None:
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    asked_at: list[float] = []

    def end() -> None:
        asked_at.append(loop.time())
        if asked_at[-1] - asked_at[0] > _IMPATIENCE_SECONDS:
            os._exit(INTERRUPTED)
        if task is not None and len(asked_at) == 1:
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    try:
        await work()
    except asyncio.CancelledError:
        if not asked_at:
            raise


def _configure_log() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S")
    # Every call to the database would be a paragraph, and every retry while it is unavailable a warning.
    logging.getLogger("azure").setLevel(logging.WARNING)
    logging.getLogger("azure.cosmos").setLevel(logging.ERROR)
