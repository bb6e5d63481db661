"""Which addresses webhooks may have: public ones by https; with `WEBHOOKS_TO_LOOPBACK`, this machine's own as well.

A name is resolved at each delivery, and the connection goes to an address that was checked: what a name resolved to
earlier, or resolves to when it is asked a second time, does not count.
"""

import asyncio
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

LONGEST_URL = 2000
# What a path and a query may hold beside letters and digits (RFC 3986), and `%` before what is escaped already.
AS_WRITTEN = "!$%&'()*+,-./:;=?@_~"
# Slow name servers hold up these threads, never those in which the database's name is resolved.
RESOLVING_THREADS = 32
# Whoever registers a webhook has an answer well within the deadline of a request.
PATIENCE_SECONDS = 2

# IANA's registry of special-purpose addresses (RFC 6890 and its updates), and multicast. What Python's own `is_global`
# knows of them differs between its versions.
_SPECIAL_IPV4 = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
)  # fmt: skip
SPECIAL_IPV4 = tuple(map(IPv4Network, _SPECIAL_IPV4))
# There Azure itself answers every machine: DNS, health probes, the agent's settings. The metadata are link-local.
PLATFORM = IPv4Address("168.63.129.16")
GLOBAL_UNICAST = IPv6Network("2000::/3")
# Within that. Some tunnel to IPv4 addresses, which may be anything.
SPECIAL_IPV6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))


class AddressRefusedError(OSError):
    """A webhook may not be sent there. An OSError, so that aiohttp hands it on as it hands on what resolving raises."""


def parsed(url: str, *, to_loopback: bool) -> URL:
    """The address of a webhook, its path and query as they are written, an IP address in it checked.

    Raises AddressRefusedError.
    """
    if len(url) > LONGEST_URL or not url.isprintable() or any(letter in url for letter in ' \\"<>'):
        raise AddressRefusedError("it is not an address")
    try:
        address, written = URL(url), urlsplit(url)
        host, port = address.host, address.port
    except ValueError as error:
        raise AddressRefusedError("it is not an address") from error
    # Python's encoding of names raises for a part that is empty or longer than 63 characters, and no OSError.
    if port == 0 or (host and not all(0 < len(part) <= 63 for part in _parts(address.raw_host or ""))):
        raise AddressRefusedError("it is not an address")
    if not host or address.scheme not in {"https", "http"}:
        raise AddressRefusedError("it must begin with https://")
    if address.user is not None or address.password is not None:
        raise AddressRefusedError("it must not hold a user name or a password")
    if address.scheme == "http" and not to_loopback:
        raise AddressRefusedError("it must begin with https://")
    try:
        literal = ip_address(host)
    except ValueError:
        if _is_odd_number(host):
            raise AddressRefusedError("its IP address must be written in the usual form") from None
    else:
        require_allowed([literal], address.scheme, to_loopback=to_loopback)
    # yarl makes `/` of an escaped `%2F` in a query, among others. Receivers whose addresses are signed, as CloudFront's
    # and Laravel's are, refuse that.
    return URL.build(
        scheme=address.scheme,
        authority=address.raw_authority,
        path=quote(written.path, AS_WRITTEN) or "/",
        query_string=quote(written.query, AS_WRITTEN),
        encoded=True,
    )


def _parts(host: str) -> list[str]:
    """The parts of a name as it is asked for, of which the last may be empty: `example.com.`."""
    return host.removesuffix(".").split(".")


def _is_odd_number(host: str) -> bool:
    """Whether it is an IPv4 address all the same to the C library: `2130706433`, `0x7f.1`."""
    try:
        socket.inet_aton(host)
    except (OSError, UnicodeError):
        return False
    return True


def require_allowed(addresses: Iterable[IPv4Address | IPv6Address], scheme: str, *, to_loopback: bool) -> None:
    """Raises AddressRefusedError if one of the addresses is not public, or may not be reached by this scheme."""
    for address in addresses:
        plain = getattr(address, "ipv4_mapped", None) or address
        if plain.is_loopback and to_loopback:
            continue
        if not _is_public(plain):
            raise AddressRefusedError("it leads to an address that is not public")
        if scheme != "https":
            raise AddressRefusedError("it must begin with https://")


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return address != PLATFORM and not any(address in network for network in SPECIAL_IPV4)
    return address in GLOBAL_UNICAST and not any(address in network for network in SPECIAL_IPV6)


async def require_reachable(url: str, *, to_loopback: bool) -> None:
    """Check an address, and what its name resolves to. Raises AddressRefusedError.

    A name that can't be resolved now passes with https: each delivery asks again. With http it must be this machine's.
    """
    address = parsed(url, to_loopback=to_loopback)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await Resolver(address.scheme, to_loopback=to_loopback).resolve(address.host or "", address.port or 0)
    except AddressRefusedError:
        raise
    except OSError:
        if address.scheme != "https":
            raise AddressRefusedError("it must begin with https://") from None


class Resolver(AbstractResolver):
    """Resolves names to addresses to which a webhook may be sent; raises AddressRefusedError if any is another."""

    def __init__(self, scheme: str, *, to_loopback: bool) -> None:
        self._scheme = scheme
        self._to_loopback = to_loopback

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """What aiohttp connects to. Raises OSError."""
        loop = asyncio.get_running_loop()
        found: list[Any] = await loop.run_in_executor(
            _threads(), socket.getaddrinfo, host, port, family, socket.SOCK_STREAM
        )
        numbers = [(each[0], str(each[4][0])) for each in found]
        require_allowed(
            (ip_address(number.partition("%")[0]) for _, number in numbers),
            self._scheme,
            to_loopback=self._to_loopback,
        )
        return [
            ResolveResult(hostname=host, host=number, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
            for kind, number in numbers
        ]

    async def close(self) -> None:
        """There is nothing to close."""


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(RESOLVING_THREADS, "webhook-names")
