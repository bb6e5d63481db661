"""The containers of the template are those of the code, and those that a migration makes where a key allows it."""

import json
from typing import Any

import pytest

from embedded_cosmos.testing import CosmosAccount
from shared.cosmos.containers import CONTAINERS
from tests.application import application
from tests.infra.bicep import INFRA, Bicep, text
from tools import containers_json

FILE = INFRA / "containers.json"


def test_the_file_is_written_from_the_code() -> None:
    assert FILE.read_text(encoding="utf-8") == containers_json.text(), "run `make containers`"


def test_the_template_makes_every_container_of_the_file() -> None:
    template = Bicep(INFRA / "database.bicep")

    assert template.calls("loadJsonContent") == [["containers.json"]]
    assert "for container in containers" in text(template.declared["collections"][1])
    assert "resource: container" in text(template.declared["collections"][1])


def test_hierarchical_keys_are_of_their_second_version() -> None:
    by_id = {one["id"]: one["partitionKey"] for one in json.loads(FILE.read_text())}

    assert by_id["time_entry"] == {"paths": ["/tenant_id", "/owner_id"], "kind": "MultiHash", "version": 2}
    assert by_id["leases"] == {"paths": ["/id"], "kind": "Hash", "version": 2}


@pytest.fixture(scope="module")
async def made(cosmos_account: CosmosAccount) -> dict[str, Any]:
    """The containers as a migration has made them, by id."""
    async with application(cosmos_account) as app:
        return {one.id: await app.container(one.id).read() for one in CONTAINERS}


@pytest.mark.parametrize("wanted", json.loads(FILE.read_text()), ids=lambda one: one["id"])
async def test_a_migration_makes_the_same(made: dict[str, Any], wanted: dict[str, Any]) -> None:
    found = made[wanted["id"]]

    assert found["partitionKey"]["paths"] == wanted["partitionKey"]["paths"]
    assert found["partitionKey"]["kind"] == wanted["partitionKey"]["kind"]
    assert found.get("defaultTtl") == wanted.get("defaultTtl")
    assert found.get("uniqueKeyPolicy", {}).get("uniqueKeys", []) == wanted.get("uniqueKeyPolicy", {}).get(
        "uniqueKeys", []
    )
    assert found["indexingPolicy"]["includedPaths"] == wanted["indexingPolicy"]["includedPaths"]
    assert found["indexingPolicy"].get("compositeIndexes") == wanted["indexingPolicy"].get("compositeIndexes")
