"""`python -m embedded_cosmos`: the embedded Cosmos DB by itself, until it is told to stop."""

import argparse
import asyncio
import contextlib
import errno
import os
import signal
import sys

from embedded_cosmos.auth import EMULATOR_KEY
from embedded_cosmos.server import HOST, STRONG, Server, serve
from embedded_cosmos.store import IN_MEMORY, DataFileInUseError
from embedded_cosmos.wire import CONSISTENCY_LEVELS


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m embedded_cosmos", description=__doc__)
    parser.add_argument("--port", type=int, default=8081, help="where to listen (default 8081; 0 takes a free one)")
    parser.add_argument("--data", default=IN_MEMORY, metavar="FILE|:memory:", help="where the documents lie")
    parser.add_argument("--key", default=EMULATOR_KEY, help="the account key (default: the emulator's well-known one)")
    levels = ", ".join(CONSISTENCY_LEVELS[1:])
    parser.add_argument(
        "--consistency",
        default=STRONG,
        choices=CONSISTENCY_LEVELS,
        help=f"what the account says (default {STRONG}; {levels})",
    )
    parser.add_argument("--with-parent", action="store_true", help="end when standard input does, as a child process")
    parser.add_argument("--faults", action="store_true", help="let tests inject faults at /_faults")
    return parser


async def _run(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows has no such handlers; there Ctrl-C arrives as a KeyboardInterrupt.
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if arguments.with_parent:
        _stop_at_end_of_input(stop)
    options = {"consistency": arguments.consistency, "fault_control": arguments.faults}
    async with serve(arguments.data, arguments.port, arguments.key, **options) as server:
        sys.stdout.write(f"Cosmos DB is ready at {server.url} ({arguments.data})\n")
        sys.stdout.write(f"{connection_string(server, arguments.key)}\n")
        sys.stdout.flush()
        await stop.wait()


def connection_string(server: Server, given_key: str) -> str:
    """What clients connect with. A key other than the emulator's is a secret, so it is not printed."""
    key = server.key if given_key == EMULATOR_KEY else "<the key that --key gives>"
    return f"AccountEndpoint={server.url}/;AccountKey={key};"


def _stop_at_end_of_input(stop: asyncio.Event) -> None:
    """The parent holds the other end of the pipe; however it dies, the kernel closes it."""
    loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()

    def read() -> None:
        if not os.read(descriptor, 1024):
            loop.remove_reader(descriptor)
            stop.set()

    loop.add_reader(descriptor, read)


def main() -> int:
    arguments = options().parse_args()
    try:
        asyncio.run(_run(arguments))
    except KeyboardInterrupt:
        return 0
    except DataFileInUseError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        reason = "the port is taken" if error.errno == errno.EADDRINUSE else error.strerror or error
        sys.stderr.write(f"Cannot listen on {HOST}:{arguments.port}: {reason}.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
