"""What every program of the host shares: its log, its end on a signal, and errors that are one line."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable

from local.host.errors import HostError

INTERRUPTED = 130


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
    task = asyncio.current_task()
    signals: list[int] = []

    def end(number: int) -> None:
        if signals:
            # Somebody who asks twice does not want to wait for a clean end.
            os._exit(INTERRUPTED)
        signals.append(number)
        if task is not None:
            task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end, number)
    try:
        await work()
    except asyncio.CancelledError:
        if not signals:
            raise


def _configure_log() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S")
    # Every call to the database would be a paragraph.
    logging.getLogger("azure").setLevel(logging.WARNING)
