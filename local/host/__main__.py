"""`python -m local.host`: the Functions host by itself, for a database that runs already."""

import argparse
import os
import sys
from functools import partial
from pathlib import Path

from local.host.environment import apply, read_settings
from local.host.host import Host
from local.host.program import forever, run


async def _serve(app_root: Path, port: int | None) -> None:
    local = read_settings(app_root)
    apply(local.values, os.environ)
    host = await Host.load(app_root, os.environ, origins=local.origins, credentials=local.credentials)
    async with host.running(local.port if port is None else port) as address:
        sys.stdout.write(f"{len(host.functions)} functions, served at {address}\n")
        sys.stdout.flush()
        await forever()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.host", description=__doc__)
    parser.add_argument("--port", type=int, help="where to listen (default: Host.LocalHttpPort; 0 takes a free one)")
    parser.add_argument("--app", type=Path, default=Path(), metavar="FOLDER", help="the folder of function_app.py")
    arguments = parser.parse_args()
    return run(partial(_serve, arguments.app, arguments.port))


if __name__ == "__main__":
    sys.exit(main())
