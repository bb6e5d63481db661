"""The whole app in a process of its own, on a database of its own: for tests that are no coroutines."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests

from embedded_cosmos.testing import CosmosAccount
from local.demo_tokens import token
from tests.application import SECRETS_KEY

ROOT = Path(__file__).parents[3]
PATIENCE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Served:
    """Where the app answers, and what its host has to say."""

    url: str
    log: Path

    def errors(self) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if " ERROR " in line or "Traceback" in line]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a token."""

    tenant_id: str
    admin: bool = False
    user_id: str = field(default_factory=lambda: str(uuid4()))

    @property
    def headers(self) -> dict[str, str]:
        issued = token(self.user_id, "ada@example.com", "Ada", tenant_id=self.tenant_id, admin=self.admin)
        return {"Authorization": f"Bearer {issued}"}

    def post(self, served: Served, path: str, **body: Any) -> dict[str, Any]:
        answer = requests.post(f"{served.url}/api/{path}", json=body, headers=self.headers, timeout=10)
        assert answer.status_code < 300, answer.text
        made: dict[str, Any] = answer.json()
        return made


@contextmanager
def served_app(account: CosmosAccount, folder: Path) -> Iterator[Served]:
    """Migrate a new database, and run the host on it until the block is left."""
    environment = {**os.environ, **_settings(account, folder)}
    migrated = subprocess.run(
        [sys.executable, "cli.py", "migrate"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert migrated.returncode == 0, migrated.stderr
    log = folder / "host.log"
    with log.open("w") as errors:
        host = subprocess.Popen(
            [sys.executable, "-m", "local.host", "--port", "0"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert host.stdout is not None
        with host.stdout:
            # The line says where it is; a host that could not start ends, and so does its output.
            announced = host.stdout.readline()
            assert "served at" in announced, log.read_text()
            yield Served(announced.split()[-1], log)
    finally:
        host.terminate()
        host.wait(PATIENCE_SECONDS)


def _settings(account: CosmosAccount, folder: Path) -> dict[str, str]:
    return {
        "COSMOS_ENDPOINT": account.endpoint,
        "COSMOS_KEY": account.key,
        "COSMOS_DATABASE": f"test-{uuid4()}",
        "COSMOS_CONNECTION": f"AccountEndpoint={account.endpoint};AccountKey={account.key};",
        "DIRECTORY_FILE": str(folder / "directory.json"),
        "JWT_VERIFICATION": "gateway",
        "SECRETS_KEY": SECRETS_KEY,
    }
