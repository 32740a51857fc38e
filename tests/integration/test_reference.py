"""docs/sql-reference.md says what the database says of itself."""

import os
from pathlib import Path

import psycopg

from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.release import load_linted_release
from activity_sql.settings import Settings
from tests.support.reference import reference

FILE = Path(__file__).parents[2] / "docs" / "sql-reference.md"
REWRITE = "ACTIVITY_SQL_REWRITE_DOCS"


def test_the_reference_is_what_is_deployed(database: Settings) -> None:
    with connect(database) as connection:
        deploy(connection, load_linted_release(database), database)
    with psycopg.connect(database.conninfo) as connection:
        made = reference(connection)
    if os.environ.get(REWRITE):
        FILE.write_text(made, encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == made, "run make reference, and look at the diff"
