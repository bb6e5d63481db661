#!/bin/sh
# Which HTTP libraries send the length of a body that they know, and which send it chunked.
#
# Behaviour, with requests 2.34.2 on urllib3 2.8.0, httpx 0.28.1, aiohttp 3.14.5, ky 1.14.3 and axios 1.21.1:
# - Of one open file, requests, httpx and aiohttp tell the length. urllib3, on which requests is built, does not.
# - requests does not either if the file is empty.
# - ky, and axios with `adapter: "fetch"`, send the same JSON with its length or chunked: whether somebody watches its
#   progress (`onUploadProgress`) decides. axios's own adapter for Node.js tells the length either way.
# Azure Functions hands a chunked body on as empty, which this API refuses with 411. A call that has worked fails once the
# program shows a progress bar, or sends its file by the library below.
#
# Needs Python 3.11 or newer, Node.js 20 or newer, and npm. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 aiohttp==3.14.5
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund ky@1.14.3 axios@1.21.1
echo 'project,start,end' >march.csv
: >empty.csv

cat >send.py <<'PYTHON'
import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiohttp
import httpx
import requests
import urllib3

seen = []


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        length = self.headers["Content-Length"]
        seen.append(self.headers["Transfer-Encoding"] or f"length {length}")
        if length:
            self.rfile.read(int(length))
        else:
            while size := int(self.rfile.readline(), 16):
                self.rfile.read(size + 2)
            self.rfile.readline()
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


async def by_aiohttp(url, file):
    async with aiohttp.ClientSession() as session, session.post(url, data=file) as answer:
        await answer.read()


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
clients = {
    "requests": lambda url, file: requests.post(url, data=file),
    "urllib3": lambda url, file: urllib3.request("POST", url, body=file),
    "httpx": lambda url, file: httpx.post(url, content=file),
    "aiohttp": lambda url, file: asyncio.run(by_aiohttp(url, file)),
}
for name, send in clients.items():
    for path in ("march.csv", "empty.csv"):
        with open(path, "rb") as file:
            send(f"http://127.0.0.1:{server.server_port}/", file)
        print(name, path, seen.pop())
PYTHON
cat >send.js <<'JS'
import { createServer } from "node:http";
import axios from "axios";
import ky from "ky";

let seen;
const server = createServer(async (request, answer) => {
  seen = request.headers["transfer-encoding"] ?? `length ${request.headers["content-length"]}`;
  await request.toArray();
  answer.writeHead(204).end();
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const url = `http://127.0.0.1:${server.address().port}/`;
const body = { description: "Reviewed it" };
const clients = {
  ky: (options) => ky.post(url, { json: body, ...options }),
  "axios fetch": (options) => axios.post(url, body, { adapter: "fetch", ...options }),
  "axios http": (options) => axios.post(url, body, options),
};
for (const [name, send] of Object.entries(clients))
  for (const [how, options] of Object.entries({ plain: {}, watched: { onUploadProgress: () => {} } })) {
    await send(options);
    console.log(name, how, seen);
  }
server.close();
JS
{
    env/bin/python send.py
    node send.js
} | tee found

cat >expected <<'TEXT'
requests march.csv length 18
requests empty.csv chunked
urllib3 march.csv chunked
urllib3 empty.csv chunked
httpx march.csv length 18
httpx empty.csv length 0
aiohttp march.csv length 18
aiohttp empty.csv length 0
ky plain length 29
ky watched chunked
axios fetch plain length 29
axios fetch watched chunked
axios http plain length 29
axios http watched length 29
TEXT
cmp expected found
echo "As described."
