"""Somebody opens `/api/docs`, authorises, and tries a call out. A screenshot of each step is kept in `.artefacts/`."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.wait import WebDriverWait

from tests.http.openapi.serving import Person, Served

pytestmark = pytest.mark.browser

ARTEFACTS = Path(__file__).parents[2] / ".artefacts"
PATIENCE_SECONDS = 30
RUNNING = "#operations-time-entries-get-running-time-entry"
LISTED = "#operations-time-entries-list-time-entries"
CREATED = "#operations-time-entries-create-time-entry"


class Page:
    """Swagger UI, as a person uses it."""

    def __init__(self, browser: Chrome, served: Served) -> None:
        self._browser = browser
        self._address = f"{served.url}/api/docs"

    def open(self, suffix: str = "") -> None:
        self._browser.get(self._address + suffix)
        self.see(RUNNING)

    def see(self, selector: str) -> WebElement:
        """What can be seen and clicked; it is waited for."""
        found: WebElement = WebDriverWait(self._browser, PATIENCE_SECONDS).until(
            expected.element_to_be_clickable((By.CSS_SELECTOR, selector))
        )
        return found

    def authorize(self, header: str) -> None:
        self.see(".auth-wrapper > .authorize").click()
        self.see(".auth-container input").send_keys(header)
        self.see(".auth-container button[type=submit]").click()
        self.picture("authorised")
        self.see(".auth-container button.btn-done").click()

    def try_out(self, operation: str) -> int:
        """Send a call as it stands; gives the status that is shown."""
        if not self._browser.find_elements(By.CSS_SELECTOR, f"{operation}.is-open"):
            self.see(f"{operation} .opblock-summary-control").click()
        self.see(f"{operation} .try-out__btn").click()
        self.see(f"{operation} .execute").click()
        status = self.see(f"{operation} .live-responses-table tbody .response-col_status")
        self._browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", status)
        return int(status.text.split()[0])

    def picture(self, name: str) -> None:
        ARTEFACTS.mkdir(exist_ok=True)
        assert self._browser.save_screenshot(str(ARTEFACTS / f"docs-{name}.png"))

    def requests(self) -> list[dict[str, Any]]:
        """What the browser has sent since this was last asked."""
        messages = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        return [m["params"]["request"] for m in messages if m["method"] == "Network.requestWillBeSent"]

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self._log("browser") if entry["level"] != "INFO"]

    def _log(self, kind: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self._browser.get_log(kind)  # type: ignore[no-untyped-call]
        return entries


@pytest.fixture
def page(browser: Chrome, served: Served) -> Page:
    return Page(browser, served)


def test_the_token_that_is_typed_is_sent_with_every_call(page: Page) -> None:
    """Nothing runs for somebody new: 204. The token survives a reload."""
    header = Person(str(uuid4())).headers["Authorization"]
    page.open()
    page.picture("opened")
    page.authorize(header)
    assert page.try_out(RUNNING) == 204
    page.picture("tried-out")
    page.open("/")
    assert page.try_out(RUNNING) == 204
    sent = [one["headers"].get("Authorization") for one in page.requests() if one["url"].endswith("/running")]
    assert sent == [header, header]
    assert page.complaints() == []


def test_a_call_is_tried_out_as_it_is_without_options(page: Page) -> None:
    """Swagger UI sends the example of each parameter unless it is wiped: a list of another's, an old `If-Match`."""
    page.open()
    page.authorize(Person(str(uuid4())).headers["Authorization"])

    assert page.try_out(LISTED) == 200
    page.picture("without-options")
    assert page.try_out(CREATED) == 400

    sent = {one["method"]: one for one in page.requests() if urlsplit(one["url"]).path.endswith("/time-entries")}
    assert set(parse_qs(urlsplit(sent["GET"]["url"]).query)) <= {"timezone_offset", "limit", "deleted"}
    assert "Idempotency-Key" not in sent["POST"]["headers"]


def test_without_a_token_a_call_is_refused(page: Page) -> None:
    page.open()
    assert page.try_out(RUNNING) == 401


def test_the_page_asks_nobody_else(page: Page, served: Served) -> None:
    page.open()
    asked = {urlsplit(one["url"]).netloc for one in page.requests() if one["url"].startswith("http")}
    assert asked == {urlsplit(served.url).netloc}
    assert page.complaints() == []
