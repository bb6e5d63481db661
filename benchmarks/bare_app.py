# ruff: noqa: TID251 - a function app of its own
"""What a cold start is measured against: one function over `azure.functions` and `azure.cosmos.aio`, no more."""

import json
import os

import azure.functions as func
from azure.cosmos.aio import CosmosClient

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.function_name("http_running")
@app.route(route="running")
async def http_running(req: func.HttpRequest) -> func.HttpResponse:
    client = CosmosClient(os.environ["COSMOS_ENDPOINT"], os.environ["COSMOS_KEY"])
    container = client.get_database_client(os.environ["COSMOS_DATABASE"]).get_container_client("time_entry")
    partition = [req.params["tenant_id"], req.params["owner_id"]]
    timeline = await container.read_item("timeline", partition_key=partition)
    return func.HttpResponse(json.dumps(timeline["running"]), mimetype="application/json")
