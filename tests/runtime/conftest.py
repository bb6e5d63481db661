"""What these tests share: the files that are deployed, and a worker that runs them as Azure does."""

import asyncio
import json
import os
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from embedded_cosmos.testing import CosmosAccount
from tests.application import ROOT, Application, application

WORKER = ROOT / "benchmarks/azure_worker.py"
DEPLOYED = ("function_app.py", "host.json", "functions", "shared")


class Worker:
    """A worker process that has indexed an app, or has said why it can't."""

    def __init__(self, process: Process, first_words: Mapping[str, Any]) -> None:
        self._process = process
        self.functions: list[str] = first_words.get("functions", [])
        self.error: str | None = first_words.get("error")

    async def invoke(self, function: str, parameter: str, trigger: Any) -> dict[str, Any]:
        """Invoke a function with what its trigger brings; give the HTTP answer, if it has one."""
        answer = await ask(self._process, {"function": function, "parameter": parameter, "trigger": trigger})
        assert answer["ok"], answer["error"]
        return answer["answer"] or {}


async def ask(process: Process, command: Mapping[str, Any] | None = None) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    if command is not None:
        process.stdin.write(json.dumps(command).encode() + b"\n")
    answer: dict[str, Any] = json.loads(await process.stdout.readline())
    return answer


@asynccontextmanager
async def working(folder: Path, settings: Mapping[str, str]) -> AsyncIterator[Worker]:
    """Run a worker for the app in that folder, with these settings in its environment."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(WORKER), str(folder), stdin=PIPE, stdout=PIPE, env=os.environ | settings, limit=2**20
    )
    try:
        yield Worker(process, await ask(process))
    finally:
        process.stdin.close()  # type: ignore[union-attr] # it is a pipe
        await process.wait()


@pytest.fixture
def deployed(tmp_path: Path) -> Path:
    """A folder with what is deployed, and nothing else."""
    for name in DEPLOYED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
async def served(cosmos_account: CosmosAccount) -> AsyncIterator[Application]:
    """A migrated database, and the settings with which an app reaches it."""
    async with application(cosmos_account) as one:
        yield one
