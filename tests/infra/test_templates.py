"""The templates hang together: what a compiler would find first is found here, for there is none on a laptop."""

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.infra.bicep import INFRA, PARAMETERS, TEMPLATES, Bicep, literal, text

ROOT = INFRA.parent
MODULES = [(template, name) for template in map(Bicep, TEMPLATES) for name in sorted(template.of_kind("module"))]


@pytest.mark.parametrize("path", [*TEMPLATES, *PARAMETERS], ids=lambda path: path.name)
def test_it_is_well_formed(path: Path) -> None:
    assert Bicep(path).mistakes == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_name_is_declared_and_every_parameter_used(path: Path) -> None:
    template = Bicep(path)
    used = template.names_used()

    assert used <= template.declared.keys()
    assert template.of_kind("param").keys() | template.of_kind("var").keys() | template.of_kind("type").keys() <= used


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_parameters_and_outputs_are_described_and_typed(path: Path) -> None:
    assert Bicep(path).undescribed == set()
    assert not re.search(r"^(?:param|output) \w+ (?:object|array)\b", path.read_text(), re.MULTILINE)


@pytest.mark.parametrize(("template", "name"), MODULES, ids=[name for _, name in MODULES])
def test_a_module_is_given_just_its_parameters(template: Bicep, name: str) -> None:
    module = Bicep(INFRA / literal(next(c for c in template.declared[name][1].children if c.type == "string")))
    given = {path.removeprefix("params.") for path in template.properties(name) if re.fullmatch(r"params\.\w+", path)}

    assert module.required <= given <= module.of_kind("param").keys()
    assert {output for one, output in template.outputs_used() if one == name} <= module.outputs


@pytest.mark.parametrize("path", PARAMETERS, ids=lambda path: path.name)
def test_the_parameters_are_the_templates(path: Path) -> None:
    given, template = Bicep(path).of_kind("param").keys(), Bicep(path.with_suffix(".bicep"))

    assert template.required <= given <= template.of_kind("param").keys()


def test_what_the_parameters_read_is_documented_and_set_by_the_deployment() -> None:
    reads = [call for path in PARAMETERS for call in Bicep(path).calls("readEnvironmentVariable")]
    required = {name for name, *default in reads if not default}
    job = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text())["jobs"]["deploy"]
    set_there = set(job["env"]).union(*(step.get("env", {}) for step in job["steps"]))
    outputs = Bicep(INFRA / "main.bicep").outputs
    documented = set(re.findall(r"`([A-Z][A-Z_]+)`", (ROOT / "docs/deploying.md").read_text()))

    assert required <= set_there | outputs
    assert {name for name, *_ in reads} - outputs <= documented


def test_what_is_loaded_is_there_and_small_enough() -> None:
    for template in map(Bicep, TEMPLATES):
        for function, most in (("loadTextContent", 131_072), ("loadJsonContent", 1_048_576)):
            for (name,) in template.calls(function):
                assert len((INFRA / name).read_text(encoding="utf-8")) <= most, name


def test_the_database_is_strong_and_knows_no_keys() -> None:
    account = Bicep(INFRA / "database.bicep").properties("account")

    assert text(account["properties.consistencyPolicy.defaultConsistencyLevel"]) == "'Strong'"
    assert text(account["properties.disableLocalAuth"]) == "true"
    assert text(account["properties.disableKeyBasedMetadataWriteAccess"]) == "true"


@pytest.mark.parametrize(
    ("template", "resource", "path", "value"),
    [
        ("storage.bicep", "account", "properties.allowSharedKeyAccess", "false"),
        ("storage.bicep", "account", "properties.allowBlobPublicAccess", "false"),
        ("flags.bicep", "store", "properties.disableLocalAuth", "true"),
        ("monitoring.bicep", "insights", "properties.DisableLocalAuth", "true"),
        ("functions.bicep", "app", "properties.httpsOnly", "true"),
        ("functions.bicep", "scm", "properties.allow", "false"),
        ("functions.bicep", "ftp", "properties.allow", "false"),
        ("gateway.bicep", "functionKey", "properties.secret", "true"),
        ("gateway.bicep", "service", "sku.name", "'BasicV2'"),
    ],
)
def test_what_identity_serves_is_closed_to_keys(template: str, resource: str, path: str, value: str) -> None:
    assert text(Bicep(INFRA / template).properties(resource)[path]) == value


def test_the_runtime_is_the_python_that_the_tests_run() -> None:
    app = Bicep(INFRA / "functions.bicep").properties("app")
    version = literal(app["properties.functionAppConfig.runtime.version"])

    assert f"test-{version}:" in (ROOT / "Makefile").read_text()


def test_every_rule_of_the_linter_warns_but_those_with_a_reason() -> None:
    rules = json.loads((INFRA / "bicepconfig.json").read_text())["analyzers"]["core"]["rules"]
    off = {name for name, rule in rules.items() if rule["level"] == "off"}
    page = (ROOT / "docs/deploying.md").read_text()

    assert {rule["level"] for rule in rules.values()} == {"warning", "off"}
    assert len(rules) >= 53
    assert off == set(re.findall(r"^- `([a-z-]+)`: \w", page, re.MULTILINE))


def test_a_warning_is_silenced_for_one_api_alone() -> None:
    silenced = [
        (rule, api)
        for path in TEMPLATES
        for rule, api in re.findall(r"^#disable-next-line (\S+)\nresource \w+ '(.+)@", path.read_text(), re.MULTILINE)
    ]

    assert set(silenced) == {("use-recent-api-versions", "Microsoft.Insights/diagnosticSettings")}
    assert sum(path.read_text().count("#disable") for path in TEMPLATES) == len(silenced)


def test_the_name_of_a_role_assignment_depends_on_its_principal() -> None:
    assignments = [
        properties
        for template in map(Bicep, TEMPLATES)
        for name, node in template.of_kind("resource").items()
        if "roleAssignments@" in text(node) and (properties := template.properties(name))
    ]

    assert len(assignments) >= 4
    for properties in assignments:
        assert text(properties["properties.principalId"]) in text(properties["name"])
        assert "properties.principalType" in properties


def test_one_resource_has_one_version_of_its_api() -> None:
    versions: dict[str, set[str]] = {}
    for path in TEMPLATES:
        for name, version in re.findall(r"'(Microsoft\.[\w/]+)@([\w-]+)'", path.read_text()):
            versions.setdefault(name, set()).add(version)

    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_provisioned_throughput_is_a_setting() -> None:
    given = Bicep(INFRA / "main.bicepparam").calls("readEnvironmentVariable")

    assert ["COSMOS_MAXIMUM_THROUGHPUT", "4000"] in given
    assert "maxThroughput: maximumThroughput" in (INFRA / "database.bicep").read_text()
