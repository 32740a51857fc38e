"""docs/cookbook.md: its queries run, and give what it says."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.generate import PROFILES
from activity_sql.populate import populate
from activity_sql.release import load_linted_release
from activity_sql.settings import Settings
from tests.support.cookbook import answered, queries

FILE = Path(__file__).parents[2] / "docs" / "cookbook.md"
REWRITE = "ACTIVITY_SQL_REWRITE_DOCS"


def test_the_answers_in_the_cookbook_are_those_of_the_queries(database: Settings) -> None:
    rows, days = PROFILES["small"]
    with connect(database) as connection:
        deploy(connection, load_linted_release(database), database)
        until = datetime(2026, 1, 1, tzinfo=UTC)
        populate(connection, rows=rows, days=days, until=until, seed=1)
        connection.execute("SELECT * FROM refresh_activity_rollups()")
    text = FILE.read_text(encoding="utf-8")
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        made, recipes = answered(text, connection)
    assert recipes == len(queries(text)) == len(re.findall("^## ", text, re.MULTILINE)) == 20
    if os.environ.get(REWRITE):
        FILE.write_text(made, encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == made, "run make reference, and look at the diff"
