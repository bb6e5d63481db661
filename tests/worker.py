"""`python -m tests.worker`: one more worker of the app, in a process of its own, until its input ends.

The Functions platform runs several: what must hold under concurrency must hold between them, not only within one.
"""

import asyncio
import os
import sys

from local.host.host import Host
from shared import clients
from tests.application import ROOT


async def main() -> None:
    host = await Host.load(ROOT, os.environ)
    async with host.serving() as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
    await clients.close()


if __name__ == "__main__":
    asyncio.run(main())
