"""Requests that no SDK would send, signed as the service documents it."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any
from urllib.parse import quote

import requests


class Raw:
    def __init__(self, endpoint: str, key: str) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._key = key
        self._session = requests.Session()

    def close(self) -> None:
        self._session.close()

    def send(
        self, verb: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """`path` is not quoted yet; a body that is no text is sent as JSON."""
        data = body if body is None or isinstance(body, str | bytes) else json.dumps(body)
        signed = {**self.signature(verb, path), "x-ms-version": "2020-07-15", **(headers or {})}
        encoded = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
        return self._session.request(verb, f"{self._endpoint}/{quote(path)}", data=encoded, headers=signed, timeout=10)

    def signature(self, verb: str, path: str) -> dict[str, str]:
        date = formatdate(usegmt=True)
        parts = path.split("/") if path else []
        kind, link = (parts[-1], parts[:-1]) if len(parts) % 2 else (parts[-2] if parts else "", parts)
        if kind == "operations":
            kind, link = "colls", parts[:4]
        elif kind == "offers":
            link = parts[1:]
        text = f"{verb.lower()}\n{kind.lower()}\n{'/'.join(link)}\n{date.lower()}\n\n"
        digest = hmac.new(base64.b64decode(self._key), text.encode(), hashlib.sha256).digest()
        token = f"type=master&ver=1.0&sig={base64.b64encode(digest).decode()}"
        return {"authorization": quote(token, safe=""), "x-ms-date": date}
