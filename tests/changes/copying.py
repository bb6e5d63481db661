"""Reading changes as a client does."""

from tests.calling import Item, Person


async def changes(person: Person, cursor: str | None = None, limit: int = 100) -> tuple[list[Item], str]:
    """Everything since the cursor, and the cursor behind it."""
    found: list[Item] = []
    while True:
        page = (await person.get("changes", {"limit": limit} | ({"cursor": cursor} if cursor else {}))).ok()
        assert len(page["data"]) <= limit
        found += page["data"]
        cursor = page["cursor"]
        if not page["more"]:
            return found, str(cursor)


async def now(person: Person) -> str:
    """A cursor behind everything that is there."""
    page = (await person.get("changes", {"from": "now"})).ok()
    assert page["data"] == []
    assert not page["more"]
    return str(page["cursor"])
