"""Calling the API: a person with a token, answers that hold to the contract whatever they are, and dates to send."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from io import BytesIO
from typing import Any
from uuid import uuid4

import aiohttp
from multidict import CIMultiDictProxy
from yarl import URL

from local.demo_tokens import token

STORED_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}0Z")
TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
PROBLEM_FIELDS = {"type", "title", "status", "code", "message", "correlation_id"}
# What reports are downloaded as.
FILES = {
    "text/csv; charset=utf-8",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Query = Mapping[str, Any] | Iterable[tuple[str, Any]]
Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: CIMultiDictProxy[str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    def ok(self, status: int = 200) -> Any:
        """The body of a call that must have worked."""
        assert self.status == status, self.content.decode()
        return self.body if self.content else None

    def refused(self, status: int, code: str | None = None) -> Item:
        """The error body of a call that must have been refused."""
        assert self.status == status, (self.status, self.content.decode())
        body: Item = self.body
        assert code is None or body["code"] == code, body
        return body


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who calls the API."""

    http: aiohttp.ClientSession
    url: str
    tenant_id: str
    user_id: str = field(default_factory=lambda: str(uuid4()))
    admin: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def email(self) -> str:
        return f"{self.user_id}@example.com"

    @property
    def token(self) -> str:
        return token(self.user_id, self.email, "Somebody", tenant_id=self.tenant_id, admin=self.admin)

    def with_headers(self, **headers: str) -> "Person":
        """The same person, with these headers (underscores stand for hyphens) on every call."""
        return replace(self, headers={**self.headers, **{n.replace("_", "-"): v for n, v in headers.items()}})

    async def call(self, method: str, path: str, query: Query = (), **more: Any) -> Answer:
        """Call `/api/{path}` with this person's token."""
        headers = {"Authorization": f"Bearer {self.token}", **self.headers, **more.pop("headers", {})}
        return await send(self.http, method, f"{self.url}/api/{path}", query, headers=headers, **more)

    async def get(self, path: str, query: Query = ()) -> Answer:
        return await self.call("GET", path, query)

    async def post(self, path: str, body: Any = None) -> Answer:
        return await self.call("POST", path, **({} if body is None else {"json": body}))

    async def put(self, path: str, body: Any) -> Answer:
        return await self.call("PUT", path, json=body)

    async def delete(self, path: str) -> Answer:
        return await self.call("DELETE", path)


async def send(http: aiohttp.ClientSession, method: str, url: str, query: Query = (), **more: Any) -> Answer:
    """Send a request; whatever comes back, it holds to what the contract says of every answer."""
    target = URL(url) if not query else URL(url).with_query(query if isinstance(query, Mapping) else list(query))
    if isinstance(data := more.get("data"), bytes):
        # aiohttp wants large bodies as files.
        more["data"] = BytesIO(data)
    more.setdefault("allow_redirects", False)
    async with http.request(method, target, **more) as response:
        answer = Answer(response.status, response.headers, await response.read())
    if answer.status != 302 and method != "OPTIONS":
        check_answer(method, answer)
    return answer


def check_answer(method: str, answer: Answer) -> None:
    # What can't be served now says when to come again; nothing else may fail.
    assert answer.status < 500 or (answer.status == 503 and int(answer.headers["Retry-After"]) >= 1), answer.content
    assert answer.status != 429 or int(answer.headers["Retry-After"]) >= 1
    assert answer.headers["Cache-Control"] == "no-store"
    if answer.status == 204:
        assert answer.content == b""
    elif method == "HEAD":
        return
    elif answer.status >= 400:
        check_problem(answer)
    elif answer.headers["Content-Type"] not in FILES:
        assert answer.headers["Content-Type"] == "application/json"
        check_plain(answer.body)


def check_problem(answer: Answer) -> None:
    """The one error body, whole."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.body
    assert PROBLEM_FIELDS <= set(body) <= PROBLEM_FIELDS | {"errors", "conflicts", "timesheet_id", "state"}
    assert body["type"] == "about:blank"
    assert body["status"] == answer.status
    assert body["title"] == TITLES.get(answer.status, HTTPStatus(answer.status).phrase)
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", body["code"])
    assert isinstance(body["message"], str)
    assert body["message"]
    assert re.fullmatch(r"[0-9a-f-]{32,36}", body["correlation_id"])
    for name, sentences in body.get("errors", {}).items():
        assert isinstance(name, str)
        assert sentences
    for conflict in body.get("conflicts", []):
        assert set(conflict) == {"id", "start_date", "end_date"}
        assert STORED_DATE.fullmatch(conflict["start_date"])
        assert conflict["end_date"] is None or STORED_DATE.fullmatch(conflict["end_date"])


def check_plain(body: Any) -> None:
    """No field of ours starts with `_`."""
    if isinstance(body, list):
        for one in body:
            check_plain(one)
    elif isinstance(body, dict):
        assert not [name for name in body if name.startswith("_")]
        for one in body.values():
            check_plain(one)


def without_proposal(running: Answer) -> Item:
    """The running entry as other answers show it: they propose no end."""
    entry: Item = running.ok()
    del entry["proposed_end_date"]
    return entry


def ago(**duration: float) -> str:
    """The instant so long ago, in whole milliseconds, as the API answers it."""
    return stored(datetime.now(UTC) - timedelta(**duration))


def stored(instant: datetime) -> str:
    """An instant as the API answers it, cut to the millisecond."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}0000Z"


def at(clock: str, day: str = "2024-03-05") -> str:
    """An instant on a day long ago, as the API answers it: `at("10:30")`."""
    return stored(datetime.fromisoformat(f"{day}T{clock}+00:00"))


def instant_of(text: str) -> datetime:
    """The instant that the API answered."""
    assert STORED_DATE.fullmatch(text), text
    return datetime.fromisoformat(text)
