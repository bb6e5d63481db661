"""The name of an imported file is exported, and erased wherever it lies, also in what it left of others."""

import json
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest

from operations import person
from operations.person import Person
from shared.cosmos.containers import CONTAINERS
from tests.application import Application
from tests.calling import Item
from tests.events.delivering import deliver, deliver_again, events_of
from tests.imports.importing import entries, imported
from tests.world import World, make_world

HEADER = "user_email,start,end,project,client,task"
ROW = "{},2024-03-05T09:00Z,2024-03-05T10:00Z,Project,Customer,Activity"


@pytest.fixture
async def world(with_directory: Application, http: aiohttp.ClientSession) -> World:
    made = await make_world(http, with_directory)
    user = {"id": made.user.user_id, "tenant_id": made.tenant_id, "email": made.user.email}
    write_directory(with_directory, json.dumps({"users": [user]}))
    return made


def write_directory(app: Application, content: str) -> None:
    Path(app.settings["DIRECTORY_FILE"]).write_text(content)


async def documents(app: Application) -> list[Item]:
    return [
        dict(document) for one in CONTAINERS async for document in app.container(one.id).query_items("SELECT * FROM c")
    ]


@pytest.mark.parametrize("whose", ["the importer", "the owner"])
async def test_its_name_is_gone_from_the_events_of_the_person_who_is_erased(world: World, whose: str) -> None:
    name = f"Dentist {uuid4()}.csv"
    file = "\n".join([HEADER, ROW.format(world.user.email), *([ROW.format("")] if whose == "the importer" else [])])
    result = await imported(world.admin, file, file_name=name)
    (entry,) = await entries(world.user)
    await deliver(world.app)
    who = Person(world.tenant_id, (world.admin if whose == "the importer" else world.user).user_id)

    records = [record async for record in person.export(who)]
    await person.erase(who, lambda _: None)
    await deliver_again(world.app)

    left = [document for document in await documents(world.app) if name in json.dumps(document)]
    if whose == "the importer":
        (record,) = [record for record in records if record["kind"] == "import"]
        assert (record["id"], record["file_name"]) == (result["import_id"], name)
        assert left == []
    else:
        assert [document["kind"] for document in left] == ["import"]
    assert [event["description"] for event in await events_of(world, entry)][:1] == ["Import a time entry"]
    assert (await world.admin.delete(f"imports/{result['import_id']}")).ok()["kept"] == []


async def test_an_import_has_its_line_in_exports(world: World) -> None:
    await imported(world.admin, "\n".join([HEADER, ROW.format("")]))

    kinds = {document["kind"] for document in await documents(world.app) if "kind" in document}

    assert "import" in kinds
    assert kinds <= {*person.PARTS, *person.NOBODYS}
