"""What deploys runs step after step, ends with the first one that fails, and takes nothing but main and tags."""

import os
import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.bicep import INFRA, PARAMETERS, Bicep

ROOT = INFRA.parent
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text())
# What a provisioning answers: names in the service's own case, and values that a shell would take apart.
ANSWER = '{"azurE_RESOURCE_GROUP": {"value": "rg a"}, "functioN_APP_NAME": {"value": "$(touch stolen); x=\'y\' *"}}'
PROGRAM = """#!/bin/sh
echo "$(basename "$0") $* app=$FUNCTION_APP_NAME" >> "{folder}/calls"
case "$(basename "$0") $*" in {fails}) exit 3 ;; esac
case "$*" in
"deployment sub"*) cat "{folder}/answer" ;;
"deployment group"*) echo https://example.com/api ;;
esac
"""


def deployed(folder: Path, fails: str = "nothing") -> tuple[int, str, list[str]]:
    """Run `infra/deploy` where `az`, `make` and `curl` note how they are called: exit code, stdout, and those calls."""
    (folder / "answer").write_text(ANSWER)
    for name in ("az", "make", "curl"):
        program = folder / name
        program.write_text(PROGRAM.format(folder=folder, fails=fails))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "AZURE_ENV_NAME": "test", "AZURE_LOCATION": "here"}
    done = subprocess.run([INFRA / "deploy"], env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    return done.returncode, done.stdout, (folder / "calls").read_text().splitlines()


def test_the_steps_follow_one_another_with_what_the_first_gave(tmp_path: Path) -> None:
    status, told, calls = deployed(tmp_path)

    assert (status, told) == (0, "https://example.com/api\n")
    steps = [" ".join(call.split()[:3]) for call in calls]
    assert [step for step in steps if not step.startswith("make package")] == [
        "az deployment sub", "make migrate app=$(touch", "az functionapp deployment", "az deployment group",
        "curl --fail --silent",
    ]  # fmt: skip
    assert calls[-1].endswith("app=$(touch stolen); x='y' *")
    assert "--name $(touch stolen); x='y' * --src" in next(call for call in calls if "functionapp" in call)
    assert not list(ROOT.glob("stolen")) + list(INFRA.glob("stolen"))


@pytest.mark.parametrize(
    "step",
    [
        "'az deployment sub '*",
        "'make migrate'*",
        "'make package'*",
        "'az functionapp '*",
        "'az deployment group '*",
        "'curl '*",
    ],
)
def test_nothing_follows_a_step_that_failed(tmp_path: Path, step: str) -> None:
    status, told, calls = deployed(tmp_path, fails=step)

    assert status == 3
    assert told == ""
    assert calls[-1].startswith(step.strip("*").strip("'"))


def step(name: str) -> str:
    (found,) = [one["run"] for job in WORKFLOW["jobs"].values() for one in job["steps"] if one.get("name") == name]
    run: str = found
    return run


def bash(script: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a step as GitHub does: `bash -e`."""
    everything = {"PATH": os.environ["PATH"], "HOME": str(cwd), **environment}
    return subprocess.run(  # noqa: S603 - our own script
        ["/bin/bash", "-e", "-c", script], cwd=cwd, env=everything, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(("ends", "status"), [("echo https://example.com/api", 0), ("exit 3", 3)])
def test_the_workflow_sees_that_the_gateway_failed(tmp_path: Path, ends: str, status: int) -> None:
    (tmp_path / "infra").mkdir()
    gateway = tmp_path / "infra/deploy-gateway"
    gateway.write_text(f"#!/bin/sh\n{ends}\n")
    gateway.chmod(0o755)

    done = bash(step("Put the gateway before it"), tmp_path, GITHUB_OUTPUT=str(tmp_path / "output"))

    assert done.returncode == status
    assert (tmp_path / "output").exists() == (status == 0)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with main, a branch, a tag, and a branch that is named like a tag that isn't there."""
    origin, clone = tmp_path_factory.mktemp("origin"), tmp_path_factory.mktemp("clone")
    script = """
    git init -q -b main . && git config user.email a@example.com && git config user.name A
    git commit -q --allow-empty -m one && git tag v1 && git commit -q --allow-empty -m two
    git branch feature && git branch v2
    """
    assert bash(script, origin).returncode == 0
    assert bash(f"git clone -q {origin} .", clone).returncode == 0
    return clone


def ref_step() -> str:
    (found,) = [one["run"] for one in WORKFLOW["jobs"]["ref"]["steps"] if one.get("id") == "ref"]
    run: str = found
    return run


@pytest.mark.parametrize(("ref", "commit"), [("main", "origin/main"), ("v1", "v1")])
def test_main_and_tags_are_deployed(checkout: Path, tmp_path: Path, ref: str, commit: str) -> None:
    output = tmp_path / "output"

    done = bash(ref_step(), checkout, REF=ref, GITHUB_REF="refs/heads/main", GITHUB_OUTPUT=str(output))

    assert done.returncode == 0
    assert output.read_text() == f"commit={bash(f'git rev-parse {commit}', checkout).stdout}"


@pytest.mark.parametrize(
    ("ref", "runs_from"),
    [
        ("feature", "refs/heads/main"),
        ("v2", "refs/heads/main"),
        ("HEAD", "refs/heads/main"),
        ("", "refs/heads/main"),
        ("main", "refs/heads/feature"),
        ("v1", "refs/pull/1/merge"),
    ],
)
def test_nothing_else_is(checkout: Path, tmp_path: Path, ref: str, runs_from: str) -> None:
    output = tmp_path / "output"

    done = bash(ref_step(), checkout, REF=ref, GITHUB_REF=runs_from, GITHUB_OUTPUT=str(output))

    assert done.returncode == 1
    assert done.stderr
    assert not output.exists()


def test_only_what_was_checked_is_signed_in_for() -> None:
    jobs: dict[str, Any] = WORKFLOW["jobs"]
    (checked_out,) = [one["with"]["ref"] for one in jobs["deploy"]["steps"] if "checkout@" in one.get("uses", "")]

    assert checked_out == "${{ needs.ref.outputs.commit }}"
    assert jobs["deploy"]["needs"] == "ref"
    assert [name for name, job in jobs.items() if "id-token" in job["permissions"]] == ["deploy"]


def test_a_release_hands_its_secrets_on() -> None:
    release = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())

    assert release["jobs"]["deploy"]["secrets"] == "inherit"


def test_what_must_be_there_can_not_be_empty() -> None:
    """A variable that is not set arrives as an empty text."""
    for path in PARAMETERS:
        template, given = Bicep(path.with_suffix(".bicep")), path.read_text()
        source = path.with_suffix(".bicep").read_text()
        for name, variable in re.findall(r"^param (\w+) = readEnvironmentVariable\('(\w+)'\)$", given, re.MULTILINE):
            decorators = re.search(rf"((?:^@.*\n)+)^param {name} string", source, re.MULTILINE)
            assert decorators, (name, variable)
            assert re.search(r"@minLength\([1-9]\)", decorators[1]), variable
        assert template.required <= template.of_kind("param").keys()


def test_each_identity_provider_says_what_it_needs() -> None:
    source = (INFRA / "main.bicep").read_text()
    types = dict(re.findall(r"^type (\w+)Provider = {\n(.*?)^}", source, re.MULTILINE | re.DOTALL))
    filled = {name: set(re.findall(r"^  (\w+): filled$", body, re.MULTILINE)) for name, body in types.items()}

    assert filled == {
        "b2c": {"tenantId", "tenantName", "policy"},
        "externalId": {"tenantId", "tenantName"},
        "entra": {"tenantId"},
    }
    assert re.search(r"@minLength\(1\)\ntype filled = string", source)
    assert re.search(
        r"@discriminator\('kind'\)\ntype provider = b2cProvider \| externalIdProvider \| entraProvider", source
    )
    assert "fail('MS_CLIENT_ID needs MS_SECRET and MS_AUTHORITY as well.')" in source
