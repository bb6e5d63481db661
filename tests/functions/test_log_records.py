"""What a hot call writes to the log where it is set up as the Functions worker does: nothing."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from shared.logs import SDK_LOGGERS
from tests.functions.test_cold_start import report_of
from tests.world import World

# The worker gives the root logger a handler of its own and the level INFO, then indexes the app.
WORKER = """
import asyncio, json, logging, sys
records = []
class Handler(logging.Handler):
    def emit(self, record):
        records.append(f"{record.levelname} {record.name}")
logging.getLogger().addHandler(Handler())
logging.getLogger().setLevel(logging.INFO)
import azure.functions as func
import function_app
functions = {each.get_function_name(): each.get_user_function() for each in function_app.app.get_functions()}
token, calls, loggers = json.loads(sys.argv[1])
async def run():
    answers = []
    for method, resource, path, params, body in calls:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        body = b"" if body is None else json.dumps(body).encode()
        headers["Content-Length"] = str(len(body))
        request = func.HttpRequest(
            method, "/", headers=headers, params=params, route_params={"path": path}, body=body
        )
        records.clear()
        answer = await functions[resource](request)
        answers.append([f"{method} {resource} {path}", answer.status_code, list(records)])
    return answers
report = {
    "answers": asyncio.run(run()),
    "loud": [name for name in loggers if logging.getLogger(name).isEnabledFor(logging.INFO)],
    "functions_loud": logging.getLogger("azure.functions").isEnabledFor(logging.INFO),
}
"""


async def test_a_hot_call_writes_no_record(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    start = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    end = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    entries = "http_time_entries"
    calls: list[tuple[str, str, str, dict[str, str], Any]] = [
        ("GET", entries, "running", {}, None),
        ("POST", entries, "", {}, world.references),
        ("GET", entries, "running", {}, None),
        ("POST", entries, "", {}, {**world.references, "start_date": start, "end_date": end}),
        ("GET", entries, "", {}, None),
        ("GET", entries, entry["id"], {}, None),
        ("PUT", entries, entry["id"], {}, {"description": "x"}),
        ("GET", entries, "summary", {"time_offset": "300"}, None),
        ("GET", entries, "latest", {}, None),
        ("GET", entries, "paginated", {"start": "0", "length": "10"}, None),
        ("DELETE", entries, entry["id"], {}, None),
        ("GET", "http_projects", "", {}, None),
        ("GET", "http_projects", "recent", {}, None),
        ("GET", "http_customers", "", {}, None),
        ("GET", "http_users", "", {}, None),
        ("GET", "http_feature_toggles", "", {}, None),
        ("GET", entries, str(uuid4()), {}, None),
    ]

    arguments = json.dumps([world.user.token, calls, SDK_LOGGERS])
    report = report_of(WORKER, arguments, **world.app.settings)

    answers: Any = report["answers"]
    assert [(call, status) for call, status, _ in answers if status >= 400] == [(f"GET {entries} {calls[-1][2]}", 404)]
    assert [(call, records) for call, _, records in answers if records] == []
    assert report["loud"] == []
    assert report["functions_loud"]
