"""docs/sql-reference.md and docs/detectors.md say what the database says of itself."""

import os
from pathlib import Path

import psycopg

from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.release import load_linted_release
from activity_sql.settings import Settings
from tests.support.detectors import detectors
from tests.support.reference import reference

DOCS = Path(__file__).parents[2] / "docs"
MADE = {"sql-reference.md": reference, "detectors.md": detectors}
REWRITE = "ACTIVITY_SQL_REWRITE_DOCS"


def test_the_documents_are_what_is_deployed(database: Settings) -> None:
    with connect(database) as connection:
        deploy(connection, load_linted_release(database), database)
    for name, make in MADE.items():
        file = DOCS / name
        with psycopg.connect(database.conninfo) as connection:
            made = make(connection)
        if os.environ.get(REWRITE):
            file.write_text(made, encoding="utf-8")
        assert file.read_text(encoding="utf-8") == made, "run make reference, and look at the diff"
