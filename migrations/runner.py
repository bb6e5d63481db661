"""Runs the migrations: forward only, in the order of their numbers, each recorded once it is done.

A migration is a module `NNNN_name.py` with an idempotent `async def run() -> None`: one that was cut off is run again.
"""

import hashlib
from importlib import import_module
from pathlib import Path

from shared import instants
from shared.clients import container
from shared.cosmos import items
from shared.cosmos.containers import MIGRATION

FOLDER = Path(__file__).parent
CREATE_CONTAINERS = "0001_create_containers"


def names() -> list[str]:
    """The migrations, in the order in which they run."""
    return sorted(path.stem for path in FOLDER.glob("[0-9][0-9][0-9][0-9]_*.py"))


async def migrate() -> list[str]:
    """Run what has not been run; returns its names. Raises what a migration raises: those after it wait for it."""
    return [name for name in names() if await _run(name)]


async def _run(name: str) -> bool:
    # The first one makes the container in which all are recorded, so that it can't be looked up before.
    if name != CREATE_CONTAINERS and await items.read(MIGRATION, name, name):
        return False
    await import_module(f"migrations.{name}").run()
    if await items.read(MIGRATION, name, name):
        return False
    applied_at = instants.format_instant(instants.now())
    await container(MIGRATION).upsert_item({"id": name, "checksum": _checksum(name), "applied_at": applied_at})
    return True


def _checksum(name: str) -> str:
    return hashlib.sha256((FOLDER / f"{name}.py").read_bytes()).hexdigest()
