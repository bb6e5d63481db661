"""Turns an HTTP request into what a function gets, and what it returns into an HTTP answer."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import azure.functions as func
from aiohttp import web
from multidict import CIMultiDict, MultiMapping

PIECE = 64 * 1024
_BODILESS = frozenset({204, 304})
# The server works these out from the body that is really sent.
_SERVERS_OWN = frozenset({"content-length", "transfer-encoding", "connection", "set-cookie"})


def function_request(request: web.BaseRequest, route: Mapping[str, str], body: bytes) -> func.HttpRequest:
    return func.HttpRequest(
        method=request.method,
        url=str(request.url),
        headers=_joined(request.headers),
        params={name: value for name, value in _joined(request.query).items() if value},
        route_params=route,
        body=body,
    )


def _joined(values: MultiMapping[str]) -> Mapping[str, str]:
    """Give one text for each name, whatever its case: several values arrive with commas between them."""
    joined: dict[str, tuple[str, list[str]]] = {}
    for name, value in values.items():
        joined.setdefault(name.lower(), (name, []))[1].append(value)
    return {name: ",".join(filter(None, texts)) for name, texts in joined.values()}


def host_response(result: Any, function_name: str) -> web.Response:
    """Send what the function returned; anything but an HttpResponse is a mistake that Azure would answer with 500."""
    if not isinstance(result, func.HttpResponse):
        raise TypeError(f"{function_name} returned {type(result).__name__}, not an HttpResponse")
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in result.headers.items():
        if name.lower() not in _SERVERS_OWN:
            headers[name] = value
    for cookie in result.headers.getlist("Set-Cookie"):
        headers.add("Set-Cookie", cookie)
    if result.status_code in _BODILESS:
        headers.pop("Content-Type", None)
        return web.Response(status=result.status_code, headers=headers)
    headers.setdefault("Content-Type", _content_type(result))
    body = result.get_body()
    if len(body) <= PIECE:
        return web.Response(status=result.status_code, headers=headers, body=body)
    headers["Content-Length"] = str(len(body))
    return web.Response(status=result.status_code, headers=headers, body=_pieces(memoryview(body)))


async def _pieces(body: memoryview) -> AsyncIterator[memoryview]:
    """To send a long body in one go would hold the loop; in between it turns to others."""
    for at in range(0, len(body), PIECE):
        yield body[at : at + PIECE]
        await asyncio.sleep(0)


def _content_type(response: func.HttpResponse) -> str:
    mimetype = str(response.mimetype)
    return f"{mimetype}; charset={response.charset}" if mimetype.startswith("text/") else mimetype
