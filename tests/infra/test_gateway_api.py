"""What API Management imports lists every method of every path, so that the backend answers HEAD and 405 there, too."""

import json
import re
from typing import Any

from tests.infra.bicep import INFRA, Bicep
from tests.world import World
from tools import gateway_api

DOCUMENT = json.loads(gateway_api.SOURCE.read_text(encoding="utf-8"))
IMPORTED: dict[str, Any] = json.loads(gateway_api.FILE.read_text(encoding="utf-8"))
OPERATIONS = [(path, method, one) for path, item in IMPORTED["paths"].items() for method, one in item.items()]


def test_the_file_is_written_from_the_document() -> None:
    assert gateway_api.FILE.read_text(encoding="utf-8") == gateway_api.text(DOCUMENT), "run `make openapi`"
    assert Bicep(INFRA / "gateway.bicep").calls("loadJsonContent") == [["gateway_api.json"]]


def test_every_path_has_every_method() -> None:
    assert IMPORTED["paths"].keys() == DOCUMENT["paths"].keys()
    for path, item in IMPORTED["paths"].items():
        assert set(item) == set(gateway_api.METHODS), path


def test_the_documents_own_operations_are_as_they_were() -> None:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            imported = IMPORTED["paths"][path][method]
            assert imported["operationId"] == operation["operationId"]
            assert imported["responses"].keys() == operation["responses"].keys()


def test_operation_ids_are_as_api_management_keeps_them() -> None:
    ids = [one["operationId"] for _, _, one in OPERATIONS]

    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one) and len(one) <= gateway_api.LONGEST_ID for one in ids)


def test_what_a_path_names_every_operation_declares() -> None:
    for path, method, operation in OPERATIONS:
        declared = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path)), (path, method)


def test_nothing_is_left_that_only_people_read() -> None:
    assert "example" not in gateway_api.FILE.read_text()
    assert {"name", "description"} <= IMPORTED["components"]["schemas"]["Activity"]["properties"].keys()
    assert all("description" in answer for _, _, one in OPERATIONS for answer in one["responses"].values())


async def test_the_backend_refuses_what_the_import_adds_and_says_what_is_allowed(world: World) -> None:
    for path, item in IMPORTED["paths"].items():
        refused = {method.upper() for method, one in item.items() if one["responses"].keys() == {"405"}}
        for method in refused:
            answer = await world.admin.call(method, re.sub(r"{\w+}", "1", path).removeprefix("/"))
            assert answer.status == 405, (path, method)
            allowed = set(answer.headers["Allow"].split(", ")) - {"OPTIONS"}
            assert allowed == {name.upper() for name in item} - refused
