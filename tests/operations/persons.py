"""What the tests of a person's data do with it, and look for in the whole database."""

import json
from pathlib import Path
from typing import Any

from operations import person
from operations.person import Person
from shared.cosmos.containers import CONTAINERS
from tests.application import Application
from tests.calling import Item
from tests.world import World

MARCH = {"start_date": "2024-03-01", "end_date": "2024-03-31", "timezone": "UTC"}


def person_of(world: World) -> Person:
    return Person(world.tenant_id, world.user.user_id)


async def exported(who: Person) -> list[dict[str, Any]]:
    return [record async for record in person.export(who)]


async def erase(who: Person) -> list[str]:
    done: list[str] = []
    await person.erase(who, done.append)
    return done


async def documents(app: Application) -> list[Item]:
    """Every document of the database."""
    return [
        dict(document) for one in CONTAINERS async for document in app.container(one.id).query_items("SELECT * FROM c")
    ]


async def holding(app: Application, text: str) -> list[Item]:
    return [document for document in await documents(app) if text in json.dumps(document)]


def write_directory(app: Application, *people: tuple[str, str]) -> Path:
    file = Path(app.settings["DIRECTORY_FILE"])
    users = [{"id": u, "tenant_id": t, "name": f"Name of {u}", "email": f"{u}@example.com"} for t, u in people]
    file.write_text(json.dumps({"users": users}))
    return file
