"""docs/cookbook.md: every query in it is run, and what it gives stands below it."""

import re

import psycopg

_RECIPE = re.compile(r"```sql\n(?P<query>.*?)```\n\n```text\n.*?```", re.DOTALL)
# smallint, integer, bigint, real, double precision, numeric: aligned to the right.
_NUMBERS = {21, 23, 20, 700, 701, 1700}


def queries(text: str) -> list[str]:
    """Every block of SQL, also one without an answer below it."""
    return re.findall(r"```sql\n(.*?)```", text, re.DOTALL)


def answered(text: str, connection: psycopg.Connection) -> tuple[str, int]:
    """The text with the answers that the queries give now, and how many there were."""

    def run(match: re.Match[str]) -> str:
        query = match["query"]
        return f"```sql\n{query}```\n\n```text\n{_answer(connection, query)}```"

    return _RECIPE.subn(run, text)


def _answer(connection: psycopg.Connection, query: str) -> str:
    """Rows in columns, each value as the server writes it."""
    result = connection.execute(query.encode()).pgresult
    columns = range(result.nfields)
    head = [result.fname(column).decode() for column in columns]
    rows = [
        [(result.get_value(row, column) or b"").decode() for column in columns]
        for row in range(result.ntuples)
    ]
    widths = [
        max(len(line) for row in [head, *rows] for line in row[column].split("\n"))
        for column in columns
    ]
    table = [head, ["-" * width for width in widths], *rows]
    return "".join(
        "  ".join(
            cell.rjust(width) if result.ftype(column) in _NUMBERS else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()
        + "\n"
        for cells in table
    )
