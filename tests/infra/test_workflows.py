"""The workflows pin what they run, keep no secret, do things in the right order, and call targets that exist."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.commit_message import complaint

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text()


def load(name: str) -> dict[str, Any]:
    workflow: dict[str, Any] = yaml.safe_load((ROOT / name).read_text())
    return workflow


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_to_commits(path: Path) -> None:
    for step in steps(yaml.safe_load(path.read_text())):
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step.get("uses", "a/b@" + "0" * 40))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_nothing_is_permitted_that_no_job_asks_for(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())

    assert workflow["permissions"] == {}
    assert all("permissions" in job for job in workflow["jobs"].values())


def test_the_one_secret_is_that_of_a_foreign_directory() -> None:
    assert {name for path in WORKFLOWS for name in re.findall(r"secrets\.(\w+)", path.read_text())} == {"MS_SECRET"}


def test_azure_is_signed_in_to_without_a_secret() -> None:
    workflow = load(".github/workflows/deploy.yml")
    (login,) = [step for step in steps(workflow) if step.get("uses", "").startswith("azure/login@")]

    assert set(login["with"]) == {"client-id", "tenant-id", "subscription-id"}
    assert workflow["jobs"]["deploy"]["permissions"]["id-token"] == "write"


def test_a_deployment_migrates_before_the_new_code_and_opens_the_gateway_last() -> None:
    runs = [step.get("run", "") for step in steps(load(".github/workflows/deploy.yml"))]

    def at(words: str) -> int:
        (place,) = [place for place, run in enumerate(runs) if words in run]
        return place

    assert at("deploy-backend") < at("make migrate") < at("config-zip") < at("deploy-gateway") < at("/health")


def test_azd_does_the_same() -> None:
    project = load("azure.yaml")

    assert project["services"]["api"] == {"project": ".", "language": "python", "host": "function", "remoteBuild": True}
    assert project["hooks"]["postprovision"]["run"] == "make migrate"
    assert (ROOT / project["hooks"]["postdeploy"]["run"]).stat().st_mode & 0o100
    assert (ROOT / project["infra"]["path"] / f"{project['infra']['module']}.bicep").is_file()


def test_pull_requests_run_the_tests_on_the_oldest_python_with_their_coverage_and_on_azures() -> None:
    jobs = load(".github/workflows/pull-request.yml")["jobs"]
    runs = [step.get("run", "") for step in steps({"jobs": jobs})]

    assert jobs["test"]["strategy"]["matrix"]["include"] == [
        {"python": "3.11", "target": "coverage"},
        {"python": "3.13", "target": "test"},
    ]
    assert 'make "$TARGET"' in runs
    checks = {"make lint", "make check-workflows", "make check-bicep", "make check-openapi", "make test-clients"}
    assert checks <= set(runs)


def test_locally_the_same_is_run_and_no_suite_twice() -> None:
    lines = [line.strip() for line in (ROOT / ".ci/run").read_text().splitlines()]
    suites = [line for line in lines if re.fullmatch(r"make (test.*|coverage)", line)]

    assert suites == ["make coverage", "make test-browser", "make test-clients", "make test-3.13"]


def test_the_tests_have_to_cover_what_is_deployed_branches_included() -> None:
    coverage = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["coverage"]

    assert coverage["run"] == {"branch": True, "source": ["shared", "functions"]}
    assert coverage["report"]["fail_under"] >= 95
    assert re.search(r"^coverage:.*\n\t.*pytest \S+ --cov ", MAKEFILE, re.MULTILINE)


def test_every_target_that_is_called_exists() -> None:
    files = [*WORKFLOWS, ROOT / ".ci/run", ROOT / "azure.yaml"]
    called = {name for path in files for name in re.findall(r"\bmake ([a-z0-9.-]+)\b(?! no)", path.read_text())}

    assert called
    assert {name for name in called if not re.search(rf"^{re.escape(name)}:", MAKEFILE, re.MULTILINE)} == set()


def test_every_target_is_in_the_help() -> None:
    targets = set(re.findall(r"^([a-z0-9.-]+):", MAKEFILE, re.MULTILINE))

    assert targets == set(re.findall(r"^([a-z0-9.-]+):.* ## .+", MAKEFILE, re.MULTILINE))


def test_images_hold_what_is_copied_and_nothing_that_is_not() -> None:
    copied = {
        name.partition("/")[0]
        .replace("requirements-dev.txt", "requirements*.txt")
        .replace("requirements.txt", "requirements*.txt")
        for line in re.findall(r"^COPY (.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
        for name in line.split()
    }
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    assert copied == allowed
    assert all(list(ROOT.glob(name)) for name in allowed)


def test_newer_zone_data_is_looked_for_by_the_clock_and_comes_as_a_pull_request() -> None:
    """Checks of other work must not turn red because a release has come out."""
    workflow = load(".github/workflows/time-zone-data.yml")
    runs = "\n".join(step.get("run", "") for step in steps(workflow))

    # YAML reads `on` as true.
    assert set(workflow[True]) == {"schedule", "workflow_dispatch"}  # type: ignore[index]
    assert "make lock UPGRADE=tzdata" in runs
    assert "gh pr create" in runs
    assert not re.search(r"git push.*(main|HEAD)", runs)
    assert not [path for path in WORKFLOWS if path.name != "time-zone-data.yml" and "UPGRADE=" in path.read_text()]


@pytest.mark.parametrize(
    "prefix",
    [one["commit-message"]["prefix"] for one in load(".github/dependabot.yml")["updates"]],
)
def test_dependabots_commits_have_messages_of_ours(prefix: str) -> None:
    """It puts a colon behind a prefix that ends in a letter or a digit, and none behind one that ends in a blank."""
    assert prefix.endswith(" ")
    assert complaint(f"{prefix}bump a from 1 to 2") is None


def test_python_and_actions_are_kept_young() -> None:
    ecosystems = {one["package-ecosystem"] for one in load(".github/dependabot.yml")["updates"]}

    assert {"github-actions", "pip"} <= ecosystems


def test_the_lock_of_the_clients_names_no_address() -> None:
    lock = (ROOT / "tests/clients/package-lock.json").read_text()

    assert "://" not in lock, "run `make lock-clients`"
    assert "omit-lockfile-registry-resolved=true" in (ROOT / "tests/clients/.npmrc").read_text()


@pytest.mark.parametrize("name", ["openapi-fetch", "hey-api"])
def test_the_page_shows_the_programs_that_are_run(name: str) -> None:
    assert (ROOT / f"tests/clients/{name}.ts").read_text() in (ROOT / "docs/integrating.md").read_text()


def test_no_rule_for_the_openapi_document_is_off_without_a_reason() -> None:
    lines = (ROOT / "tests/clients/redocly.yaml").read_text().splitlines()
    rules = lines[lines.index("rules:") + 1 :]
    off = [place for place, line in enumerate(rules) if line.endswith(": off")]

    assert off
    assert all(rules[place - 1].lstrip().startswith("# ") for place in off)
    assert not any(re.search(r": warn$", line) for line in rules)
