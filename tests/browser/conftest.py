"""A real browser: Debian's Chromium without a window, driven through its own driver."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from embedded_cosmos.testing import CosmosAccount
from tests.http.openapi.serving import Served, served_app

SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1400",
)


@pytest.fixture(scope="session")
def served(cosmos_account: CosmosAccount, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_app(cosmos_account, tmp_path_factory.mktemp("app")) as app:
        yield app


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    options = ChromeOptions()
    options.binary_location = _program("chromium")
    for switch in (*SWITCHES, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = Chrome(options=options, service=Service(_program("chromedriver")))
    try:
        yield started
    finally:
        started.quit()


def _program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is not installed; on Debian: apt-get install chromium chromium-driver"
    return found
