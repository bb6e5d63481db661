"""The writes of one owner that are still to be made, in an order in which no two entries ever overlap in between."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import NAMESPACE_URL, uuid5

from operations.adopt.planning import ACTION, Target
from shared.cosmos.items import Document, is_live, own_fields
from shared.time_entries.rules import Interval, overlap
from shared.time_entries.store import Write, fitting
from shared.time_entries.timeline import interval_of


class Waiting:
    """`documents` are all items that the owner has here, by id; `targets`, what some of them are to become."""

    def __init__(self, documents: Mapping[str, Document], targets: Mapping[str, Target]) -> None:
        self._documents = dict(documents)
        differing = {item_id: target for item_id, target in targets.items() if self._differs(target)}
        # What gives room, and takes none, goes first.
        self._freeing = {item_id: target for item_id, target in differing.items() if self._frees(target)}
        self._filling = {item_id: target for item_id, target in differing.items() if item_id not in self._freeing}
        # Where those lie now that are to lie elsewhere: nothing else is in anyone's way.
        self._leaving = {item_id: interval for item_id, interval in self.shown().items() if item_id in self._filling}

    def shown(self) -> dict[str, Interval]:
        """The intervals of the owner's live entries, by id."""
        return {item_id: interval_of(document) for item_id, document in self._documents.items() if is_live(document)}

    def next_writes(self) -> list[Write]:
        """A batch of what can be written now; empty when all is as it is to be."""
        if self._freeing:
            return fitting(map(self._write, self._freeing.values()))
        if self._filling and not (writes := fitting(self._ready())):
            # They wait for one another in a circle: one of them is taken out for as long as that takes.
            return [self._taken_out(next(iter(self._leaving)))]
        return writes if self._filling else []

    def apply(self, writes: Sequence[Write], etags: Sequence[str]) -> None:
        """These writes were made, and left these etags."""
        for write, etag in zip(writes, etags, strict=False):
            item_id = write.after["id"]
            self._documents[item_id] = write.after | {"_etag": etag, "_last_event_ctx": {"action": ACTION}}
            self._leaving.pop(item_id, None)
            for left in (self._freeing, self._filling):
                if item_id in left and left[item_id].document == write.after:
                    del left[item_id]

    def _ready(self) -> Iterator[Write]:
        for item_id, target in self._filling.items():
            interval = interval_of(target.document)
            if not any(other != item_id and overlap(interval, there) for other, there in self._leaving.items()):
                yield self._write(target)

    def _write(self, target: Target) -> Write:
        return Write(self._documents.get(target.document["id"]), target.document, ACTION, target.description)

    def _taken_out(self, item_id: str) -> Write:
        present = self._documents[item_id]
        gone = own_fields(present) | {"deleted": str(uuid5(NAMESPACE_URL, item_id))}
        return Write(present, gone, ACTION, "Adopt a time entry (on its way to another place)")

    def _differs(self, target: Target) -> bool:
        present = self._documents.get(target.document["id"])
        return present is None or own_fields(present) != own_fields(target.document)

    def _frees(self, target: Target) -> bool:
        """Whether it only gives room: a deletion, or an entry that stays within its place."""
        if not is_live(target.document):
            return True
        present = self._documents.get(target.document["id"])
        if present is None or not is_live(present):
            return False
        (start, end), (new_start, new_end) = interval_of(present), interval_of(target.document)
        return new_start >= start and (end is None or (new_end is not None and new_end <= end))
