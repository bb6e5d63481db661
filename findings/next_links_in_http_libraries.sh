#!/bin/sh
# What HTTP libraries make of a list's `Link` to its next page, `<?limit=2&cursor=abc>; rel="next"`, a relative reference
# (RFC 8288), for a program that reads page after page.
#
# Behaviour, with requests 2.34.2, httpx 0.28.1, aiohttp 3.14.5, axios 1.21.1, got 14.6.6, ky 1.14.3 and ofetch 1.5.1:
# - Where the client or the call has parameters of its own, httpx, got and ky put them in place of the whole query of the
#   address. The cursor is gone, and what is answered is the first page again: a loop that follows the link never ends. In
#   httpx, `params={}` is enough. requests, aiohttp and axios add them, so that `limit` is there twice; ofetch puts them
#   beside what is there.
# - Where the client has a base address, httpx, axios, ky and ofetch append the reference to it, and ask another path.
#   requests refuses it as no address, though `links` has it so. aiohttp's `links` and got's `paginate` resolve it.
# So resolve the link against the address that was asked (`urljoin`, `new URL`), and give no parameters with it.
#
# Needs Python 3.11 or newer, Node.js 20 or newer, and npm. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund axios@1.21.1 got@14.6.6 ky@1.14.3 ofetch@1.5.1

cat >follow.py <<'PYTHON'
import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiohttp
import httpx
import requests

asked = []


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        self.send_response(200)
        self.send_header("Link", '<?limit=2&cursor=abc>; rel="next"')
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}/api"
first, following = f"{base}/entries?limit=2", f"{base}/entries?limit=2&cursor=abc"


def show(name, follow):
    try:
        follow()
        print(name, asked[-1])
    except requests.exceptions.MissingSchema as error:
        print(name, type(error).__name__)


async def of_aiohttp(params):
    async with aiohttp.ClientSession() as session:
        await session.get(following, params=params)


async def linked_in_aiohttp():
    async with aiohttp.ClientSession() as session:
        answer = await session.get(first)
        await session.get(answer.links["next"]["url"])


def linked(client, path):
    client.get(client.get(path).links["next"]["url"])


show("params requests", lambda: requests.get(following, params={"limit": 2}))
show("params aiohttp", lambda: asyncio.run(of_aiohttp({"limit": 2})))
show("params httpx", lambda: httpx.get(following, params={"limit": 2}))
show("params httpx, of the client", lambda: httpx.Client(params={"timezone": "UTC"}).get(following))
show("params httpx, none", lambda: httpx.get(following, params={}))
show("link requests", lambda: linked(requests, first))
show("link aiohttp", lambda: asyncio.run(linked_in_aiohttp()))
show("link httpx", lambda: linked(httpx.Client(base_url=base), "entries?limit=2"))
PYTHON
cat >follow.js <<'JS'
import { createServer } from "node:http";
import axios from "axios";
import got from "got";
import ky from "ky";
import { ofetch } from "ofetch";

const asked = [];
const server = createServer((request, answer) => {
  asked.push(request.url);
  const headers = request.url.includes("cursor") ? {} : { Link: '<?limit=2&cursor=abc>; rel="next"' };
  answer.writeHead(200, { "Content-Type": "application/json", ...headers }).end("[]");
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const base = `http://127.0.0.1:${server.address().port}/api`;
const following = `${base}/entries?limit=2&cursor=abc`;
const link = "?limit=2&cursor=abc";
const follow = {
  "params axios": () => axios.get(following, { params: { limit: 2 } }),
  "params got": () => got(following, { searchParams: { limit: 2 } }),
  "params got, of the client": () => got.extend({ searchParams: { timezone: "UTC" } })(following),
  "params ky": () => ky(following, { searchParams: { limit: 2 } }),
  "params ky, of the client": () => ky.create({ searchParams: { timezone: "UTC" } })(following),
  "params ofetch": () => ofetch(following, { query: { limit: 2 } }),
  "link axios": () => axios.create({ baseURL: base }).get(link),
  "link got": () => got.paginate.all("entries", { prefixUrl: base, searchParams: { limit: 2 }, responseType: "json" }),
  "link ky": () => ky.create({ prefixUrl: base }).get(link),
  "link ofetch": () => ofetch.create({ baseURL: base })(link),
};
for (const [name, call] of Object.entries(follow)) {
  await call();
  console.log(name, asked.at(-1));
}
server.close();
JS
{
    env/bin/python -W ignore follow.py
    node follow.js
} | tee found

cat >expected <<'TEXT'
params requests /api/entries?limit=2&cursor=abc&limit=2
params aiohttp /api/entries?limit=2&cursor=abc&limit=2
params httpx /api/entries?limit=2
params httpx, of the client /api/entries?timezone=UTC
params httpx, none /api/entries
link requests MissingSchema
link aiohttp /api/entries?limit=2&cursor=abc
link httpx /api/?limit=2&cursor=abc
params axios /api/entries?limit=2&cursor=abc&limit=2
params got /api/entries?limit=2
params got, of the client /api/entries?timezone=UTC
params ky /api/entries?limit=2
params ky, of the client /api/entries?timezone=UTC
params ofetch /api/entries?limit=2&cursor=abc
link axios /api/?limit=2&cursor=abc
link got /api/entries?limit=2&cursor=abc
link ky /api/?limit=2&cursor=abc
link ofetch /api/?limit=2&cursor=abc
TEXT
cmp expected found
echo "As described."
