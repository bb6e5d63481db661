"""A server on loopback that speaks Microsoft Graph's wire format, and that of the token endpoint beside it.

It is strict: what Graph would not understand is a 400 here, too, and a DELETE that forgets `/$ref` deletes the user. A
test can have it throttle, refuse, hang, hang up, answer from a replica that lags, or go away.
"""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import web

from tests.users.graph.certificates import Trust

CLIENT_ID = "8d4f3b1e-4d57-4a11-9d9b-0f6c52a7a001"
ATTRIBUTE = "extension_8d4f3b1e4d574a119d9b0f6c52a7a001_role"
SECRET = "not~a.secret"
SCOPE = "https://graph.example/.default"
PLAIN_FIELDS = {"id", "displayName", "mail", "otherMails", "createdDateTime"}

Row = dict[str, Any]


@dataclass
class Fault:
    """What comes instead of the answer, `times` times, to requests whose `METHOD /path` matches."""

    pattern: str
    answer: Callable[[web.Request], Any]
    times: float = 1


@dataclass
class Contents:
    """What Graph knows."""

    users: dict[str, Row] = field(default_factory=dict)
    groups: dict[str, Row] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)

    def add_user(self, name: str, *, mail: str | None = None, role: str | None = None, **more: Any) -> str:
        user_id = str(uuid4())
        row = {"id": user_id, "displayName": name, "mail": mail, "otherMails": [], **more}
        self.users[user_id] = row | ({ATTRIBUTE: role} if role else {})
        return user_id

    def add_group(self, name: str, *members: str, created: str = "2026-01-01T00:00:00Z") -> str:
        group_id = str(uuid4())
        self.groups[group_id] = {"id": group_id, "displayName": name, "createdDateTime": created}
        self.members[group_id] = set(members)
        return group_id

    def is_in(self, member: str, group_id: str) -> bool:
        return any(one == member or (one in self.groups and self.is_in(member, one)) for one in self.members[group_id])


class GraphServer:
    """Microsoft Graph for one tenant."""

    def __init__(self, trust: Trust, page_size: int = 3) -> None:
        self.trust = trust
        # The tenant as the authority's path names it, and the id that it has.
        self.tenant_id = self.organization_id = str(uuid4())
        self.page_size = page_size
        self.contents = Contents()
        self.lagging: Contents | None = None
        self.faults: list[Fault] = []
        self.calls: list[str] = []
        self.tokens: set[str] = set()
        self.port = 0
        self._runner: web.AppRunner | None = None
        self._stopping = asyncio.Event()

    @property
    def endpoint(self) -> str:
        return f"https://localhost:{self.port}/v1.0"

    @property
    def authority(self) -> str:
        return f"https://localhost:{self.port}/{self.tenant_id}"

    def settings(self) -> dict[str, str]:
        """The app settings that lead here."""
        return {
            "MS_CLIENT_ID": CLIENT_ID,
            "MS_SECRET": SECRET,
            "MS_AUTHORITY": self.authority,
            "MS_ENDPOINT": self.endpoint,
            "MS_SCOPE": SCOPE,
        }

    def throttle(self, pattern: str, seconds: int, times: float = 1) -> None:
        error = {"error": {"code": "TooManyRequests", "message": "Too many requests"}}
        headers = {"Retry-After": str(seconds)}
        self.fail(pattern, lambda _: web.json_response(error, status=429, headers=headers), times)

    def answer(self, pattern: str, body: Row) -> None:
        self.fail(pattern, lambda _: web.json_response(body), 1)

    def refuse(self, pattern: str, status: int, times: float = 1) -> None:
        self.fail(pattern, lambda _: _error(status, "Refused", "No."), times)

    def hang(self, pattern: str, times: float = float("inf")) -> None:
        async def wait(_: web.Request) -> web.Response:
            await self._stopping.wait()
            return _error(503, "Stopping", "")

        self.fail(pattern, wait, times)

    def hang_up(self, pattern: str, times: float = 1) -> None:
        def close(request: web.Request) -> web.Response:
            assert request.transport
            request.transport.abort()
            return web.Response()

        self.fail(pattern, close, times)

    def fail(self, pattern: str, answer: Callable[[web.Request], Any], times: float) -> None:
        self.faults.append(Fault(pattern, answer, times))

    def lag(self) -> None:
        """From now on reads are answered as of now."""
        self.lagging = deepcopy(self.contents)

    def count(self, pattern: str) -> int:
        """How many calls matched."""
        return sum(bool(re.search(pattern, call)) for call in self.calls)

    async def start(self) -> None:
        self._stopping.clear()
        app = web.Application(middlewares=[self._guard])
        app.add_routes(
            [
                web.post("/{tenant}/oauth2/v2.0/token", self._token),
                web.get("/v1.0/organization", self._organization),
                web.get("/v1.0/users", self._users),
                web.get("/v1.0/users/{id}", self._user),
                web.patch("/v1.0/users/{id}", self._patch),
                web.post("/v1.0/users/{id}/checkMemberGroups", self._check),
                web.get("/v1.0/groups", self._groups),
                web.get("/v1.0/groups/{group}/transitiveMembers", self._members),
                web.post("/v1.0/groups/{group}/members/$ref", self._add),
                web.delete("/v1.0/groups/{group}/members/{id}/$ref", self._remove),
                web.delete("/v1.0/groups/{group}/members/{id}", self._delete_user),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self.trust.server)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Go away; `start` comes back at the same address."""
        self._stopping.set()
        if self._runner:
            await self._runner.cleanup()

    @property
    def _read(self) -> Contents:
        return self.lagging or self.contents

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        call = f"{request.method} {request.path_qs}"
        self.calls.append(call)
        for fault in self.faults:
            if fault.times > 0 and re.search(fault.pattern, call):
                fault.times -= 1
                answer = fault.answer(request)
                return (await answer) if asyncio.iscoroutine(answer) else answer  # type: ignore[no-any-return]
        if request.path.startswith("/v1.0/"):
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            if scheme != "Bearer" or token not in self.tokens:
                return _error(401, "InvalidAuthenticationToken", "Access token is empty.")
        return await handler(request)  # type: ignore[no-any-return]

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        wanted = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "scope": SCOPE}
        if request.match_info["tenant"] != self.tenant_id or any(form.get(k) != v for k, v in wanted.items()):
            return web.json_response({"error": "invalid_request"}, status=400)
        if form.get("client_secret") != SECRET:
            description = "AADSTS7000215: Invalid client secret provided."
            return web.json_response({"error": "invalid_client", "error_description": description}, status=401)
        token = secrets.token_hex()
        self.tokens.add(token)
        return web.json_response({"token_type": "Bearer", "expires_in": 3599, "access_token": token})

    async def _organization(self, request: web.Request) -> web.Response:
        return self._page(request, [{"id": self.organization_id}])

    async def _users(self, request: web.Request) -> web.Response:
        return self._page(request, list(self._read.users.values()))

    async def _user(self, request: web.Request) -> web.Response:
        row = self._read.users.get(request.match_info["id"].lower())
        return web.json_response(_selected(request, row)) if row else _not_found(request.match_info["id"])

    async def _patch(self, request: web.Request) -> web.Response:
        row = self.contents.users.get(request.match_info["id"].lower())
        changes = await request.json()
        if row is None:
            return _not_found(request.match_info["id"])
        if set(changes) != {ATTRIBUTE} or changes[ATTRIBUTE] == "":
            return _error(400, "Request_BadRequest", "Invalid property.")
        row.pop(ATTRIBUTE, None)
        row.update({name: value for name, value in changes.items() if value is not None})
        return web.Response(status=204)

    async def _check(self, request: web.Request) -> web.Response:
        user_id = request.match_info["id"].lower()
        if user_id not in self._read.users:
            return _not_found(user_id)
        asked = (await request.json())["groupIds"]
        return web.json_response({"value": [one for one in asked if self._read.is_in(user_id, one)]})

    async def _groups(self, request: web.Request) -> web.Response:
        names = [re.fullmatch(r"displayName eq '([^']*)'", part) for part in request.query["$filter"].split(" or ")]
        if not all(names):
            return _error(400, "Request_UnsupportedQuery", "Unsupported filter.")
        wanted = {name[1] for name in names if name}
        return self._page(request, [row for row in self._read.groups.values() if row["displayName"] in wanted])

    async def _members(self, request: web.Request) -> web.Response:
        group_id, known = request.match_info["group"], {**self._read.users, **self._read.groups}
        if group_id not in self._read.groups:
            return _not_found(group_id)
        rows = [row for one, row in known.items() if one != group_id and self._read.is_in(one, group_id)]
        return self._page(request, rows)

    async def _add(self, request: web.Request) -> web.Response:
        group_id = request.match_info["group"]
        link = str((await request.json())["@odata.id"])
        prefix = f"{self.endpoint}/directoryObjects/"
        user_id = link.removeprefix(prefix).lower()
        if not link.startswith(prefix) or user_id not in self.contents.users or group_id not in self.contents.groups:
            return _not_found(user_id)
        if user_id in self.contents.members[group_id]:
            message = (
                "One or more added object references already exist for the following modified properties: 'members'."
            )
            return _error(400, "Request_BadRequest", message)
        self.contents.members[group_id].add(user_id)
        return web.Response(status=204)

    async def _remove(self, request: web.Request) -> web.Response:
        members = self.contents.members.get(request.match_info["group"], set())
        if request.match_info["id"].lower() not in members:
            return _not_found(request.match_info["id"])
        members.remove(request.match_info["id"].lower())
        return web.Response(status=204)

    async def _delete_user(self, request: web.Request) -> web.Response:
        self.contents.users.pop(request.match_info["id"].lower(), None)
        return web.Response(status=204)

    def _page(self, request: web.Request, rows: list[Row]) -> web.Response:
        """One page, and the link to the next: the second is empty, and the link means nothing but to this server."""
        number, start = (int(part) for part in request.query.get("$skiptoken", "0:0").strip("~+/=").split(":"))
        size = 0 if number == 1 and len(rows) > self.page_size else self.page_size
        page: Row = {"value": [_selected(request, row) for row in rows[start : start + size]]}
        if start + size < len(rows):
            query = {**request.query, "$skiptoken": f"~+/={number + 1}:{start + size}=/+~"}
            page["@odata.nextLink"] = str(request.url.with_scheme("https").with_query(query))
        return web.json_response(page)


@asynccontextmanager
async def graph_server(trust: Trust) -> AsyncIterator[GraphServer]:
    server = GraphServer(trust)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def _selected(request: web.Request, row: Row) -> Row:
    """Only what is selected; an extension attribute without a value is left out."""
    names = request.query["$select"].split(",")
    if unknown := set(names) - PLAIN_FIELDS - {ATTRIBUTE}:
        raise web.HTTPBadRequest(text=f'{{"error": {{"message": "Could not find a property named {unknown}."}}}}')
    return {name: row.get(name) for name in names if name in row or name != ATTRIBUTE}


def _not_found(thing: str) -> web.Response:
    message = f"Resource '{thing}' does not exist or one of its queried reference-property objects are not present."
    return _error(404, "Request_ResourceNotFound", message)


def _error(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
