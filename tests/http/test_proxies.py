"""Conditional calls through proxies that compress answers: they change entity tags, and hand on what comes back."""

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from string import Template

import aiohttp
import pytest

from benchmarks import stack
from tests.application import Application
from tests.calendar.test_addresses import address
from tests.calling import Answer, Person, ago
from tests.world import World

WHERE = f"{os.environ['PATH']}:/usr/sbin"
PATIENCE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Proxy:
    """A program, its arguments, and its configuration, which compresses what the API answers."""

    program: str
    arguments: tuple[str, ...]
    configuration: str
    # What it makes of the tag ABC.
    form: str


NGINX = """
pid $folder/pid;
events {}
http {
    access_log off;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    server {
        listen 127.0.0.1:$port;
        gzip on;
        gzip_types application/json text/calendar;
        location / { proxy_pass $api; proxy_http_version 1.1; }
    }
}
"""
APACHE = """
ServerRoot $folder
PidFile $folder/pid
ErrorLog $folder/errors
ServerName localhost
Listen 127.0.0.1:$port
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
LoadModule filter_module /usr/lib/apache2/modules/mod_filter.so
LoadModule deflate_module /usr/lib/apache2/modules/mod_deflate.so
AddOutputFilterByType DEFLATE application/json text/calendar
ProxyPass / $api/
"""
HAPROXY = """
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
listen api
    bind 127.0.0.1:$port
    compression algo gzip
    compression type application/json text/calendar
    server api $authority
"""
PROXIES = [
    Proxy("nginx", ("-e", "stderr", "-c", "$file", "-g", "daemon off;"), NGINX, 'W/"ABC"'),
    Proxy("apache2", ("-D", "FOREGROUND", "-f", "$file"), APACHE, '"ABC-gzip"'),
    Proxy("haproxy", ("-db", "-f", "$file"), HAPROXY, 'W/"ABC"'),
]


@pytest.fixture(params=PROXIES, ids=lambda proxy: proxy.program)
async def proxied(request: pytest.FixtureRequest, app: Application, tmp_path: Path) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy, and where it answers for the app."""
    proxy: Proxy = request.param
    program = shutil.which(proxy.program, path=WHERE)
    if program is None:
        # In CI it is installed, and a test without it fails.
        assert os.environ.get("CI") != "true"
        pytest.skip(f"{proxy.program} is not installed")
    port = stack.free_port()
    file = tmp_path / "configuration"
    values = {"folder": tmp_path, "file": file, "port": port, "api": app.url, "authority": app.url.partition("//")[2]}
    file.write_text(Template(proxy.configuration).substitute(values))
    arguments = [Template(one).substitute(values) for one in proxy.arguments]
    process = await asyncio.create_subprocess_exec(program, *arguments, stdout=DEVNULL, stderr=DEVNULL)
    try:
        await _listens(port)
        yield proxy, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def _listens(port: int) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.02)


def tag(answer: Answer) -> str:
    return answer.headers["ETag"]


async def test_a_write_goes_by_the_tag_that_the_proxy_made(proxied: tuple[Proxy, str], world: World) -> None:
    proxy, url = proxied
    entry = await world.entry("10:00", "11:00")
    one, user = f"time-entries/{entry['id']}", replace(world.user, url=url, headers={"Accept-Encoding": "gzip"})

    def with_tag_of(answer: Answer) -> Person:
        return user.with_headers(If_Match=tag(answer))

    direct, read = await world.user.get(one), await user.get(one)
    assert tag(read) == proxy.form.replace("ABC", tag(direct).strip('"'))

    changed = await with_tag_of(read).put(one, {"uri": "x"})
    assert changed.ok()["uri"] == "x"
    (await with_tag_of(read).put(one, {"uri": "lost"})).refused(412, "precondition_failed")
    (await with_tag_of(changed).delete(one)).ok(204)


async def test_a_calendar_that_has_not_changed_is_not_sent_again(
    proxied: tuple[Proxy, str], world: World, http: aiohttp.ClientSession
) -> None:
    await world.entry(ago(hours=3), ago(hours=2))
    calendar = (await address(world.user)).replace(world.user.url, proxied[1])

    async with http.get(calendar, headers={"Accept-Encoding": "gzip"}) as first:
        etag = first.headers["ETag"]
        assert (first.status, first.headers["Content-Encoding"]) == (200, "gzip")
    async with http.get(calendar, headers={"Accept-Encoding": "gzip", "If-None-Match": etag}) as again:
        assert (again.status, await again.read()) == (304, b"")
