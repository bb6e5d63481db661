"""Ids: UUIDs of any version, written 8-4-4-4-12."""

from uuid import UUID


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID of any version and case, written 8-4-4-4-12."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
