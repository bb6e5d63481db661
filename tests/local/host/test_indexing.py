"""An app that Azure would not index is refused at once, with the reason; in Azure it would just answer 404."""

import inspect
from pathlib import Path

import pytest

from local.host.errors import HostError
from local.host.host import Host

HEAD = """
import functools
from typing import TYPE_CHECKING
import azure.functions as func

if TYPE_CHECKING:
    from decimal import Decimal

app = func.FunctionApp()
answer = func.HttpResponse("")
"""
FEED = """
@app.cosmos_db_trigger(
    arg_name="docs", connection="FEED", database_name="db", container_name="c", **{options})
def watch(docs): ...
"""

REFUSED = {
    "two apps": ("other = func.FunctionApp()", "exactly one FunctionApp .* binds app, other"),
    "two names for one app": ("alias = app", "exactly one FunctionApp .* binds app, alias"),
    "no app": ("del app", "binds none"),
    "no function": ("", "declares no function"),
    "no trigger": ("@app.function_name('f')\ndef f(): ...", "does not have a trigger"),
    "the same name twice": (
        "@app.route()\ndef f(req): ...\n@app.function_name('f')\n@app.route()\ndef g(req): ...",
        "not have a unique",
    ),
    "names that differ in case only": (
        "@app.route(route='a')\ndef f(req): ...\n@app.function_name('F')\n@app.route(route='b')\ndef g(req): ...",
        "two functions have this name",
    ),
    "a name that is none": ("@app.function_name('1st')\n@app.route()\ndef f(req): ...", "'1st' is no function name"),
    "a parameter without a binding": ("@app.route()\ndef f(req, extra): ...", "belong to no binding: extra"),
    "a binding without a parameter": ("@app.route()\ndef f(request): ...", "belong to no binding: request"),
    "no parameter at all": ("@app.route()\ndef f(): ...", "bound to 'req', which the handler does not take"),
    "another signature behind a wrapper": (
        "def inner(request): ...\n@app.route()\n@functools.wraps(inner)\ndef f(req): ...",
        "belong to no binding: request",
    ),
    "a type that only the checker knows": (
        "@app.route()\ndef f(req: 'Decimal'): ...",
        "annotations cannot be read .*Decimal",
    ),
    "a request of another type": ("@app.route()\ndef f(req: dict): ...", "req must be annotated as HttpRequest"),
    "an answer of another type": ("@app.route()\ndef f(req) -> dict: ...", "must return an HttpResponse"),
    "a route that Azure keeps": ("@app.route(route='admin/x')\ndef f(req): ...", "may not start with admin"),
    "a route that this host can't serve": ("@app.route(route='{a}-{b}')\ndef f(req): ...", "does not support the segm"),
    "a constraint that this host lacks": ("@app.route(route='{a:max(3)}')\ndef f(req): ...", "the constraint 'max"),
    "a parameter that could be anything": ("@app.route(route='{*a}/b')\ndef f(req): ...", "only the last segment"),
    "an output binding": (
        "@app.route()\n@app.cosmos_db_output('out', 'FEED', 'db', 'c')\ndef f(req, out): ...",
        r"does not support the binding cosmosDB \(out\)",
    ),
    "another trigger": (
        "@app.queue_trigger(arg_name='m', queue_name='q', connection='FEED')\ndef f(m): ...",
        "does not support the binding queueTrigger",
    ),
    "a start from a time": (
        FEED.format(options="{'start_from_time': '2026-01-01T00:00:00Z'}"),
        "watch: the extension refuses start_from_time",
    ),
    "a setting that is missing": (
        FEED.format(options="{'lease_container_name': '%NONE%'}"),
        "watch: the app setting NONE is missing",
    ),
    "a connection that is none": (FEED.format(options="{}"), "watch: the app setting FEED must be a connection string"),
    "a batch of nothing": (FEED.format(options="{'max_items_per_invocation': 0}"), "whole number above 0"),
    "a retry policy without a delay": (
        "@app.retry(strategy='fixed_delay', max_retry_count='3')" + FEED.format(options="{}"),
        "watch: retry policy: delay_interval must be a time as hh:mm:ss, not None",
    ),
    "a retry policy of no kind": (
        "@app.retry(strategy='often', max_retry_count='3')" + FEED.format(options="{}"),
        "fixed_delay or exponential_backoff",
    ),
}


def write_app(folder: Path, body: str, host_json: str = '{"version": "2.0"}') -> Path:
    (folder / "function_app.py").write_text(HEAD + inspect.cleandoc(body) + "\n")
    (folder / "host.json").write_text(host_json)
    return folder


@pytest.mark.logs_errors
@pytest.mark.parametrize(
    ("body", "reason"),
    [("1 / 0", "ZeroDivisionError"), ("app.function_name('f')(app.route()(functools.partial(print)))", "")],
    ids=["an exception", "a partial"],
)
async def test_refuses_what_cannot_be_imported_and_logs_why(tmp_path: Path, body: str, reason: str) -> None:
    with pytest.raises(HostError, match=f"cannot be imported: {reason}"):
        await Host.load(write_app(tmp_path, body), {})


@pytest.mark.parametrize(("body", "reason"), REFUSED.values(), ids=REFUSED)
async def test_refuses(tmp_path: Path, body: str, reason: str) -> None:
    with pytest.raises(HostError, match=f"(?s){reason}"):
        await Host.load(write_app(tmp_path, body), {})


@pytest.mark.parametrize(
    ("host_json", "reason"),
    [("{", "host.json is not valid JSON"), ("[]", "one JSON object"), ('{"version": "1.0"}', '"version": "2.0"')],
)
async def test_refuses_a_host_json_that_azure_would_refuse(tmp_path: Path, host_json: str, reason: str) -> None:
    with pytest.raises(HostError, match=reason):
        await Host.load(write_app(tmp_path, "@app.route()\ndef f(req): ...", host_json), {})


async def test_refuses_a_folder_without_an_app(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    with pytest.raises(HostError, match=r"holds no function_app\.py"):
        await Host.load(tmp_path, {})


async def test_an_app_may_be_loaded_again_and_again(tmp_path: Path) -> None:
    folder = write_app(tmp_path, "@app.route()\ndef f(req): ...")
    for _ in range(2):
        assert [function.name for function in (await Host.load(folder, {})).functions] == ["f"]


async def test_one_handler_may_be_registered_for_several_containers(tmp_path: Path) -> None:
    body = """
for container in ("a", "b"):
    def handle(docs: func.DocumentList) -> None: ...
    app.function_name(f"watch_{container}")(app.cosmos_db_trigger(
        arg_name="docs", connection="FEED", database_name="db", container_name=container)(handle))
"""
    settings = {"FEED__accountEndpoint": "http://localhost:1", "COSMOS_KEY": "a2V5"}
    host = await Host.load(write_app(tmp_path, body), settings)
    assert [function.name for function in host.functions] == ["watch_a", "watch_b"]
