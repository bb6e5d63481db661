#!/bin/sh
# How many rows of an ORDER BY over two properties JavaScript's SDK of Cosmos DB finds when each page is a call of its own,
# resumed from the continuation token of the page before, as a web API has its pages.
#
# Behaviour, with @azure/cosmos 4.10.1 and `enableQueryControl`, with which ORDER BY has continuation tokens:
# - By two properties most rows are lost, without an error. To resume behind (day 1, number 5), the SDK asks for
#   `c.day >= 1 AND c.number >= 5`: of every later day, it never sees the numbers below 5.
# - By one property all rows come, and so they do by two, in one iteration without a token.
# A small server on loopback plays the service: it answers the SDK's queries over 24 rows, by the condition that they have.
# The embedded database takes such a query with its token, and gives what it asks for, as the service does.
#
# Needs Node.js 20 or newer, and npm. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund @azure/cosmos@4.10.1

cat >pages.js <<'JS'
import http from "node:http";
import { CosmosClient } from "@azure/cosmos";

// Six days of four numbers, which are another order on each day.
const rows = Array.from({ length: 24 }, (_, at) => ({ day: Math.floor(at / 4), number: (at * 7) % 10 }));
const everything = [{ min: "", max: "FF", isMinInclusive: true, isMaxInclusive: false }];
const FILTER = "{documentdb-formattableorderbyquery-filter}";
const plan = (names) => ({
  partitionedQueryExecutionInfoVersion: 2,
  queryRanges: everything,
  queryInfo: {
    distinctType: "None", top: null, offset: null, limit: null, aggregates: [], groupByExpressions: [], groupByAliases: [],
    groupByAliasToAggregateType: {}, hasSelectValue: false, dCountInfo: null, hasNonStreamingOrderBy: false,
    orderBy: names.map(() => "Ascending"), orderByExpressions: names.map((name) => `c.${name}`),
    rewrittenQuery:
      `SELECT c._rid, [${names.map((name) => `{"item": c.${name}}`)}] AS orderByItems, c AS payload\nFROM c\n` +
      `WHERE (${FILTER})\nORDER BY ${names.map((name) => `c.${name}`).join(", ")}`,
  },
});
const named = (query) => [.../ORDER BY (.*)$/.exec(query)[1].matchAll(/c\.(\w+)/g)].map((found) => found[1]);
// The resource id of a row: 16 bytes, the last eight of which are its number from 1 on.
const rid = (at) => Buffer.from([10, 20, 30, 40, 128, 0, 0, 1, at + 1, 0, 0, 0, 0, 0, 0, 0]).toString("base64");
const asked = [];

/** What the service gives: the rows that the condition lets through, in order, behind the token's row. */
function answer(query, token, size) {
  const names = named(query);
  const condition = /\nWHERE \((.*)\)\n/s.exec(query)[1];
  if (condition !== "true") asked.push(condition);
  const tests = [...condition.matchAll(/c\.(\w+) >= (\d+)/g)].map(([, name, least]) => (row) => row[name] >= Number(least));
  const items = (row) => names.map((name) => ({ item: row[name] }));
  const compare = (a, b) => a.reduce((found, value, n) => found || value - b[n], 0);
  const found = rows
    .map((row, at) => ({ row, at, place: [...names.map((name) => row[name]), at] }))
    .filter(({ row }) => tests.every((test) => test(row)))
    .sort((a, b) => compare(a.place, b.place))
    .filter(({ place }) => !token || compare(place, JSON.parse(token)) > 0);
  const page = found.slice(0, size);
  return {
    page: page.map(({ row, at }) => ({ _rid: rid(at), orderByItems: items(row), payload: row })),
    next: page.length < found.length ? { "x-ms-continuation": JSON.stringify(page.at(-1).place) } : {},
  };
}

const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (part) => (body += part));
  request.on("end", () => {
    const send = (status, value, headers = {}) => {
      response.writeHead(status, { "Content-Type": "application/json", "x-ms-request-charge": "1", ...headers });
      response.end(JSON.stringify(value));
    };
    const ofContainer = "sVEzAJ+1MtQ=";
    if (request.method === "POST") {
      const { query } = JSON.parse(body);
      const given = request.headers;
      if (given["x-ms-documentdb-partitionkeyrangeid"] !== "0") return send(200, plan(named(query)));
      const { page, next } = answer(query, given["x-ms-continuation"], Number(given["x-ms-max-item-count"]));
      return send(200, { _rid: ofContainer, Documents: page, _count: page.length }, next);
    }
    if (request.url.includes("pkranges")) {
      const only = { id: "0", minInclusive: "", maxExclusive: "FF", parents: [] };
      return send(200, { _rid: ofContainer, PartitionKeyRanges: [only], _count: 1 }, { etag: "1" });
    }
    if (request.url.includes("/colls/")) {
      return send(200, { id: "c", _rid: ofContainer, partitionKey: { paths: ["/pk"], kind: "Hash", version: 2 } });
    }
    const place = [{ name: "here", databaseAccountEndpoint: url }];
    send(200, {
      id: "account", _rid: "account", writableLocations: place, readableLocations: place, queryEngineConfiguration: "{}",
      enableMultipleWriteLocations: false, userConsistencyPolicy: { defaultConsistencyLevel: "Session" },
    });
  });
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const url = `http://127.0.0.1:${server.address().port}/`;
const container = new CosmosClient({ endpoint: url, key: "a2V5" }).database("d").container("c");

for (const order of ["c.day", "c.day, c.number"]) {
  const query = `SELECT * FROM c ORDER BY ${order}`;
  const options = { maxItemCount: 6, enableQueryControl: true };
  const whole = [];
  for (const iterator = container.items.query(query, options); iterator.hasMoreResults(); ) {
    whole.push(...((await iterator.fetchNext()).resources ?? []));
  }
  const found = [];
  let continuationToken;
  asked.length = 0;
  do {
    const page = await container.items.query(query, { ...options, continuationToken }).fetchNext();
    found.push(...(page.resources ?? []));
    continuationToken = page.continuationToken;
  } while (continuationToken);
  console.log(order, "| in one iteration:", whole.length, "| page by page:", found.length, "| first asked for:", asked[0]);
}
process.exit(0);
JS
node pages.js | tee seen

cat >expected <<'TXT'
c.day | in one iteration: 24 | page by page: 24 | first asked for: (c.day >= 1)
c.day, c.number | in one iteration: 24 | page by page: 13 | first asked for: (c.day >= 1 AND c.number >= 5)
TXT
if diff expected seen; then echo "As described."; else echo "This has changed."; exit 1; fi
