"""Earlier editions of this backend beside the present one: the same calls, in turns, in one run.

Each edition is taken from the repository's history, and brings its own functions and local host. What would blur the
comparison is the same for all: the libraries (those of this environment), and the database: each has one of its own,
of today's `embedded_cosmos`, so that one model makes all request units.
"""

import asyncio
import io
import subprocess
import tarfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from benchmarks import operations, stack
from benchmarks.calls import WRITERS_EACH
from benchmarks.company import found
from benchmarks.operations import OURS, Effort, Latencies, Subject

# What decision 22 compares: the first edition, and the commit before requests became fewer and smaller.
EDITIONS = {"first edition": "80d0a85", "before decision 22": "8ecd3ad"}
FOLDER = stack.ROOT / ".local" / "editions"


async def measure(effort: Effort, revisions: Mapping[str, str] = EDITIONS, folder: Path = FOLDER) -> dict[str, Any]:
    """The figures of each of these commits, by its name, and of the present code. `folder`: where they are unpacked."""
    roots = {name: await asyncio.to_thread(unpacked, revision, folder) for name, revision in revisions.items()}
    roots[OURS] = stack.ROOT
    async with AsyncExitStack() as running:
        subjects: dict[str, Subject] = {}
        for name, root in roots.items():
            database = await running.enter_async_context(stack.database())
            await stack.migrate(database.url, root)
            app = await running.enter_async_context(stack.app(database.url, {}, root))
            company = await found(app.url, effort.users, writers_each=WRITERS_EACH)
            subjects[name] = Subject(app.url, company, {"app": app, "database": database})
        alone: dict[str, list[Latencies]] = {name: [] for name in subjects}
        for _ in range(effort.rounds):
            await operations.add_round(effort, subjects, alone)
        together: dict[str, Any] = {}
        for name, subject in subjects.items():
            await operations.all_idle(subjects)
            together[name] = await operations.together(effort, subject)
        return {
            "revisions": dict(revisions),
            "alone": {name: operations.medians(rounds) for name, rounds in alone.items()},
            "together": together,
            "ratio": {name: operations.ratios(alone[OURS], alone[name]) for name in revisions},
            "database": {
                name: await operations.counted(subject.processes["database"], subject.company, roots[name])
                for name, subject in subjects.items()
            },
        }


def unpacked(revision: str, folder: Path) -> Path:
    """The root of the files of that commit. CalledProcessError where the history does not reach so far back."""
    root = folder / revision
    if not root.exists():
        archive = subprocess.run(["git", "archive", revision], cwd=stack.ROOT, check=True, capture_output=True)  # noqa: S603, S607
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(root, filter="data")
    return root
