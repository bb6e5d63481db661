"""Each alert looks for what the app and its host really write, goes to somebody, and is explained."""

import re
import textwrap

import pytest

from local.host.host import Host
from local.host.triggers import ChangeFeedTrigger, HttpTrigger
from shared.events import delivery
from tests.infra.bicep import INFRA, Bicep, literal, text

ROOT = INFRA.parent
ALERTS = Bicep(INFRA / "alerts.bicep")
SOURCE = (INFRA / "alerts.bicep").read_text()
QUERIES = {
    name: textwrap.dedent(query)
    for name, query in re.findall(r"name: '([\w-]+)'\n    summary: .*?query: '''\n(.*?)'''", SOURCE, re.DOTALL)
}
OPERATIONS = (ROOT / "docs/operations.md").read_text()


def logged() -> str:
    """The source of what delivers events and sends them, which is where the alerts' lines come from."""
    return (ROOT / "shared/events/delivery.py").read_text() + (ROOT / "shared/webhooks/sender.py").read_text()


def test_what_is_asked_for_has_an_alert() -> None:
    assert set(QUERIES) == {
        "errors", "feed-stands-still", "feed-fails", "feed-lags", "dead-letters", "timers", "webhooks-stand-still",
        "webhooks-lag", "webhooks-disabled", "forgotten-timers-stand-still",
    }  # fmt: skip
    assert "StatusCode" in SOURCE
    assert "'429'" in SOURCE


@pytest.mark.parametrize("name", ["feed-lags", "dead-letters", "webhooks-lag", "webhooks-disabled"])
def test_the_lines_that_are_looked_for_are_written(name: str) -> None:
    (line,) = re.findall(r"contains '(.+)'", QUERIES[name])

    assert re.search(rf'log\.(?:error|warning)\(\s*"[^"]*{re.escape(line)}', logged())
    assert delivery.LATE_SECONDS == 300


async def test_functions_are_told_apart_by_their_names() -> None:
    """A request without a status is no HTTP function's; of those, all but the change feed's run by the clock."""
    host = await Host.load(
        ROOT, {"COSMOS_DATABASE": "a", "COSMOS_CONNECTION": "AccountEndpoint=http://localhost:1/;AccountKey=YQ=="}
    )

    names = {function.name for function in host.functions}
    assert set(re.findall(r"Name == '(\w+)'", SOURCE)) <= names
    for function in host.functions:
        assert isinstance(function.trigger, ChangeFeedTrigger) == function.name.startswith("change_feed_")
        assert not function.name.startswith("http_") or isinstance(function.trigger, HttpTrigger)


def test_every_alert_goes_to_somebody() -> None:
    alerts, throttling = ALERTS.properties("alerts"), ALERTS.properties("throttling")

    assert text(alerts["properties.actions.actionGroups"]) == "[people.id]"
    assert "actionGroupId: people.id" in text(throttling["properties.actions"])
    assert "emailAddress: email" in text(ALERTS.properties("people")["properties.emailReceivers"])
    assert text(Bicep(INFRA / "main.bicep").properties("alerts")["params.email"]) == "publisherEmail"


def test_audits_go_to_the_workspace() -> None:
    logs = [name for name, _ in ALERTS.of_kind("resource").items() if name.endswith("Logs")]

    assert {text(ALERTS.properties(name)["scope"]) for name in logs} == {"cosmos", "store", "vault"}
    assert {text(ALERTS.properties(name)["properties.workspaceId"]) for name in logs} == {"workspace.id"}


def test_the_budget_warns_before_it_is_spent() -> None:
    budget = ALERTS.properties("budget")

    assert text(budget["properties.amount"]) == "monthlyBudget"
    assert int(text(budget["properties.notifications.spent.threshold"])) < 100
    assert literal(budget["properties.notifications.forecast.thresholdType"]) == "Forecasted"
    assert "@onlyIfNotExists()\nresource budget" in SOURCE


@pytest.mark.parametrize("name", [*QUERIES, "throttling", "budget"])
def test_it_is_explained(name: str) -> None:
    assert re.search(rf"^\| `{name}` \|", OPERATIONS, re.MULTILINE)
