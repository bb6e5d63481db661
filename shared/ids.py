"""Ids: UUIDs of any version, written 8-4-4-4-12. They are read in any case and kept in lower case (RFC 9562)."""

from uuid import UUID


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID of any version and case, written 8-4-4-4-12."""
    return uuid_in(text) is not None


def uuid_in(text: object) -> str | None:
    """The UUID that `text` is, in lower case; None if it is none."""
    if not isinstance(text, str):
        return None
    try:
        uuid = str(UUID(text))
    except ValueError:
        return None
    return uuid if uuid == text.lower() else None
