"""What a query is refused with: a message and, where it is known, the place in the text."""


class SqlError(Exception):
    """The query is wrong, as Azure would say with a 400."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        self.message = message
        self.line = line
        self.column = column
        where = f" (line {line}, column {column})" if line else ""
        super().__init__(message + where)


class Unsupported(SqlError):  # noqa: N818  # the name says what the caller answers
    """The query may be right, but this engine does not do what it asks."""

    def __init__(self, feature: str, line: int = 0, column: int = 0) -> None:
        super().__init__(f"Not supported by the embedded database: {feature}", line, column)
        self.feature = feature
