"""What `GET /changes` takes."""

from typing import Any

from marshmallow import ValidationError, validate, validates_schema

from shared.http.fields import Choice, Query, QueryInteger, Text, about

LONGEST_CURSOR = 4000
MOST_CHANGES = 1000
NOW = "now"


class ChangesQuery(Query):
    """Where to go on, and how many changes at a time."""

    cursor = Text(
        longest=LONGEST_CURSOR,
        load_default=None,
        metadata=about(
            "The `cursor` of the previous answer. Without it, everything that is there comes first.", "Zm9sbG93IG1l"
        ),
    )
    start = Choice(
        "ChangesStart",
        (NOW,),
        data_key="from",
        load_default=None,
        metadata=about("`now` to get a cursor alone, behind everything that is there.", NOW),
    )
    limit = QueryInteger(
        load_default=100,
        validate=validate.Range(1, MOST_CHANGES),
        metadata=about("The maximum number of changes.", 100),
    )

    @validates_schema
    def begin_once(self, data: dict[str, Any], **_: Any) -> None:
        if data["cursor"] is not None and data["start"] is not None:
            raise ValidationError("Not together with a cursor.", "from")
