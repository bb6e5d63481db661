"""What an import answers, and what taking it back does."""

from marshmallow import fields, validate

from shared.http.fields import Answer, Id, Text, about

NOT_NEGATIVE = validate.Range(min=0)


class RowResult(Answer):
    """What is said of a row."""

    row = fields.Integer(
        validate=validate.Range(min=1), metadata=about("The row, as a spreadsheet numbers it: the header is 1.", 7)
    )
    code = Text(metadata=about("Why, for programs. It never changes.", "time_entry_overlap"))
    message = Text(metadata=about("Why, for people.", "There is another time entry in that date range"))


class MadeThings(Answer):
    """How many things an import made because they were not there."""

    customers = fields.Integer(validate=NOT_NEGATIVE, metadata=about("Customers.", 1))
    projects = fields.Integer(validate=NOT_NEGATIVE, metadata=about("Projects.", 2))
    activities = fields.Integer(validate=NOT_NEGATIVE, metadata=about("Activities.", 1))


class ImportResult(Answer):
    """What came of a file."""

    import_id = Id(
        allow_none=True,
        metadata=about(
            "The import, to take it back. The same file again is the same import. Null for a dry run.",
            "1b7c8d5a-3a8e-5a59-8b0f-0d9f6f3c4e03",
        ),
    )
    rows = fields.Integer(validate=NOT_NEGATIVE, metadata=about("The rows below the header.", 120))
    created = fields.Integer(validate=NOT_NEGATIVE, metadata=about("Rows whose time entry was created.", 118))
    unchanged = fields.Integer(
        validate=NOT_NEGATIVE, metadata=about("Rows whose time entry was there already, or was deleted since.", 0)
    )
    failed = fields.List(fields.Nested(RowResult), metadata=about("The rows that were not imported, and why."))
    notes = fields.List(fields.Nested(RowResult), metadata=about("What was chosen for a row that leaves a choice."))
    made = fields.Nested(MadeThings, metadata=about("What was made because it was not there."))


class KeptEntry(Answer):
    """A time entry that was not taken back."""

    id = Id(metadata=about("The id of the time entry.", "b7c8d5a4-3a8e-4a59-8b0f-0d9f6f3c4e03"))
    code = Text(metadata=about("Why: `changed_since` or `period_locked`.", "changed_since"))


class ImportTakenBack(Answer):
    """What came of taking an import back."""

    deleted = fields.Integer(validate=NOT_NEGATIVE, metadata=about("How many time entries were deleted.", 12))
    kept = fields.List(fields.Nested(KeptEntry), metadata=about("The time entries that stay, and why."))
