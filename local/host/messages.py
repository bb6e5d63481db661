"""Turns an HTTP request into what a function gets, and what it returns into an HTTP answer."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Any

import azure.functions as func
from aiohttp import HttpVersion11, web
from multidict import CIMultiDict, MultiMapping

PIECE = 64 * 1024
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
_BODILESS = frozenset({204, 304})
# The server works these out from the body that is really sent.
_SERVERS_OWN = frozenset({"content-length", "transfer-encoding", "connection", "set-cookie"})

_log = logging.getLogger("local.host")


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
    """Give one text for each name, whatever its case: several values arrive with commas between them.

    Of several spellings of a name the last one counts.
    """
    joined: dict[str, tuple[str, list[str]]] = {}
    for name, value in values.items():
        _, texts = joined.get(name.lower(), (name, []))
        joined[name.lower()] = (name, [*texts, value])
    return {name: ",".join(filter(None, texts)) for name, texts in joined.values()}


class ResponseError(Exception):
    """A function returned what the Functions host can't send; it answers 500 instead."""


def host_response(result: Any, request: web.BaseRequest) -> web.Response:
    """The answer that the Functions host makes of what a function returned: chunked, without Content-Length.

    Raises ResponseError for what is an empty 500 there: no HttpResponse, a header that is not ASCII, a Content-Length
    that is too small, 205 with a body.
    """
    if not isinstance(result, func.HttpResponse):
        raise ResponseError(f"it returned {type(result).__name__}, not an HttpResponse")
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in result.headers.items():
        _check_header(name, value)
        if name.lower() not in _SERVERS_OWN:
            headers[name] = value
    for cookie in result.headers.getlist("Set-Cookie"):
        headers.add("Set-Cookie", cookie)
    headers.setdefault("Content-Type", _content_type(result))
    body = result.get_body()
    if result.status_code in _BODILESS:
        return _without_body(result.status_code, headers, body)
    declared = _declared_length(result, len(body))
    content = body if len(body) <= PIECE else _pieces(memoryview(body))
    response = web.Response(status=result.status_code, headers=headers, body=content)
    if declared is not None:
        # One that is too large leaves the client waiting for the rest: the server cuts the connection.
        response.headers["Content-Length"] = str(declared)
        if declared > len(body):
            response.force_close()
    elif request.version >= HttpVersion11:
        response.enable_chunked_encoding()
    return response


def _without_body(status: int, headers: CIMultiDict[str], body: bytes) -> web.Response:
    """204 and 304 keep their Content-Type. With a body, which is never sent, the connection is closed."""
    response = web.Response(status=status, headers=headers)
    if body:
        _log.error("An answer with %d has a body, which nobody gets; Azure closes the connection over it", status)
        response.force_close()
    return response


def _check_header(name: str, value: str) -> None:
    if not _HEADER_NAME.fullmatch(name):
        raise ResponseError(f"it returned a header with the name {name!r}")
    if not _HEADER_VALUE.fullmatch(value):
        raise ResponseError(f"it returned the header {name} with a character that is not printable ASCII")


def _declared_length(result: func.HttpResponse, real: int) -> int | None:
    if result.status_code == HTTPStatus.RESET_CONTENT and real:
        raise ResponseError("it returned 205 with a body")
    text = result.headers.get("Content-Length")
    if text is None:
        return None
    if not text.isdecimal() or int(text) < real:
        raise ResponseError(f"it returned Content-Length {text} with a body of {real} bytes")
    return int(text)


async def _pieces(body: memoryview) -> AsyncIterator[memoryview]:
    """To send a long body in one go would hold the loop; in between it turns to others."""
    for at in range(0, len(body), PIECE):
        yield body[at : at + PIECE]
        await asyncio.sleep(0)


def _content_type(response: func.HttpResponse) -> str:
    mimetype = str(response.mimetype)
    return f"{mimetype}; charset={response.charset}" if mimetype.startswith("text/") else mimetype
