"""The app settings of a laptop: local.settings.json below the environment, and which database they mean."""

import base64
import os
import secrets
import shutil
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from embedded_cosmos.auth import EMULATOR_KEY
from local.host.configuration import LocalSettings, port_number

SETTINGS_FILE = "local.settings.json"
_KEY_FILE = "secrets_key"
_EXAMPLE = "local.settings.json.example"
_DEFAULT_ENDPOINT = "http://localhost:8081"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def read_settings(app_root: Path) -> LocalSettings:
    """Read local.settings.json, made from the example when there is none (Core Tools wants the file, too)."""
    path, example = app_root / SETTINGS_FILE, app_root / _EXAMPLE
    if not path.exists() and example.exists():
        shutil.copyfile(example, path)
    return LocalSettings.read(path)


def data_dir(environment: Mapping[str, str]) -> Path:
    """Where the embedded database and the directory of users are kept."""
    return Path(environment.get("DATA_DIR") or ".local")


def make_secrets_key(folder: Path) -> None:
    """Make the key of this data folder if it has none: what it encrypts lies in the same folder."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{_KEY_FILE}.{os.getpid()}"
    draft.touch(mode=0o600)
    draft.write_text(base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
    # Written beside it and linked: nobody finds half a key, and of two that are made at once one counts.
    with suppress(FileExistsError):
        (folder / _KEY_FILE).hardlink_to(draft)
    draft.unlink()


def apply(values: Mapping[str, str], environment: MutableMapping[str, str]) -> None:
    """Put the app settings where the app reads them; what is in the environment already wins."""
    for name, value in values.items():
        environment.setdefault(name, value)


@dataclass(frozen=True)
class DatabaseChoice:
    """The account to use, and the port of the embedded database if that is the one."""

    endpoint: str
    embedded_port: int | None

    @classmethod
    def of(cls, values: Mapping[str, str], environment: Mapping[str, str]) -> "DatabaseChoice":
        """An endpoint in the environment is somebody's own; one on this machine in the file means the embedded one."""
        if endpoint := environment.get("COSMOS_ENDPOINT"):
            return cls(endpoint, None)
        endpoint = values.get("COSMOS_ENDPOINT") or _DEFAULT_ENDPOINT
        parts = urlsplit(endpoint)
        if parts.hostname not in _LOOPBACK:
            return cls(endpoint, None)
        port = port_number(environment.get("COSMOS_PORT") or parts.port or 8081, "COSMOS_PORT")
        return cls(f"http://localhost:{port}", port)

    def settings(self, values: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
        """Give the file's values with the app and its triggers pointed at this account, and at the data folder."""
        # The file's key belongs to the file's account; to somebody's own, an identity may lead instead.
        of_file = "" if environment.get("COSMOS_ENDPOINT") else values.get("COSMOS_KEY")
        fallback = "" if self.embedded_port is None else EMULATOR_KEY
        key = environment.get("COSMOS_KEY") or of_file or fallback
        settings = {
            **values,
            "COSMOS_ENDPOINT": self.endpoint,
            "COSMOS_KEY": key,
            "COSMOS_CONNECTION": f"AccountEndpoint={self.endpoint.rstrip('/')}/;AccountKey={key};",
        }
        if environment.get("DATA_DIR") or not values.get("DIRECTORY_FILE"):
            settings["DIRECTORY_FILE"] = str(data_dir(environment) / "directory.json")
        kept_key = data_dir(environment) / _KEY_FILE
        if self.embedded_port is not None and not values.get("SECRETS_KEY") and kept_key.is_file():
            settings["SECRETS_KEY"] = kept_key.read_text().strip()
        return settings
