"""`/api/docs` and the document over HTTP: no token, nothing from elsewhere, nothing but what is named."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.http.openapi.serving import Served

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def get(served: Served) -> Any:
    def got(path: str, **headers: str) -> requests.Response:
        return requests.get(f"{served.url}/api/{path}", headers=headers, timeout=10)

    return got


@pytest.mark.parametrize("name", ["openapi.json", "swagger.json", "openapi.json/"])
def test_the_document_has_two_names_and_needs_no_token(get: Any, described: dict[str, Any], name: str) -> None:
    answer = get(name)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    assert answer.json() == described


@pytest.mark.parametrize("path", ["docs", "docs/"])
def test_the_page_loads_nothing_from_elsewhere(get: Any, path: str) -> None:
    answer = get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert not re.search(r"(https?:)?//\w", re.sub(r"// .*", "", answer.text))
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("swagger-ui-bundle.js", "text/javascript"), ("swagger-ui.css", "text/css"), ("favicon-32x32.png", "image/png")],
)
def test_its_files_are_kept_by_browsers(get: Any, name: str, media_type: str) -> None:
    first = get(f"docs/{name}")
    assert first.status_code == 200
    assert first.headers["Content-Type"].partition(";")[0] == media_type
    assert first.headers["Cache-Control"] == "public, max-age=3600"
    tag = first.headers["ETag"].strip('"')
    for known in (f'"{tag}"', f'W/"{tag}"', f'"{tag}-gzip"'):
        again = get(f"docs/{name}", **{"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        # Caches take these over: Squid served a stylesheet as `application/json` once it had asked anew.
        for header in ("Content-Type", "ETag", "Cache-Control", "Vary"):
            assert again.headers[header] == first.headers[header]
    assert get(f"docs/{name}", **{"If-None-Match": '"another"'}).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "index.html",
        "swagger-ui-bundle.js.map",
        "files.py",
        "..%2ffiles.py",
        "%2e%2e%2ffiles.py",
        "..%5cfiles.py",
        "%2fetc%2fpasswd",
    ],
)
def test_nothing_else_can_be_had(get: Any, name: str) -> None:
    answer = get(f"docs/{name}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "file_not_found"


def test_a_path_below_a_file_is_nothing(get: Any) -> None:
    assert get("docs/../docs/swagger-ui.css/..%2f..").status_code in {401, 404}


def test_a_cold_start_pays_for_none_of_it() -> None:
    program = "import json, sys, function_app; print(json.dumps([m for m in sys.modules if '.' not in m]))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    assert not {"apispec", "swagger_ui_bundle", "jinja2"} & set(json.loads(done.stdout))
