"""What a fresh process imports: to be indexed, and to give its first answer. The rest is imported when it is needed."""

import asyncio
import json
import subprocess
import sys
from uuid import uuid4

import pytest

from benchmarks.recording import recording
from local.demo_tokens import token
from tests.application import ROOT, Application
from tests.auth.key_server import key_server, signed

IMPORT = """
import gc, json, sys
import function_app
functions = {each.get_function_name(): each.get_user_function() for each in function_app.app.get_functions()}
report = {"imported": list(sys.modules), "frozen": gc.get_freeze_count(), "collecting": gc.isenabled()}
"""
ANSWER = """
import asyncio, os
import azure.functions as func
headers = {"Authorization": f"Bearer {sys.argv[1]}"}
request = func.HttpRequest("GET", "/", headers=headers, route_params={"path": "running"}, body=b"")
report["status"] = asyncio.run(functions["http_time_entries"](request)).status_code
report |= {"imported": list(sys.modules), "frozen": gc.get_freeze_count(), "collecting": gc.isenabled()}
"""
# Each takes milliseconds to import, or megabytes.
NOT_FOR_READING = {
    "apispec", "azure.appconfiguration", "azure.identity", "featuremanagement", "msal", "swagger_ui_bundle", "tenacity",
}  # fmt: skip
OUR_OWN_FOR_OTHERS = {
    "functions.http_customers.routes", "functions.http_docs.routes", "functions.http_openapi.document",
    "functions.http_events.routes", "functions.http_feature_toggles.routes", "functions.http_health.routes",
    "functions.http_projects.routes", "functions.http_users.routes",
    "shared.catalog.schemas", "shared.events.delivery", "shared.flags.evaluation", "shared.flags.feature_flags",
    "shared.http.openapi.document", "shared.users.file_directory", "shared.users.graph.client",
    "shared.users.graph.directory", "shared.webhooks.deliveries",
}  # fmt: skip
NOT_FOR_INDEXING = {
    "aiohttp", "async_lru", "cryptography", "jwt", "marshmallow", "shared.http.dispatch",
    "functions.http_time_entries.routes",
}  # fmt: skip


def report_of(code: str, *arguments: str, **environment: str) -> dict[str, object]:
    """What a process of its own prints, which has nothing in its environment but this."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own code
        [sys.executable, "-c", f"{code}\nprint(json.dumps(report), flush=True)\nimport os\nos._exit(0)", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, object] = json.loads(done.stdout)
    return report


def imported(report: dict[str, object]) -> set[str]:
    modules = report["imported"]
    assert isinstance(modules, list)
    return set(modules)


@pytest.fixture(scope="module")
def indexed() -> dict[str, object]:
    return report_of(IMPORT)


def test_what_is_late_is_there() -> None:
    """A name that is misspelt above, or gone, would hold nothing."""
    found = report_of(
        "import importlib, json, sys\n"
        "[importlib.import_module(name) for name in sys.argv[1:]]\n"
        "report = {'imported': list(sys.modules)}",
        *NOT_FOR_READING,
        *OUR_OWN_FOR_OTHERS,
        *NOT_FOR_INDEXING,
    )

    assert imported(found) >= NOT_FOR_READING | OUR_OWN_FOR_OTHERS | NOT_FOR_INDEXING


def test_nothing_but_the_triggers_and_the_database_is_imported_at_once(indexed: dict[str, object]) -> None:
    assert sorted(imported(indexed) & (NOT_FOR_INDEXING | NOT_FOR_READING | OUR_OWN_FOR_OTHERS)) == []


def test_what_every_call_needs_is_imported_at_once(indexed: dict[str, object]) -> None:
    assert imported(indexed) >= {"azure.functions", "azure.cosmos.aio", "shared.clients"}


@pytest.fixture(scope="module")
def answered(app: Application) -> dict[str, object]:
    bearer = token(str(uuid4()), "ada@example.com", "Ada", tenant_id=str(uuid4()))
    return report_of(IMPORT + ANSWER, bearer, **app.settings)


def test_the_first_answer_imports_what_it_is_asked_for(answered: dict[str, object]) -> None:
    assert answered["status"] == 204
    assert imported(answered) >= NOT_FOR_INDEXING
    assert sorted(imported(answered) & (NOT_FOR_READING | OUR_OWN_FOR_OTHERS)) == []


async def test_the_database_is_opened_beside_the_fetch_of_the_issuers_keys(app: Application) -> None:
    """While the key server has not answered, the container is read, and the call itself does not read it again."""
    container = f"GET /dbs/{app.settings['COSMOS_DATABASE']}/colls/time_entry"
    async with key_server() as issuer, recording(app.settings["COSMOS_ENDPOINT"]) as recorder:
        issuer.answers.clear()
        settings = {**app.settings, **issuer.settings, "COSMOS_ENDPOINT": recorder.url}
        answering = asyncio.create_task(asyncio.to_thread(report_of, IMPORT + ANSWER, signed(), **settings))
        async with asyncio.timeout(60):
            while container not in [request.rstrip("/") for request in recorder.requests]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        opened = len(recorder.requests)
        issuer.answers.set()

        assert (await answering)["status"] == 204
        after = [request.rstrip("/") for request in recorder.requests[opened:]]
        assert f"{container}/docs/timeline" in after
        assert container not in after


def test_the_garbage_collector_is_spared_what_stays_and_works_again(
    indexed: dict[str, object], answered: dict[str, object]
) -> None:
    assert indexed["collecting"]
    assert answered["collecting"]
    at_once, with_the_first_call = int(str(indexed["frozen"])), int(str(answered["frozen"]))
    assert at_once > 10_000
    assert with_the_first_call > at_once + 10_000
