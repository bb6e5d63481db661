#!/bin/sh
# A list of batch operations that is given to azure-cosmos a second time is sent without its conditions.
#
# Behaviour, with azure-cosmos 4.17.1 for Python, sync and async. A small server on loopback plays the service and keeps
# what it is sent. A transactional batch is a replace with `if_match_etag` and a patch with `filter_predicate`. The same
# list goes to `execute_item_batch` twice, as a program sends it again after 429, 449 or a lost connection.
# - The first request has `ifMatch` for the replace and `condition` for the patch.
# - The second has neither: the SDK takes the options out of the dictionaries that it is given. The service then replaces
#   whatever is there, and patches whatever is there: a change of someone else between the two calls is lost, and nothing
#   says so. The list looks the same as before, but for its empty dictionaries.
# Build the list anew for every call, or hand over a deep copy, as the tests of the embedded database do.
#
# Needs Python 3.11 or newer. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check azure-cosmos==4.17.1 aiohttp==3.14.5

cat >twice.py <<'PYTHON'
import asyncio
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from azure.cosmos import CosmosClient
from azure.cosmos.aio import CosmosClient as AsyncCosmosClient

sent = []


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if "/colls/" in self.path:
            key = {"paths": ["/pk"], "kind": "Hash", "version": 2}
            link = "dbs/sVEzAA==/colls/sVEzAJ+1MtQ=/"
            return self.answer({"id": "c", "_rid": "sVEzAJ+1MtQ=", "_self": link, "partitionKey": key})
        place = [{"name": "here", "databaseAccountEndpoint": URL}]
        self.answer({"id": "account", "_rid": "account", "writableLocations": place, "readableLocations": place,
                     "enableMultipleWriteLocations": False, "queryEngineConfiguration": "{}",
                     "userConsistencyPolicy": {"defaultConsistencyLevel": "Strong"}})

    def do_POST(self):
        sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer([{"statusCode": 200, "requestCharge": 1, "eTag": '"2"', "resourceBody": {}} for _ in sent[-1]])

    def answer(self, body):
        data = json.dumps(body).encode()
        self.send_response(200)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)),
                            "x-ms-request-charge": "1", "x-ms-session-token": "0:-1#1"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def operations():
    return [
        ("replace", ("1", {"id": "1", "pk": "p", "hours": 8}), {"if_match_etag": '"1"'}),
        ("patch", ("2", [{"op": "incr", "path": "/n", "value": 1}]), {"filter_predicate": "from c where c.open"}),
    ]


def shown(kind):
    for name, request in zip(("first", "second"), sent, strict=True):
        replace, patch = request
        print(kind, name, replace.get("ifMatch"), patch["resourceBody"].get("condition"))
    sent.clear()


def one_by_one():
    batch = operations()
    with CosmosClient(URL, "a2V5") as client:
        container = client.get_database_client("d").get_container_client("c")
        for _ in range(2):
            container.execute_item_batch(batch, "p")
    shown("sync")
    print("left", batch[0][2], batch[1][2])


async def at_once():
    batch = operations()
    async with AsyncCosmosClient(URL, "a2V5") as client:
        container = client.get_database_client("d").get_container_client("c")
        for _ in range(2):
            await container.execute_item_batch(batch, "p")
    shown("async")


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
URL = f"http://127.0.0.1:{server.server_port}/"
Thread(target=server.serve_forever, daemon=True).start()
one_by_one()
asyncio.run(at_once())
PYTHON
env/bin/python twice.py >seen
cat >expected <<'TEXT'
sync first "1" from c where c.open
sync second None None
left {} {}
async first "1" from c where c.open
async second None None
TEXT
cat seen
diff expected seen
