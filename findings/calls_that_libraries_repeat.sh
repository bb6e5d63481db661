#!/bin/sh
# Which calls HTTP libraries send again by themselves when the answer is 503, with `Retry-After` and without.
#
# Behaviour, with requests 2.34.2 on urllib3 2.8.0, httpx-retries 0.6.0, ky 1.14.3, got 14.6.6, axios-retry 4.5.0 and Kiota's
# library for TypeScript, @microsoft/kiota-http-fetchlibrary 1.0.0-preview.109:
# - requests with `HTTPAdapter(max_retries=2)`: its documentation speaks of connections alone, but a PUT or DELETE that was
#   answered is sent three times if the answer has `Retry-After`, and once if it has none. urllib3 by itself does the same,
#   four times, without being asked to.
# - ky and got do so by default, axios-retry once it is on: three times, whether the answer has the header or not.
# - httpx-retries sends it eleven times.
# - POST is sent once by all of them, but by Kiota's four times, as its default: it asks for the status alone, whatever the
#   method. By its source, Kiota's library for .NET does the same.
# An answer 503 `outcome_unknown` of this API says that a write may have been applied. Where the first sending was, the next
# one is 412 (If-Match) or 404 (DELETE): for the program, a failure of what it has done itself.
#
# Needs Python 3.11 or newer, Node.js 20 or newer, and npm. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 httpx-retries==0.6.0
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund ky@1.14.3 got@14.6.6 axios@1.21.1 axios-retry@4.5.0 \
    @microsoft/kiota-http-fetchlibrary@1.0.0-preview.109

cat >send.py <<'PYTHON'
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import requests
import urllib3
from httpx_retries import RetryTransport

seen = []


class Handler(BaseHTTPRequestHandler):
    def handle_any(self):
        seen.append(self.command)
        self.send_response(503)
        if self.path == "/with":
            self.send_header("Retry-After", "0")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_PUT = do_DELETE = do_POST = handle_any

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
session = requests.Session()
session.mount("http://", requests.adapters.HTTPAdapter(max_retries=2))
clients = {
    "requests": session.request,
    "urllib3": urllib3.PoolManager().request,
    "httpx-retries": httpx.Client(transport=RetryTransport()).request,
}
for name, request in clients.items():
    for method in ("PUT", "DELETE", "POST"):
        for path in ("with", "without"):
            if name == "httpx-retries" and path == "without":
                continue  # It waits for minutes.
            seen.clear()
            request(method, f"http://127.0.0.1:{server.server_port}/{path}")
            print(name, method, path, len(seen))
PYTHON
cat >send.js <<'JS'
import { createServer } from "node:http";
import { KiotaClientFactory } from "@microsoft/kiota-http-fetchlibrary";
import axios from "axios";
import axiosRetry from "axios-retry";
import got from "got";
import ky from "ky";

let seen = 0;
const server = createServer((request, answer) => {
  seen += 1;
  answer.writeHead(503, request.url === "/with" ? { "Retry-After": "1" } : {}).end();
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const patient = axios.create();
axiosRetry(patient, { retries: 2 });
const kiota = KiotaClientFactory.create();
const clients = {
  ky,
  got,
  "axios-retry": (url, options) => patient.request({ url, ...options }),
  kiota: (url, options) => kiota.executeFetch(url, { headers: {}, ...options }),
};
for (const [name, send] of Object.entries(clients))
  for (const method of ["PUT", "DELETE", "POST"])
    for (const path of name === "kiota" ? ["with"] : ["with", "without"]) {
      // Without, Kiota waits for longer.
      seen = 0;
      await send(`http://127.0.0.1:${server.address().port}/${path}`, { method }).catch(() => null);
      console.log(name, method, path, seen);
    }
server.close();
JS
{
    env/bin/python send.py
    node send.js
} | tee found

cat >expected <<'TEXT'
requests PUT with 3
requests PUT without 1
requests DELETE with 3
requests DELETE without 1
requests POST with 1
requests POST without 1
urllib3 PUT with 4
urllib3 PUT without 1
urllib3 DELETE with 4
urllib3 DELETE without 1
urllib3 POST with 1
urllib3 POST without 1
httpx-retries PUT with 11
httpx-retries DELETE with 11
httpx-retries POST with 1
ky PUT with 3
ky PUT without 3
ky DELETE with 3
ky DELETE without 3
ky POST with 1
ky POST without 1
got PUT with 3
got PUT without 3
got DELETE with 3
got DELETE without 3
got POST with 1
got POST without 1
axios-retry PUT with 3
axios-retry PUT without 3
axios-retry DELETE with 3
axios-retry DELETE without 3
axios-retry POST with 1
axios-retry POST without 1
kiota PUT with 4
kiota DELETE with 4
kiota POST with 4
TEXT
cmp expected found
echo "As described."
