"""Which pages of other origins may call: what Core Tools does for local.settings.json's `Host.CORS`."""

from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import hdrs, web

_METHODS = "GET, POST, PUT, DELETE"
_HEADERS = "authorization, token, content-type, if-match, idempotency-key"
# Core Tools exposes nothing. A frontend meets API Management, so that this is what API Management exposes.
_EXPOSED = "ETag, Location, Retry-After, Link, Content-Disposition"
_MAX_AGE_SECONDS = "600"


@dataclass(frozen=True)
class CorsPolicy:
    """The allowed origins; `*` allows all, without credentials, for browsers refuse the two together."""

    origins: frozenset[str]
    credentials: bool

    @classmethod
    def of(cls, origins: Iterable[str], *, credentials: bool) -> "CorsPolicy":
        return cls(frozenset(origin.lower() for origin in origins), credentials)

    @staticmethod
    def is_preflight(request: web.BaseRequest) -> bool:
        return request.method == hdrs.METH_OPTIONS and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers

    def preflight(self, request: web.BaseRequest) -> web.Response:
        """Answer the browser's question; no function sees it, and no token is asked for."""
        response = web.Response(status=204)
        if self._allowed(request) is not None:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = _METHODS
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = _HEADERS
            response.headers[hdrs.ACCESS_CONTROL_MAX_AGE] = _MAX_AGE_SECONDS
        return response

    def mark(self, request: web.BaseRequest, response: web.StreamResponse) -> None:
        """Put the origin's headers on any answer, errors included."""
        allowed = self._allowed(request)
        if "*" not in self.origins and self.origins:
            _add_to_vary(response)
        if allowed is None:
            return
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = allowed
        response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = _EXPOSED
        if self.credentials and allowed != "*":
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"

    def _allowed(self, request: web.BaseRequest) -> str | None:
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is None:
            return None
        if "*" in self.origins:
            return "*"
        return origin if origin.lower() in self.origins else None


def _add_to_vary(response: web.StreamResponse) -> None:
    named = response.headers.get(hdrs.VARY, "")
    if "origin" not in {name.strip().lower() for name in named.split(",")}:
        response.headers[hdrs.VARY] = f"{named}, Origin" if named else "Origin"
