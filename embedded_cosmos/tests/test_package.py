"""The package by itself: its wheel holds all that it needs, and runs where nothing else of this project is."""

import ast
import re
import subprocess
import sys
import venv
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from zipfile import ZipFile

import pytest
from azure.cosmos.aio import CosmosClient

import embedded_cosmos
from embedded_cosmos.auth import EMULATOR_KEY
from embedded_cosmos.tests.standalone import Standalone

FOLDER = Path(embedded_cosmos.__file__).parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, for setuptools leaves its own files beside the sources."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for file in FOLDER.rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            copy = source / file.relative_to(FOLDER)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", built, source], check=True, timeout=120)  # noqa: S603 - our own command
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def clean_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The interpreter of an environment that holds the wheel, and of all other packages only what it asks for.

    They are linked from this environment, so that nothing has to be downloaded.
    """
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, with_pip=False)
    packages = next(environment.glob("lib/python*/site-packages"))
    with ZipFile(wheel) as archive:
        archive.extractall(packages)
    for needed in with_all_below(distribution_of_wheel(packages)):
        for part in {Path(file).parts[0] for file in needed.files or () if not str(file).startswith("..")}:
            if not (packages / part).exists():
                (packages / part).symlink_to(needed.locate_file(part))  # type: ignore[arg-type]
    return str(environment / "bin" / "python")


def distribution_of_wheel(packages: Path) -> Distribution:
    return Distribution.at(next(packages.glob("embedded_cosmos-*.dist-info")))


def required(by: Distribution) -> set[str]:
    """The names of what it needs always: without extras."""
    wanted = [one for one in by.requires or () if "extra ==" not in one]
    return {re.split(r"[\s\[<>=!~;(]", one, maxsplit=1)[0] for one in wanted}


def with_all_below(top: Distribution) -> list[Distribution]:
    found: dict[str, Distribution] = {}
    waiting = required(top)
    while waiting:
        name = waiting.pop()
        try:
            # What another Python or system needs is not installed here.
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        waiting |= required(found[name]) - found.keys()
    return list(found.values())


async def test_the_wheel_runs_by_itself_in_a_clean_environment(
    clean_python: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    async with Standalone(python=clean_python) as server, CosmosClient(server.url, EMULATOR_KEY) as client:
        database = await client.create_database("db")
        assert [found["id"] async for found in client.list_databases()] == [database.id]
        # The grammar of queries is a file of its own in the wheel.
        query = client.query_databases("SELECT * FROM c WHERE c.id = 'db'")
        assert [found["id"] async for found in query] == ["db"]


async def test_the_folder_above_runs_it_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER.parent)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    async with Standalone() as server:
        assert server.url.startswith("http://127.0.0.1:")


def test_the_wheel_holds_the_package_without_its_tests(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        licences = [name for name in archive.namelist() if name.endswith("LICENSE")]
    modules = {
        f"embedded_cosmos/{file.relative_to(FOLDER)}" for file in [*FOLDER.glob("*.py"), *FOLDER.glob("sql/*.py")]
    }
    assert names == modules | {"embedded_cosmos/py.typed", "embedded_cosmos/sql/grammar.lark"}
    assert licences


def test_it_imports_only_itself_and_what_it_declares(wheel: Path, tmp_path: Path) -> None:
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    imported = set()
    for file in (tmp_path / "embedded_cosmos").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file} imports by a relative name"
                imported.add(str(node.module).partition(".")[0])
    outside = imported - set(sys.stdlib_module_names) - {"embedded_cosmos"}
    assert outside == required(distribution_of_wheel(tmp_path))
