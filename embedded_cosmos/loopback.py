"""Tells whether a request was sent to this machine by name.

A page on the internet can let its own domain name resolve to 127.0.0.1 (DNS rebinding) and then send requests to a
server on this machine as if they were of its own origin. The browser still puts that domain name into `Host`, so a
server that takes loopback names alone is out of reach for such a page.
"""

import re
from functools import lru_cache
from ipaddress import ip_address

_AUTHORITY = re.compile(r"(?:\[(?P<ipv6>[0-9a-f:.]+)\]|(?P<name>[^\[\]:]+))(?::\d{1,5})?", re.IGNORECASE)


# Nearly every request names the same.
@lru_cache(256)
def names_loopback(host: str | None) -> bool:
    """Whether the value of a Host header is `localhost`, a name under it, or a loopback address, with any port."""
    match = _AUTHORITY.fullmatch(host or "")
    if match is None:
        return False
    name = (match["ipv6"] or match["name"]).lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
