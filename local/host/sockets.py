"""Opens the sockets to listen on: loopback only, in both kinds of address that `localhost` may mean."""

import errno
import socket
from collections.abc import Sequence

from local.host.errors import HostError


def listen(port: int, setting: str = "") -> Sequence[socket.socket]:
    """Bind the port (0: any free one) and keep it bound, so that nobody takes it between a check and its use."""
    first = _bound(socket.AF_INET, "127.0.0.1", port, setting)
    try:
        second = _bound(socket.AF_INET6, "::1", first.getsockname()[1], setting)
    except HostError:
        first.close()
        raise
    except OSError:
        # This machine has no IPv6 loopback.
        return [first]
    return [first, second]


def _bound(family: socket.AddressFamily, address: str, port: int, setting: str) -> socket.socket:
    candidate = socket.socket(family, socket.SOCK_STREAM)
    try:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        candidate.bind((address, port))
        candidate.listen(128)
    except OSError as error:
        candidate.close()
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            reason = "taken" if error.errno == errno.EADDRINUSE else "not allowed"
            hint = f"; choose another with {setting}=…" if setting else ""
            raise HostError(f"Port {port} is {reason}{hint}") from error
        raise
    return candidate
