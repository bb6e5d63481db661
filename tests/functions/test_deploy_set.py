"""What is published indexes by itself: the files that .funcignore leaves, with the runtime requirements alone."""

import json
import subprocess
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from pathspec import GitIgnoreSpec

from local.host.host import Host
from shared.cosmos.containers import WATCHED
from tests.application import ROOT, Application

BY_THE_CLOCK = {"forgotten_timers", "webhook_sender"}
INDEX = """
import ast, importlib, json, pathlib, sys
sys.path[:] = [path for path in sys.path if "site-packages" not in path] + sys.argv[1:]
import function_app
def bindings(function): return [binding["type"] for binding in function.get_bindings_dict()["bindings"]]
functions = {function.get_function_name(): bindings(function) for function in function_app.app.get_functions()}
def imports(file):
    for node in ast.walk(ast.parse(file.read_bytes())):
        yield from [name.name for name in node.names] if isinstance(node, ast.Import) else []
        yield from [node.module] if isinstance(node, ast.ImportFrom) else []
for name in {name for file in pathlib.Path().rglob("*.py") for name in imports(file)}: importlib.import_module(name)
from functions.http_docs import files as docs
from functions.http_openapi import document
assets = [docs.asset(name).content for name in docs.MEDIA_TYPES]
late = [len(content) for content in (document.document_json(), docs.page()[0], *assets)]
files = [module.__file__ for module in list(sys.modules.values()) if getattr(module, "__file__", None)]
print(json.dumps({"functions": functions, "files": files, "late": late}))
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what `func azure functionapp publish` would send."""
    folder = tmp_path_factory.mktemp("published")
    ignored = GitIgnoreSpec.from_lines((ROOT / ".funcignore").read_text().splitlines())
    for name in sorted(ignored.match_tree_files(ROOT, negate=True)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


@pytest.fixture(scope="module")
def site_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an environment holds in which requirements.txt alone was installed."""
    folder = tmp_path_factory.mktemp("site-packages")
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        text = line.partition("#")[0].strip()
        if text and ((wanted := Requirement(text)).marker is None or wanted.marker.evaluate()):
            link_files(distribution(wanted.name), folder)
    return folder


def link_files(package: Distribution, folder: Path) -> None:
    for file in package.files or ():
        if ".." not in file.parts:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).symlink_to(Path(str(file.locate())).resolve())


@pytest.fixture(scope="module")
def indexed(published: Path, site_packages: Path) -> dict[str, Any]:
    """What the app declares when it is imported there, without one setting in the environment."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own code
        [sys.executable, "-I", "-S", "-c", INDEX, str(published), str(site_packages)],
        capture_output=True,
        text=True,
        cwd=published,
        env={},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    content: dict[str, Any] = json.loads(done.stdout)
    return content


def test_only_the_app_is_published(published: Path) -> None:
    assert {path.name for path in published.iterdir()} == {
        "function_app.py", "host.json", "requirements.txt", "functions", "shared",
    }  # fmt: skip
    assert not [path for path in published.rglob("*") if path.suffix in {".pyc", ".md"} or path.name == "__pycache__"]


async def test_it_indexes_with_the_runtime_requirements_alone(app: Application, indexed: dict[str, Any]) -> None:
    whole = await Host.load(ROOT, app.settings)

    assert set(indexed["functions"]) == {function.name for function in whole.functions}
    assert {f"change_feed_{container}" for container in WATCHED} <= set(indexed["functions"])
    assert {"http_time_entries", "http_projects", "http_customers", "http_activities"} <= set(indexed["functions"])


def test_the_documentation_is_made_of_what_is_published(indexed: dict[str, Any]) -> None:
    """The document and Swagger UI's files are imported and read when somebody asks for them, not before."""
    assert all(indexed["late"])


def test_each_function_has_one_trigger(indexed: dict[str, Any]) -> None:
    for name, bindings in indexed["functions"].items():
        if name.startswith("change_feed_"):
            assert bindings == ["cosmosDBTrigger"]
        elif name in BY_THE_CLOCK:
            assert bindings == ["timerTrigger"]
        else:
            assert sorted(bindings) == ["http", "httpTrigger"]


def test_nothing_is_imported_from_elsewhere(indexed: dict[str, Any], published: Path, site_packages: Path) -> None:
    """Apart from Python's own library. This includes imports that run only on first use."""
    own = [str(published), str(site_packages), str(Path(json.__file__).parents[1])]

    assert [file for file in indexed["files"] if not file.startswith(tuple(own))] == []
    assert not [file for file in indexed["files"] if str(ROOT) in file and ".venv" not in file]
