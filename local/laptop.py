"""Everything on one laptop: starts the parts in the order in which they need one another, and says where they are.

PORT, COSMOS_PORT and DATA_DIR say where; LEASE_SECONDS (60) how long triggers stand still after a host was killed. Any
app setting may stand in the environment, too, and wins.
"""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Awaitable, Sequence
from pathlib import Path
from socket import socket

from local.host.configuration import LocalSettings, port_number
from local.host.database_process import DatabaseProcess, database_process
from local.host.environment import DatabaseChoice, apply, data_dir, make_secrets_key, read_settings
from local.host.host import Host
from local.host.program import forever
from local.host.sockets import listen

APP_ROOT = Path(__file__).resolve().parents[1]
_CATCH_UP_SECONDS = 20.0


async def start() -> None:
    """Start, and stay until a signal comes or the database dies."""
    local = read_settings(APP_ROOT)
    choice = DatabaseChoice.of(local.values, os.environ)
    if choice.embedded_port is not None:
        make_secrets_key(data_dir(os.environ))
    sockets = listen(port_number(os.environ.get("PORT") or local.port, "PORT"), "PORT")
    # The file may be older than the setting.
    apply({"WEBHOOKS_TO_LOOPBACK": "1", **choice.settings(local.values, os.environ)}, os.environ)
    if choice.embedded_port is None:
        await _serve(local, sockets, None, f"the account {choice.endpoint}")
        return
    data = data_dir(os.environ) / "cosmos.db"
    async with database_process(choice.embedded_port, data, os.environ["COSMOS_KEY"]) as database:
        await _serve(local, sockets, database, f"{data}, served at {choice.endpoint}")


async def _serve(local: LocalSettings, sockets: Sequence[socket], database: DatabaseProcess | None, data: str) -> None:
    # The app is imported while the database starts: together they take as long as the slower one.
    host = await Host.load(APP_ROOT, os.environ, origins=local.origins, credentials=local.credentials)
    from shared import clients  # noqa: PLC0415 - like the app, it must not be imported before its settings are there

    try:
        is_first_start = await _prepared(database) if database else False
        async with host.serving(sockets=sockets) as address, host.watching() as triggers:
            if is_first_start:
                await _quietly(triggers.caught_up())
            sys.stdout.write(_welcome(address, data, await _example() if database else {}))
            sys.stdout.flush()
            await (database.ended() if database else forever())
    finally:
        await clients.close()


async def _prepared(database: DatabaseProcess) -> bool:
    """Bring the embedded database up to date; tell whether it is new. Other accounts are left alone."""
    from local import demo_data  # noqa: PLC0415 - see above
    from migrations import runner  # noqa: PLC0415

    await database.ready()
    await runner.migrate()
    return await demo_data.fill_once()


async def _quietly(work: Awaitable[None]) -> None:
    """Wait without a log: hundreds of lines about the demo data would bury what a newcomer needs to see."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.WARNING)
    try:
        await asyncio.wait_for(work, _CATCH_UP_SECONDS)
    except TimeoutError:
        root.warning("The demo data's events are still on their way")
    finally:
        root.setLevel(level)


async def _example() -> dict[str, str]:
    """What a first time entry needs; nothing if somebody has deleted the demo projects or activities."""
    from local import demo_data  # noqa: PLC0415 - see above

    try:
        return await demo_data.example()
    except LookupError:
        return {}


def _welcome(address: str, data: str, example: dict[str, str]) -> str:
    from local.demo_data import ADMIN, USER  # noqa: PLC0415 - see above
    from local.demo_tokens import token  # noqa: PLC0415

    admin, user = (
        f"Bearer {token(person.id, person.email, person.name, admin=person.admin)}" for person in (ADMIN, USER)
    )
    lines = [
        "",
        f"API    {address}/api",
        f"Docs   {address}/api/docs",
        f"Data   {data}",
        "",
        f"{ADMIN.name}, an administrator:",
        f"{admin}",
        "",
        f"{USER.name}, an ordinary user:",
        f"{user}",
        "",
    ]
    if example:
        curl = f"curl {address}/api/time-entries -H 'Authorization: {user}' -H 'Content-Type: application/json'"
        lines += [f"{USER.name.split()[0]} clocks in:", f"{curl} -d '{json.dumps(example)}'", ""]
    return "\n".join([*lines, "Ctrl-C ends everything.", ""])
