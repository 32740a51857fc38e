"""The sixty seconds of the README: made, found again, stopped, and nothing left running."""

import json
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.command import activity_sql


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder the server's own account can reach; pytest's are root's alone."""
    folder = Path(tempfile.gettempdir()) / f"activity-sql-demo-{secrets.token_hex(4)}"
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_a_demo_from_start_to_stop(place: Path, tmp_path: Path) -> None:
    def demo(*arguments: str) -> str:
        done = activity_sql(
            "demo", "--directory", str(place), *arguments, folder=tmp_path, environment={}
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    try:
        shown = demo()
        assert re.search(r"created  \d+ functions", shown)
        assert "203.0.113.10" in shown
        url = next(line for line in shown.splitlines() if "DATABASE_URL=" in line).split("=", 1)[1]
        with psycopg.connect(url) as connection:
            rows = "SELECT (SELECT count(*) FROM directus_activity), count(*) FROM directus_users"
            assert connection.execute(rows).fetchone() == (100_000, 342)

        again = json.loads(demo("--json"))
        assert (again["generated_rows"], len(again["addresses"])) == (0, 10)
        assert again["deployment"]["plan"]["steps"] == []
    finally:
        assert "Stopped the demo" in demo("--stop")
    assert "No demo is running" in demo("--stop")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
