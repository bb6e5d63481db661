"""The page that shows the API, and the files that it loads: Swagger UI's, from a package; nothing from elsewhere."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shared.errors import ApiError

# What may be asked for by name; nothing else is looked for, wherever a name may point.
MEDIA_TYPES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
PAGE = Path(__file__).with_name("page.html")
# A token is typed into this page: it runs no script but its own and Swagger UI's, and sends nothing anywhere else.
POLICY = (
    "default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is served."""

    content: bytes
    media_type: str
    etag: str


@cache
def page() -> tuple[bytes, str]:
    """The page, and the content security policy that lets its one inline script run."""
    content = PAGE.read_bytes()
    script = content.partition(b"<script>")[2].partition(b"</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script).digest()).decode()
    return content, POLICY.format(digest=digest)


@cache
def asset(name: str) -> File:
    """A file of Swagger UI; raises ApiError 404."""
    if name not in MEDIA_TYPES:
        raise ApiError(404, "file_not_found", "There is no such file")
    # Imported late: only who opens the docs needs it.
    from swagger_ui_bundle import swagger_ui_path  # type: ignore[import-untyped]  # noqa: PLC0415

    content = (swagger_ui_path / name).read_bytes()
    return File(content, MEDIA_TYPES[name], f'"{hashlib.sha256(content).hexdigest()[:24]}"')
