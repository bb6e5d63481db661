"""`make check-bicep` compiles every file, fails on a warning as on an error, and never passes without a compiler."""

import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.bicep import PARAMETERS, TEMPLATES, Bicep
from tools import check_bicep

ROOT = Path(__file__).parents[2]


def checked(
    folder: Path, says: str | None, name: str = "bicep", version: str = check_bicep.VERSION
) -> tuple[int, str, list[str]]:
    """The outcome of the check where the compiler prints `says`: exit code, stderr, and how the compiler was called."""
    calls = folder / "calls"
    calls.touch()
    if says is not None:
        compiler = folder / name
        compiler.write_text(
            f'#!/bin/sh\necho "$@" provider=$IDENTITY_PROVIDER >> {calls}\n'
            f"case \"$*\" in *--version*) echo 'Bicep CLI version {version} (abc)' ;; *) echo '{says}' >&2 ;; esac\n"
        )
        compiler.chmod(compiler.stat().st_mode | stat.S_IXUSR)
    done = subprocess.run(
        [sys.executable, "-m", "tools.check_bicep"],
        cwd=ROOT,
        env={"PATH": f"{folder}:/bin"} if says is not None else {"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr, [call for call in calls.read_text().splitlines() if "--version" not in call]


@pytest.mark.parametrize("name", ["bicep", "az"])
def test_every_template_and_every_parameter_file_is_compiled_for_each_provider(tmp_path: Path, name: str) -> None:
    status, _, calls = checked(tmp_path, "A new Bicep release is available", name)

    assert status == 0
    assert len(calls) == 6
    assert all("--stdout" in call for call in calls)
    providers = {call.split("provider=")[1] for call in calls if "main.bicepparam" in call}
    assert providers == set(check_bicep.PROVIDERS)
    modules = {module for path in TEMPLATES for module in re.findall(r"module \w+ '(.+)'", path.read_text())}
    assert {path.name for path in TEMPLATES} == {*check_bicep.TEMPLATES, *modules}
    assert {path.name for path in PARAMETERS} == {
        name for call in calls for name in re.findall(r"\w+\.bicepparam", call)
    }


@pytest.mark.parametrize(
    "says",
    [
        '/infra/main.bicep(3,7) : Warning no-unused-params: Parameter "x" is declared but never used.',
        '/infra/main.bicep(3,7) : Error BCP057: The name "x" does not exist in the current context.',
        "/infra/main.bicep(3,7) : Info what-if-short-circuiting: Something.",
    ],
)
def test_a_warning_fails_it(tmp_path: Path, says: str) -> None:
    status, told, _ = checked(tmp_path, says)

    assert status == 1
    assert says in told


@pytest.mark.parametrize(("version", "taken"), [(check_bicep.VERSION, "bicep"), ("0.99.1", "az bicep")])
def test_of_two_compilers_the_pinned_one_is_taken(tmp_path: Path, version: str, taken: str) -> None:
    checked(tmp_path, "", "az")
    _, _, calls = checked(tmp_path, "", "bicep", version)

    assert {call.startswith("bicep ") for call in calls[6:]} == {taken == "az bicep"}


def test_without_a_compiler_it_fails_and_says_so(tmp_path: Path) -> None:
    status, told, calls = checked(tmp_path, None)

    assert status == 1
    assert "NOT CHECKED" in told
    assert calls == []


def test_what_a_parameter_file_reads_is_given_to_the_compiler() -> None:
    given = check_bicep.SETTINGS.keys() | check_bicep.OUTPUTS.keys() | {"IDENTITY_PROVIDER"}
    needed = {
        name for path in PARAMETERS for name, *default in Bicep(path).calls("readEnvironmentVariable") if not default
    }

    assert needed <= given
