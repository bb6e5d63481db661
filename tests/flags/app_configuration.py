"""A server on loopback that speaks App Configuration's data plane, as far as reading key-values goes.

It checks what the service checks (signature, date, hash of the body, api-version), filters by key and label, selects
fields and pages; and it can throttle, refuse, hang and go away. Written from the service's REST reference.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from yarl import URL

KEY_ID = "loopback-id"
SECRET = base64.b64encode(b"a secret that only this server and its clients know").decode()
FLAG_CONTENT_TYPE = "application/vnd.microsoft.appconfig.ff+json;charset=utf-8"
SET_CONTENT_TYPE = "application/vnd.microsoft.appconfig.kvset+json"
SIGNED_HEADERS = ("x-ms-date", "host", "x-ms-content-sha256")
MOST_CLOCK_SKEW = timedelta(minutes=15)


class ErrorAnswer(Exception):  # noqa: N818 - the server answers it
    def __init__(self, status: int, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class AppConfiguration:
    """The store, its address, and how it behaves."""

    def __init__(self, *, page_size: int = 100) -> None:
        self.page_size = page_size
        self.requests: list[web.BaseRequest] = []
        # How many of the next requests are answered 429, and 503.
        self.throttles = 0
        self.fails = 0
        # While this is clear, requests are taken in and not answered.
        self.answers = asyncio.Event()
        self.answers.set()
        self._settings: dict[tuple[str, str | None], dict[str, Any]] = {}
        self._runner: web.ServerRunner | None = None
        self._port = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._port}"

    def connection_string(self, *, key_id: str = KEY_ID, secret: str = SECRET) -> str:
        return f"Endpoint=http://{self.host};Id={key_id};Secret={secret}"

    def put(self, key: str, value: str | None, *, label: str | None = None, content_type: str | None = None) -> None:
        etag = hashlib.sha256(f"{key}{label}{value}{len(self._settings)}".encode()).hexdigest()[:32]
        self._settings[key, label] = {
            "etag": etag,
            "key": key,
            "label": label,
            "content_type": content_type,
            "value": value,
            "last_modified": datetime.now(UTC).isoformat(timespec="seconds"),
            "locked": False,
            "tags": {},
        }

    def put_flag(self, name: str, *, label: str | None = None, **document: Any) -> None:
        """A feature flag as the portal writes it."""
        flag = {"id": name, "description": "", "enabled": True, "conditions": {"client_filters": []}, **document}
        self.put_raw_flag(name, json.dumps(flag), label=label)

    def put_raw_flag(self, name: str, value: str | None, *, label: str | None = None) -> None:
        """What is no flag, where a flag should be."""
        self.put(f".appconfig.featureflag/{name}", value, label=label, content_type=FLAG_CONTENT_TYPE)

    async def start(self) -> None:
        self._runner = web.ServerRunner(web.Server(self._handle), shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Go away: connections are refused until `start`, which takes the same port."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests.append(request)
        await self.answers.wait()
        try:
            return await self._answer(request)
        except ErrorAnswer as error:
            problem = {"type": "https://azconfig.io/errors/x", "title": str(error), "status": error.status}
            return web.json_response(
                problem, status=error.status, headers=error.headers, content_type="application/problem+json"
            )

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        check_signature(request, await request.read())
        if self.throttles:
            self.throttles -= 1
            raise ErrorAnswer(429, "Resource utilization has surpassed the assigned quota", retry_after_ms="10")
        if self.fails:
            self.fails -= 1
            raise ErrorAnswer(503, "Service Unavailable", retry_after_ms="10")
        if (request.method, request.path) != ("GET", "/kv"):
            raise ErrorAnswer(404, "Not found")
        return self._page({name.lower(): value for name, value in request.query.items()})

    def _page(self, query: dict[str, str]) -> web.Response:
        if "api-version" not in query:
            raise ErrorAnswer(400, "API version is not specified")
        found = [self._settings[place] for place in sorted(self._settings, key=str) if _matches(place, query)]
        start = int(query.get("after", "0"))
        items = found[start : start + self.page_size]
        if fields := query.get("$select"):
            items = [{name: item[name] for name in fields.split(",")} for item in items]
        etag = hashlib.sha256(json.dumps(items).encode()).hexdigest()[:32]
        body: dict[str, Any] = {"items": items, "etag": etag}
        headers = {"ETag": f'"{etag}"', "Sync-Token": "jtqGc1I4=MDoyOA==;sn=28", "Content-Type": SET_CONTENT_TYPE}
        if start + self.page_size < len(found):
            body["@nextLink"] = str(URL.build(path="/kv", query={**query, "after": str(start + self.page_size)}))
            headers["Link"] = f'<{body["@nextLink"]}>; rel="next"'
        return web.Response(body=json.dumps(body).encode(), headers=headers)


def _matches(place: tuple[str, str | None], query: dict[str, str]) -> bool:
    key, label = place
    return _fits(key, query.get("key", "*")) and _fits(label or "\0", query.get("label", "*"))


def _fits(text: str, wanted: str) -> bool:
    return any(text.startswith(one[:-1]) if one.endswith("*") else text == one for one in wanted.split(","))


def check_signature(request: web.BaseRequest, body: bytes) -> None:
    """Raises ErrorAnswer 401 for what the service would not let in."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme != "HMAC-SHA256":
        raise ErrorAnswer(401, "no HMAC-SHA256", WWW_Authenticate="HMAC-SHA256, Bearer")
    parameters = dict(part.split("=", 1) for part in given.split("&") if "=" in part)
    signed = tuple(parameters.get("SignedHeaders", "").lower().split(";"))
    if parameters.get("Credential") != KEY_ID:
        raise _invalid("Invalid Credential")
    if not set(SIGNED_HEADERS) <= set(signed) or not all(name in request.headers for name in signed):
        raise _invalid("a header that must be signed is not")
    if abs(datetime.now(UTC) - _date(request.headers["x-ms-date"])) > MOST_CLOCK_SKEW:
        raise _invalid("The access token has expired")
    if request.headers["x-ms-content-sha256"] != base64.b64encode(hashlib.sha256(body).digest()).decode():
        raise _invalid("the hash of the body is wrong")
    values = ";".join(request.headers[name] for name in signed)
    to_sign = f"{request.method}\n{request.raw_path}\n{values}"
    digest = hmac.digest(base64.b64decode(SECRET), to_sign.encode(), "sha256")
    if not hmac.compare_digest(base64.b64encode(digest).decode(), parameters.get("Signature", "")):
        raise _invalid("Invalid Signature")


def _date(text: str) -> datetime:
    """The Python client writes no HTTP date, and the service takes it."""
    for form in ("%b, %d %Y %H:%M:%S.%f GMT", "%a, %d %b %Y %H:%M:%S GMT"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise _invalid("Invalid access token date")


def _invalid(why: str) -> ErrorAnswer:
    challenge = f'HMAC-SHA256 error="invalid_token" error_description="{why}", Bearer'
    return ErrorAnswer(401, why, WWW_Authenticate=challenge)


@asynccontextmanager
async def app_configuration(*, page_size: int = 100) -> AsyncIterator[AppConfiguration]:
    """A store that is there."""
    store = AppConfiguration(page_size=page_size)
    await store.start()
    try:
        yield store
    finally:
        store.answers.set()
        await store.stop()
