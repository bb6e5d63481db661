"""Addresses: checked as they are written, after resolving, and where the connection goes."""

from ipaddress import ip_address

import pytest

from shared.webhooks.addresses import AddressRefusedError, Resolver, parsed, require_allowed, require_reachable

NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "::127.0.0.1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:a9fe:a9fe::1", "3fff::1", "5f00::1", "fc00::1",
    "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
]  # fmt: skip
LOOPBACK = ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(AddressRefusedError):
        require_allowed([ip_address("8.8.8.8"), ip_address(address)], "https", to_loopback=False)


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "2a00:1450::1"])
def test_what_is_public_is_allowed_by_https_alone(address: str) -> None:
    for to_loopback in (False, True):
        require_allowed([ip_address(address)], "https", to_loopback=to_loopback)
        with pytest.raises(AddressRefusedError, match="https"):
            require_allowed([ip_address(address)], "http", to_loopback=to_loopback)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_the_setting_for_laptops_allows_loopback_and_nothing_else(address: str, scheme: str) -> None:
    if address in LOOPBACK or address == "127.255.255.254":
        require_allowed([ip_address(address)], scheme, to_loopback=True)
    else:
        with pytest.raises(AddressRefusedError):
            require_allowed([ip_address(address)], scheme, to_loopback=True)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST"])
async def test_a_name_is_refused_by_what_it_resolves_to(host: str) -> None:
    with pytest.raises(AddressRefusedError):
        await Resolver("https", to_loopback=False).resolve(host, 443)
    with pytest.raises(AddressRefusedError):
        await require_reachable(f"https://{host}/", to_loopback=False)
    await require_reachable(f"http://{host}:8080/", to_loopback=True)


async def test_the_connection_goes_to_addresses_that_were_checked() -> None:
    found = await Resolver("http", to_loopback=True).resolve("localhost", 8080)

    assert found
    assert {ip_address(one["host"]).is_loopback for one in found} == {True}
    assert {(one["hostname"], one["port"]) for one in found} == {("localhost", 8080)}


async def test_a_name_that_does_not_resolve_now_is_asked_for_at_each_delivery() -> None:
    await require_reachable("https://no-such-host.invalid/", to_loopback=False)
    with pytest.raises(AddressRefusedError, match="https"):
        await require_reachable("http://no-such-host.invalid/", to_loopback=True)
    with pytest.raises(OSError, match=r".+"):
        await Resolver("https", to_loopback=False).resolve("no-such-host.invalid", 443)


@pytest.mark.parametrize(
    "url",
    [
        "https://a b/", "https://a\n/", "https://a\\b/", "https://[::1", "https://a:b/", "https://\x7f/", "x" * 2001,
        "https://a:0/", "https://..com/", "https://a..com/", "https://.com/", f"https://{64 * 'a'}.com/",
        f"https://{40 * 'ä'}{40 * 'ö'}.com/", "https://a℀b.com/",
    ],
)  # fmt: skip
async def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(AddressRefusedError):
        parsed(url, to_loopback=True)
    with pytest.raises(AddressRefusedError):
        await require_reachable(url, to_loopback=True)


@pytest.mark.parametrize("host", [f"{63 * 'a'}.invalid", "no-such-host.invalid.", ".".join(80 * ["abc"])])
async def test_a_long_name_or_one_that_ends_with_a_dot_is_an_address(host: str) -> None:
    await require_reachable(f"https://{host}/", to_loopback=False)
