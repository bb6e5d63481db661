"""The words of the language that are no names."""

KEYWORDS = frozenset(
    "SELECT DISTINCT TOP VALUE AS FROM JOIN IN WHERE GROUP BY ORDER ASC DESC OFFSET LIMIT AND OR NOT BETWEEN LIKE"  # noqa: SIM905  # a list of words reads best as words
    " ESCAPE EXISTS ARRAY TRUE FALSE NULL UNDEFINED UDF".split()
)
# These stand for a value and are, unlike the other keywords, written in lower case only.
CASE_SENSITIVE = frozenset({"TRUE", "FALSE", "NULL", "UNDEFINED"})
