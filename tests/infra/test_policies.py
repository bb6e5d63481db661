"""API Management's policies are well-formed and complete, and agree with the contract and with what is behind them."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from functions.http_calendar.routes import IN_HEADER, SECRET_HEADER, SUFFIX
from local.host import cors
from tests.calling import PROBLEM_FIELDS
from tests.infra.bicep import INFRA, Bicep, literal

POLICIES = sorted((INFRA / "policies").glob("*.xml"))
SECTIONS = ["inbound", "backend", "outbound", "on-error"]


def policy(name: str) -> ET.Element:
    return ET.parse(INFRA / "policies" / name).getroot()  # noqa: S314 - our own file


def attributes(root: ET.Element) -> list[str]:
    return [value for element in root.iter() for value in (*element.attrib.values(), element.text or "")]


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.name)
def test_every_expression_is_balanced(path: Path) -> None:
    for value in attributes(policy(path.name)):
        if value.strip().startswith("@("):
            outside = re.sub(r'"[^"]*"', "", value.strip())
            assert outside.count("(") == outside.count(")")
            assert outside.endswith(")")
        else:
            assert "context." not in value


@pytest.mark.parametrize("name", ["service.xml", "api.xml"])
def test_it_has_every_section(name: str) -> None:
    assert [section.tag for section in policy(name)] == SECTIONS


def test_every_named_value_is_made_and_used() -> None:
    gateway = Bicep(INFRA / "gateway.bicep")
    made = {*gateway.properties("plainValues"), literal(gateway.properties("functionKey")["name"])}
    used = {name for path in POLICIES for name in re.findall(r"{{([\w-]+)}}", path.read_text())}

    assert used == made


def test_every_policy_is_deployed_and_every_fragment_made() -> None:
    gateway = Bicep(INFRA / "gateway.bicep")
    included = {one.attrib["fragment-id"] for path in POLICIES for one in policy(path.name).iter("include-fragment")}

    assert {f"policies/{path.name}" for path in POLICIES} == {name for (name,) in gateway.calls("loadTextContent")}
    assert included == {literal(gateway.properties("problem")["name"])}


def test_tokens_are_checked_but_for_what_the_contract_leaves_open() -> None:
    document = json.loads((INFRA.parent / "docs/openapi.json").read_text())
    operations = [one for path in document["paths"].values() for one in path.values() if "operationId" in one]
    public = {one["operationId"] for one in operations if "401" not in one["responses"]}
    choices = [one for one in policy("api.xml").iter("choose") if one.find("otherwise/validate-jwt") is not None]
    (condition,) = [when.attrib["condition"] for choose in choices for when in choose.findall("when")]

    assert public
    assert set(re.findall(r'"([^"]+)"', condition)) - {"head-"} == public
    assert 'context.Operation.Id.StartsWith("head-") ? context.Operation.Id.Substring(5)' in condition
    (check,) = policy("api.xml").iter("validate-jwt")
    assert {one.tag for one in check} == {"openid-config", "audiences", "issuers"}
    assert check.attrib["header-name"] == "Authorization"
    assert check.attrib["failed-validation-httpcode"] == "401"


def test_browsers_are_told_what_the_local_host_tells_them() -> None:
    inbound = policy("service.xml").find("inbound")
    assert inbound is not None
    rules = inbound[0]

    def listed(path: str) -> str:
        return ", ".join(one.text or "" for one in rules.findall(path))

    assert rules.tag == "cors"
    assert rules.attrib["allow-credentials"] == "true"
    assert listed("allowed-origins/origin") == "{{frontend-origin}}"
    assert listed("allowed-methods/method") == cors._METHODS
    assert listed("allowed-headers/header") == cors._HEADERS
    assert listed("expose-headers/header") == cors._EXPOSED


def test_errors_have_the_contracts_body() -> None:
    (body,) = [one.attrib["value"] for one in policy("problem.xml").iter("set-variable")]

    assert set(re.findall(r'new JProperty\("(\w+)"', body)) == PROBLEM_FIELDS
    types = [
        one.findtext("value")
        for one in policy("problem.xml").iter("set-header")
        if one.attrib["name"] == "Content-Type"
    ]
    assert set(types) == {"application/problem+json"}
    for name in ("service.xml", "api.xml"):
        codes = [one.attrib["value"] for one in policy(name).iter("set-variable") if one.attrib["name"] == "code"]
        words = {word for code in codes for word in (re.findall(r'[?:] "(\w+)"', code) or [code])}
        assert words
        assert all(re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", word) for word in words)


def test_every_branch_sets_what_the_body_needs() -> None:
    branches = [
        branch
        for name in ("service.xml", "api.xml")
        for branch in (*policy(name).iter("when"), *policy(name).iter("otherwise"))
        if branch.find("set-variable[@name='status']") is not None
    ]

    assert len(branches) == 6
    for branch in branches:
        names = {one.attrib["name"] for one in branch.iter("set-variable")}
        assert {"status", "title", "code", "message"} <= names


def test_the_backend_is_the_templates_whatever_an_import_makes_of_the_document() -> None:
    inbound = policy("api.xml").find("inbound")
    assert inbound is not None

    assert [one.attrib for one in inbound.findall("set-backend-service")] == [{"base-url": "{{backend-url}}"}]
    assert "servers" not in json.loads((INFRA / "gateway_api.json").read_text())


def test_the_functions_get_their_key_and_nobody_elses() -> None:
    inbound = policy("api.xml").find("inbound")
    assert inbound is not None
    headers = {one.attrib["name"]: one for one in inbound.findall("set-header")}
    queries = {one.attrib["name"]: one.attrib["exists-action"] for one in inbound.findall("set-query-parameter")}

    assert headers["x-functions-key"].findtext("value") == "{{function-key}}"
    assert headers["x-functions-key"].attrib["exists-action"] == "override"
    assert headers["Ocp-Apim-Subscription-Key"].attrib["exists-action"] == "delete"
    assert queries == {"subscription-key": "delete", "code": "delete"}
    (limit,) = inbound.findall("rate-limit-by-key")
    assert limit.attrib["counter-key"] == '@((string)context.Variables["caller"])'


def test_a_calendars_secret_goes_to_the_functions_in_a_header_and_no_other_call_has_one() -> None:
    moves = [one for one in policy("api.xml").iter("choose") if one.find("when/rewrite-uri") is not None]
    (choose,) = moves
    (when, otherwise) = choose
    assert set(re.findall(r'"([^"]+)"', when.attrib["condition"])) == {"get-calendar", "head-get-calendar"}
    (rewrite,) = when.iter("rewrite-uri")
    (header,) = when.iter("set-header")
    assert rewrite.attrib["template"] == f"/calendar/{IN_HEADER}{SUFFIX}"
    assert header.attrib == {"name": SECRET_HEADER, "exists-action": "override"}
    assert SUFFIX in (header.findtext("value") or "")
    (dropped,) = otherwise.iter("set-header")
    assert dropped.attrib == {"name": SECRET_HEADER, "exists-action": "delete"}
