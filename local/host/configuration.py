"""What the host reads before it starts: host.json, local.settings.json, and how app settings are looked up."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.host.errors import HostError

DEFAULT_PORT = 7071
DEFAULT_ORIGINS = ("http://localhost:4200",)

_PLACEHOLDER = re.compile(r"%([^%\s]+)%")
# Azure says `AzureWebJobs.<name>.Disabled`; where a shell takes no dots in a name, underscores stand for them.
_DISABLED_FORMATS = ("azurewebjobs.{}.disabled", "azurewebjobs_{}_disabled", "azurewebjobs__{}__disabled")


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


def read_route_prefix(app_root: Path) -> str:
    """The prefix of every route, from host.json: `api` unless it says otherwise."""
    path = app_root / "host.json"
    if not path.is_file():
        raise HostError(f"{app_root} holds no host.json: the Functions host would not start there")
    content = _json_object(path)
    if content.get("version") != "2.0":
        raise HostError('host.json must say "version": "2.0"')
    prefix = content.get("extensions", {}).get("http", {}).get("routePrefix", "api")
    return str(prefix).strip("/")


def _json_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
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

    def disables(self, function_name: str) -> bool:
        """Tell whether a setting switches that function off."""
        names = (form.format(function_name.lower()) for form in _DISABLED_FORMATS)
        return any(self._values.get(name, "").strip().lower() in {"1", "true"} for name in names)
