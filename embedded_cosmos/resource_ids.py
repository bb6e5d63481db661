"""The service's resource ids: short base64 texts that nest, database in container in document."""

import base64
import secrets

_CONTAINER_BIT = 0x80000000


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode().replace("/", "-")


def _bytes(rid: str) -> bytes:
    return base64.b64decode(rid.replace("-", "/"))


def new_database_rid() -> str:
    """Unlike any other account's: a client must be able to tell a database from one of the same name elsewhere."""
    return _text(secrets.randbits(31).to_bytes(4, "big"))


def container_rid(database: str, n: int) -> str:
    return _text(_bytes(database) + (_CONTAINER_BIT | n).to_bytes(4, "big"))


class DocumentIds:
    """Makes a container's document rids; what does not change is worked out once."""

    def __init__(self, container: str) -> None:
        self._container = _bytes(container)

    def rid(self, n: int) -> str:
        return _text(self._container + n.to_bytes(8, "little"))

    def number(self, rid: str) -> int | None:
        """The number of a document's rid; None for a text that is no document of this container."""
        try:
            data = _bytes(rid)
        except ValueError:
            return None
        return int.from_bytes(data[8:], "little") if len(data) == 16 and data[:8] == self._container else None
