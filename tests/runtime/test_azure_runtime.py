"""The app runs on `azure-functions-runtime`, the library that runs it in Azure: indexed, called, and fed by it."""

import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from local.demo_tokens import token
from local.host.host import Host
from tests.application import ROOT, Application
from tests.runtime.conftest import Worker, working

pytestmark = pytest.mark.skipif(sys.version_info < (3, 13), reason="Azure's runtime library needs Python 3.13")

TENANT = str(uuid4())
ADMIN = str(uuid4())


@pytest.fixture
async def worker(deployed: Path, served: Application) -> AsyncIterator[Worker]:
    async with working(deployed, served.settings) as one:
        assert one.error is None
        yield one


async def call(worker: Worker, function: str, method: str, path: str = "", body: Any = None) -> Any:
    """Call an HTTP function as an administrator of this test's tenant; give the answer's body."""
    bearer = token(ADMIN, "admin@example.com", "Admin", tenant_id=TENANT, admin=True)
    headers = {"authorization": f"Bearer {bearer}"}
    if body is not None:
        headers["content-type"] = "application/json"
    request = {
        "method": method,
        "url": f"https://example.azurewebsites.net/api/{path}",
        "headers": headers,
        "query": {},
        "route": {"path": path} if path else {},
        "body": "" if body is None else json.dumps(body),
    }
    answer = await worker.invoke(function, "req", request)
    assert answer["status"] < 400, answer
    return json.loads(answer["body"])


async def test_it_indexes_every_function(worker: Worker, served: Application) -> None:
    here = await Host.load(ROOT, served.settings)

    assert worker.functions == sorted(function.name for function in here.functions)
    assert {"http_time_entries", "change_feed_time_entry"} <= set(worker.functions)


async def test_http_functions_write_and_read(worker: Worker) -> None:
    health = await call(worker, "http_health", "GET")
    made = await call(worker, "http_customers", "POST", body={"name": "Größe"})
    found = await call(worker, "http_customers", "GET", made["id"])

    assert health["status"] == "healthy"
    assert found == made
    assert found["name"] == "Größe"


async def test_change_feed_functions_fill_the_audit_trail(worker: Worker, served: Application) -> None:
    made = await call(worker, "http_activities", "POST", body={"name": "Design"})
    changed = [dict(one) async for one in served.container("activity").query_items_change_feed(start_time="Beginning")]
    documents = [one for one in changed if one["tenant_id"] == TENANT]

    for _ in range(2):
        assert await worker.invoke("change_feed_activity", "documents", documents) == {}

    query = "SELECT * FROM c WHERE c.item_id = @id"
    found = served.container("event").query_items(query, parameters=[{"name": "@id", "value": made["id"]}])
    (event,) = [one async for one in found]
    assert (event["action"], event["user_id"]) == ("create", ADMIN)


@pytest.mark.parametrize(
    ("trigger", "parameter", "misspelt"),
    [
        ("functions/http_trigger.py", "req: func.HttpRequest", "request: func.HttpRequest"),
        ("functions/change_feed/trigger.py", "documents: func.DocumentList", "document: func.DocumentList"),
    ],
    ids=["http", "change feed"],
)
async def test_a_misspelt_parameter_is_refused(
    deployed: Path, served: Application, trigger: str, parameter: str, misspelt: str
) -> None:
    source = (deployed / trigger).read_text()
    assert source.count(parameter) == 1
    (deployed / trigger).write_text(source.replace(parameter, misspelt))

    async with working(deployed, served.settings) as worker:
        assert worker.functions == []
        assert worker.error is not None
        assert "declared in Python but not in the function definition" in worker.error
        assert misspelt.partition(":")[0] in worker.error
