#!/bin/sh
# What two generators of TypeScript clients make of a body's optional fields.
#
# Behaviour, with openapi-typescript 7.13.0, openapi-fetch 0.17.0, @hey-api/openapi-ts 0.95.0 and TypeScript 5.9.3, strict:
# - A field that is not required but has a `default` becomes one that must be sent in openapi-typescript's types, and stays
#   optional in hey-api's. The OpenAPI document of this API therefore has no `default` in a body.
# - A misspelt optional field compiles with openapi-fetch, which infers the call's type from what it is given. The server
#   drops unknown fields, so that a program loses what it meant to write. hey-api's functions refuse it.
# - An answer 204 beside a 200: openapi-fetch gives undefined, hey-api null, which its type does not say.
#
# Needs Node.js 20.19 or newer, and npm. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund openapi-typescript@7.13.0 openapi-fetch@0.17.0 @hey-api/openapi-ts@0.95.0 \
    typescript@5.9.3 @types/node@20.19.25

cat >document.json <<'JSON'
{"openapi": "3.0.3", "info": {"title": "Things", "version": "1"}, "paths": {"/things": {
  "get": {"operationId": "get-thing", "responses": {
    "200": {"description": "It", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}}},
    "204": {"description": "There is none"}}},
  "post": {"operationId": "make-thing",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}}},
    "responses": {"204": {"description": "Made"}}}}},
 "components": {"schemas": {"Body": {"type": "object", "required": ["name"], "properties": {
   "name": {"type": "string"}, "offset": {"type": "integer", "default": 300}, "note": {"type": "string"}}}}}}
JSON
cat >tsconfig.json <<'JSON'
{"compilerOptions": {"strict": true, "target": "es2022", "module": "nodenext", "types": ["node"], "outDir": "out"}}
JSON
npx openapi-typescript document.json --output things.ts >/dev/null 2>&1
npx openapi-ts --input document.json --output hey-api >/dev/null 2>&1

cat >fetch.ts <<'TS'
import createClient from "openapi-fetch";
import type { paths } from "./things.js";
const api = createClient<paths>({ baseUrl: process.env.URL });
export const without = () => api.POST("/things", { body: { name: "a" } });
export const misspelt = () => api.POST("/things", { body: { name: "a", offset: 1, noet: "b" } });
export const none = async () => (await api.GET("/things")).data;
TS
cat >hey.ts <<'TS'
import { client } from "./hey-api/client.gen.js";
import { getThing, makeThing } from "./hey-api/index.js";
client.setConfig({ baseUrl: process.env.URL });
export const without = () => makeThing({ body: { name: "a" } });
export const misspelt = () => makeThing({ body: { name: "a", offset: 1, noet: "b" } });
export const none = async () => (await getThing()).data;
TS
cat >run.js <<'JS'
import { createServer } from "node:http";
const server = createServer((_, answer) => answer.writeHead(204).end()).listen(0, "127.0.0.1", async () => {
  process.env.URL = `http://127.0.0.1:${server.address().port}`;
  for (const name of ["fetch", "hey"]) console.log(name, "204:", JSON.stringify(await (await import(`./out/${name}.js`)).none()));
  server.close();
});
JS
{
    npx tsc --project . | sed -n 's/^\([a-z]*\)\.ts(\([0-9]*\),.*error \(TS[0-9]*\).*/\1 line \2: \3/p'
    node run.js
} | tee seen

cat >expected <<'TXT'
fetch line 4: TS2322
hey line 5: TS2353
fetch 204: undefined
hey 204: null
TXT
diff expected seen
