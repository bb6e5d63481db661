#!/bin/sh
# What two SDKs of Cosmos DB lose when they merge the answers of several physical partitions. A container has one at first
# and gets more as it grows: then the same query gives other values, without an error.
#
# Behaviour, with @azure/cosmos 4.10.1 for JavaScript and azure-cosmos 4.17.1 for Python. A small server on loopback plays
# the service: two physical partitions, the query plan, and for each partition what its items give.
# - `SELECT DISTINCT VALUE`: JavaScript loses 0, false, the empty text and null. Python loses null, and takes false for 0 and
#   true for 1, so that of each pair the one that comes first stays. So it does in `SELECT DISTINCT c.v`.
# - `SELECT TOP 10 VALUE` and `OFFSET 0 LIMIT 10`: Python loses null. JavaScript keeps it.
# - `SUM`: with a value that is not a number there is no result. If that value is in another partition, Python gives the sum
#   of the other partitions all the same, and so does JavaScript where it is the sum of a group.
# - `ORDER BY`: where one partition has null and another a number, both end with an error.
# The embedded database serves one range by itself, with every value, and leaves the merging of several to the client, as
# the service does.
#
# Needs Python 3.11 or newer, Node.js 20 or newer, and npm. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check azure-cosmos==4.17.1
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund @azure/cosmos@4.10.1

cat >service.py <<'PYTHON'
"""Serves one container of two physical partitions, runs the command that it is given, and ends."""

import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

PLAIN = {"distinctType": "None", "top": None, "offset": None, "limit": None, "orderBy": [], "orderByExpressions": [],
         "groupByExpressions": [], "groupByAliases": [], "aggregates": [], "groupByAliasToAggregateType": {},
         "rewrittenQuery": "", "hasSelectValue": True, "dCountInfo": None, "hasNonStreamingOrderBy": False}
VALUES = [[0, False, "", "a"], [1, True, None, "a"]]
FILTER = "{documentdb-formattableorderbyquery-filter}"
ORDERED = f'SELECT c._rid, [{{"item": c.v}}] AS orderByItems, c.v AS payload FROM c WHERE ({FILTER}) ORDER BY c.v'
GROUPED = 'SELECT [{"item": c.g}] AS groupByItems, {"g": c.g, "s": {"item": SUM(c.v)}} AS payload FROM c GROUP BY c.g'
SUMMED = 'SELECT VALUE [{"item": SUM(c.v)}] FROM c'
# A query: what its plan has, and the answer of each partition.
QUERIES = {
    "SELECT DISTINCT VALUE c.v FROM c": ({"distinctType": "Unordered"}, VALUES),
    "SELECT DISTINCT c.v FROM c": (
        {"distinctType": "Unordered", "hasSelectValue": False}, [[{"v": value} for value in part] for part in VALUES]),
    "SELECT TOP 10 VALUE c.v FROM c": ({"top": 10}, VALUES),
    "SELECT VALUE c.v FROM c OFFSET 0 LIMIT 10": (
        {"offset": 0, "limit": 10, "rewrittenQuery": "SELECT VALUE c.v FROM c OFFSET 0 LIMIT 10"}, VALUES),
    "SELECT VALUE SUM(c.v) FROM c": (
        {"aggregates": ["Sum"], "rewrittenQuery": SUMMED}, [[[{"item": 5}]], [[{}]]]),
    "SELECT c.g, SUM(c.v) AS s FROM c GROUP BY c.g": (
        {"groupByExpressions": ["c.g"], "groupByAliases": ["g", "s"], "hasSelectValue": False,
         "groupByAliasToAggregateType": {"g": None, "s": "Sum"}, "rewrittenQuery": GROUPED},
        [[{"groupByItems": [{"item": "a"}], "payload": {"g": "a", "s": sum_}}] for sum_ in ({"item": 5}, {})]),
    "SELECT VALUE c.v FROM c ORDER BY c.v": (
        {"orderBy": ["Ascending"], "orderByExpressions": ["c.v"], "rewrittenQuery": ORDERED},
        [[{"_rid": f"{part}AAAALAAAAAAAAAAAAAAA==", "orderByItems": [{"item": value}], "payload": value}]
         for part, value in enumerate((None, 7))]),
}
RANGES = [("0", "", "1FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"), ("1", "1FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "FF")]


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path.rstrip("/").endswith("pkranges"):
            named = [{"id": id_, "minInclusive": low, "maxExclusive": high, "parents": []} for id_, low, high in RANGES]
            if self.headers.get("If-None-Match"):
                self.answer(304, None)
            else:
                self.answer(200, {"_rid": "AAAA", "PartitionKeyRanges": named, "_count": 2}, etag='"1"')
        elif "/colls/" in self.path:
            key = {"paths": ["/pk"], "kind": "Hash", "version": 2}
            link = "dbs/sVEzAA==/colls/sVEzAJ+1MtQ=/"
            self.answer(200, {"id": "c", "_rid": "sVEzAJ+1MtQ=", "_self": link, "partitionKey": key})
        else:
            place = [{"name": "here", "databaseAccountEndpoint": URL}]
            self.answer(200, {"id": "account", "_rid": "account", "writableLocations": place, "readableLocations": place,
                              "enableMultipleWriteLocations": False, "queryEngineConfiguration": "{}",
                              "userConsistencyPolicy": {"defaultConsistencyLevel": "Session"}})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["query"]
        for query, (plan, answers) in QUERIES.items():
            if asked in (query, plan.get("rewrittenQuery", "").replace(FILTER, "true")):
                break
        else:
            return self.answer(400, {"code": "BadRequest", "message": asked})
        everything = [{"min": "", "max": "FF", "isMinInclusive": True, "isMaxInclusive": False}]
        plan = {"partitionedQueryExecutionInfoVersion": 2, "queryInfo": PLAIN | plan, "queryRanges": everything}
        if self.headers.get("x-ms-cosmos-is-query-plan-request", "").lower() == "true":
            offered = self.headers.get("x-ms-cosmos-supported-query-features", "")
            if plan["queryInfo"]["groupByExpressions"] and "GroupBy" not in offered:
                self.answer(400, {"code": "BadRequest", "message": "The client does not support GROUP BY."})
            else:
                self.answer(200, plan)
        elif (part := self.headers.get("x-ms-documentdb-partitionkeyrangeid")) in ("0", "1"):
            rows = answers[int(part)]
            self.answer(200, {"_rid": "sVEzAJ+1MtQ=", "Documents": rows, "_count": len(rows)})
        else:
            message = "The provided cross partition query can not be directly served by the gateway."
            error = {"code": "BadRequest", "message": message, "additionalErrorInfo": json.dumps(plan)}
            self.answer(400, error, **{"x-ms-substatus": "1004"})

    def answer(self, status, body, **headers):
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": len(data), "x-ms-request-charge": "1",
                            "x-ms-session-token": "0:-1#1", **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
URL = f"http://127.0.0.1:{server.server_port}/"
Thread(target=server.serve_forever, daemon=True).start()
if sys.argv[1:] == ["queries"]:
    print(json.dumps(list(QUERIES)))
else:
    sys.exit(subprocess.run(sys.argv[1:], env=os.environ | {"URL": URL}).returncode)
PYTHON
cat >ask.py <<'PYTHON'
import json
import os
from azure.cosmos import CosmosClient
from azure.cosmos.exceptions import CosmosHttpResponseError

container = CosmosClient(os.environ["URL"], "a2V5").get_database_client("d").get_container_client("c")
for query in json.load(open("queries.json")):
    try:
        found = list(container.query_items(query, enable_cross_partition_query=True))
    except ValueError as error:
        found = str(error)
    except CosmosHttpResponseError:
        found = "refused"
    print("python", query, json.dumps(found, separators=(",", ":")))
PYTHON
cat >ask.js <<'JS'
import fs from "node:fs";
import { CosmosClient } from "@azure/cosmos";

const client = new CosmosClient({ endpoint: process.env.URL, key: "a2V5" });
const container = client.database("d").container("c");
for (const query of JSON.parse(fs.readFileSync("queries.json", "utf8"))) {
  let found;
  try {
    found = (await container.items.query(query, { maxDegreeOfParallelism: 1 }).fetchAll()).resources;
  } catch (error) {
    found = error.message;
  }
  console.log("javascript", query, JSON.stringify(found));
}
process.exit(0);
JS
env/bin/python service.py queries >queries.json
{
    env/bin/python service.py env/bin/python ask.py
    env/bin/python service.py node ask.js
} | tee seen

cat >expected <<'TXT'
python SELECT DISTINCT VALUE c.v FROM c [0,"","a",1]
python SELECT DISTINCT c.v FROM c [{"v":0},{"v":""},{"v":"a"},{"v":1},{"v":null}]
python SELECT TOP 10 VALUE c.v FROM c [0,false,"","a",1,true,"a"]
python SELECT VALUE c.v FROM c OFFSET 0 LIMIT 10 [0,false,"","a",1,true,"a"]
python SELECT VALUE SUM(c.v) FROM c [5]
python SELECT c.g, SUM(c.v) AS s FROM c GROUP BY c.g "refused"
python SELECT VALUE c.v FROM c ORDER BY c.v "Expected Number, but got Null."
javascript SELECT DISTINCT VALUE c.v FROM c ["a",1,true]
javascript SELECT DISTINCT c.v FROM c [{"v":0},{"v":false},{"v":""},{"v":"a"},{"v":1},{"v":true},{"v":null}]
javascript SELECT TOP 10 VALUE c.v FROM c [0,false,"","a",1,true,null,"a"]
javascript SELECT VALUE c.v FROM c OFFSET 0 LIMIT 10 [0,false,"","a",1,true,null,"a"]
javascript SELECT VALUE SUM(c.v) FROM c []
javascript SELECT c.g, SUM(c.v) AS s FROM c GROUP BY c.g [{"g":"a","s":5}]
javascript SELECT VALUE c.v FROM c ORDER BY c.v "unrecognizable type object"
TXT
if diff expected seen; then echo "As described."; else echo "This has changed."; exit 1; fi
