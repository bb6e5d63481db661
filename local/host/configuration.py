"""What the host reads before it starts: host.json, local.settings.json, and how app settings are looked up."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from local.host.errors import HostError
from local.host.time_spans import time_span

DEFAULT_PORT = 7071
# How long a host that was killed holds up its change feeds: in Azure a minute, here for as long as this setting says.
LEASE_SECONDS = "LEASE_SECONDS"
REAL_LEASE_SECONDS = 60
DEFAULT_ORIGINS = ("http://localhost:4200",)

_PLACEHOLDER = re.compile(r"%([^%\s]+)%")
# Azure says `AzureWebJobs.<name>.Disabled`; where a shell takes no dots in a name, single underscores stand for them.
_DISABLED_FORMATS = ("azurewebjobs.{}.disabled", "azurewebjobs_{}_disabled")
# What the Functions host allows a function outside the Consumption plan, when host.json does not say.
DEFAULT_FUNCTION_TIMEOUT_SECONDS = 30 * 60.0
# `//` and `/* */` comments, and commas before a closing bracket: .NET's reader takes them. Strings are left alone.
_NOT_JSON = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/|,(?=(?:\s|//[^\n]*|/\*.*?\*/)*[}\]])', re.DOTALL
)


@dataclass(frozen=True)
class LocalSettings:
    """local.settings.json: the app settings, and how Core Tools (and this host) listens."""

    values: Mapping[str, str] = field(default_factory=dict)
    port: int = DEFAULT_PORT
    origins: tuple[str, ...] = DEFAULT_ORIGINS
    credentials: bool = True

    @classmethod
    def read(cls, path: Path) -> "LocalSettings":
        """Read the file; one that is absent means the defaults."""
        if not path.is_file():
            return cls()
        content = _json_object(path)
        host = content.get("Host", {})
        values = content.get("Values", {})
        if not isinstance(host, dict) or not isinstance(values, dict):
            raise HostError(f"{path.name}: Host and Values must be objects")
        wrong = [name for name, value in values.items() if not isinstance(value, str)]
        if wrong:
            raise HostError(f"{path.name}: Values may hold strings only; look at {', '.join(wrong)}")
        origins = str(host.get("CORS", ",".join(DEFAULT_ORIGINS)))
        return cls(
            values=values,
            port=port_number(host.get("LocalHttpPort", DEFAULT_PORT), f"{path.name}: Host.LocalHttpPort"),
            origins=tuple(origin.strip().rstrip("/") for origin in origins.split(",") if origin.strip()),
            credentials=bool(host.get("CORSCredentials", "CORS" not in host)),
        )


def port_number(value: Any, name: str) -> int:
    try:
        port = int(value)
    except (TypeError, ValueError):
        port = -1
    if not 0 <= port < 65536:
        raise HostError(f"{name} must be a port number, not {value!r}")
    return port


@dataclass(frozen=True)
class HostJson:
    """host.json, as far as it matters here. Unknown and misspelt keys are ignored, as the real host ignores them."""

    route_prefix: str = "api"
    # None is for ever.
    function_timeout_seconds: float | None = DEFAULT_FUNCTION_TIMEOUT_SECONDS

    @classmethod
    def read(cls, app_root: Path) -> "HostJson":
        """Read the file. Raises HostError where the real host would not start, or would answer 503 to everything."""
        path = app_root / "host.json"
        if not path.is_file():
            raise HostError(f"{app_root} holds no host.json: the Functions host would not start there")
        content = _json_object(path)
        if _member(content, "version") != "2.0":
            raise HostError('host.json must say "version": "2.0"')
        prefix = _member(_member(_member(content, "extensions"), "http"), "routePrefix")
        return cls(
            "api" if prefix is None else _route_prefix(prefix), _timeout_seconds(_member(content, "functionTimeout"))
        )


def _member(value: Any, name: str) -> Any:
    """A member of a JSON object, whatever the case of its name; None where there is none."""
    members = value.items() if isinstance(value, dict) else ()
    return next((member for key, member in members if key.lower() == name.lower()), None)


def _route_prefix(value: Any) -> str:
    if not isinstance(value, str) or value.startswith("/") or value.endswith("/") or "//" in value:
        raise HostError(f"host.json: routePrefix must be like api or v1/api, not {value!r}: every call would be 503")
    return value


def _timeout_seconds(value: Any) -> float | None:
    if value is None:
        return DEFAULT_FUNCTION_TIMEOUT_SECONDS
    if value == "-1":
        return None
    span = time_span(value) if isinstance(value, str) else None
    if span is None or span <= timedelta(0):
        raise HostError(f"host.json: functionTimeout must be a time as hh:mm:ss, not {value!r}: no host would start")
    return span.total_seconds()


def _json_object(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = json.loads(_NOT_JSON.sub(lambda match: match["string"] or " ", text))
    except ValueError as error:
        raise HostError(f"{path.name} is not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise HostError(f"{path.name} must hold one JSON object")
    return content


class AppSettings:
    """The app settings as the Functions host sees them: names are compared without case."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {name.lower(): value for name, value in values.items()}

    def get(self, name: str) -> str | None:
        return self._values.get(name.lower())

    def resolve(self, text: str, where: str) -> str:
        """Put the settings in for every `%NAME%` in a binding's text."""

        def value_of(match: re.Match[str]) -> str:
            value = self.get(match[1])
            if value is None:
                raise HostError(f"{where}: the app setting {match[1]} is missing")
            return value

        return _PLACEHOLDER.sub(value_of, text)

    def intervals_shortened_to(self) -> float:
        """What the host's own intervals are multiplied by: less than 1 where LEASE_SECONDS shortens leases of 60 s."""
        text = self.get(LEASE_SECONDS) or str(REAL_LEASE_SECONDS)
        try:
            seconds = float(text)
        except ValueError:
            seconds = 0.0
        if not 1 <= seconds <= REAL_LEASE_SECONDS:
            raise HostError(f"{LEASE_SECONDS} must be a number from 1 to {REAL_LEASE_SECONDS}, not {text!r}")
        return seconds / REAL_LEASE_SECONDS

    def disables(self, function_name: str) -> bool:
        """Tell whether a setting switches that function off."""
        names = (form.format(function_name.lower()) for form in _DISABLED_FORMATS)
        return any(self._values.get(name, "").strip().lower() in {"1", "true"} for name in names)
