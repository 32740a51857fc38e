"""The command line from outside: exit codes, messages, JSON, and what it reads."""

import json
import re
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from activity_sql.settings import Settings
from tests.support.command import activity_sql
from tests.support.directus import ROLE

AWKWARD_PASSWORD = 'p%40 ?/:#@"\\$HOME=&ü'


@pytest.fixture
def environment(database: Settings) -> dict[str, str]:
    """The database as Directus's own variables name it."""
    parts = conninfo_to_dict(database.conninfo)
    return {
        "DB_CLIENT": "pg",
        "DB_HOST": parts["host"],
        "DB_PORT": str(parts["port"]),
        "DB_DATABASE": parts["dbname"],
        "DB_USER": parts["user"],
        "DB_PASSWORD": parts["password"],
    }


def test_from_nothing_to_an_answer(tmp_path: Path, environment: dict[str, str]) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        done = activity_sql(*arguments, folder=tmp_path, environment=environment)
        assert done.stderr == ""
        return done.returncode, done.stdout

    assert run("status")[0] == 2
    code, output = run("plan")
    assert (code, "Nothing was changed." in output) == (0, True)
    code, output = run("migrate")
    assert code == 0
    assert re.search(r"created  \d+ functions", output)
    assert "verified" in output
    code, output = run("migrate")
    assert (code, "up to date" in output) == (0, True)
    assert run("status")[0] == 0
    assert run("verify")[0] == 0
    code, output = run("verify", "--json")
    assert (code, json.loads(output)["verified"]) == (0, True)
    assert json.loads(run("plan", "--json")[1])["plan"]["steps"] == []


def test_an_env_file_of_directus_with_an_awkward_password(
    tmp_path: Path, environment: dict[str, str], superuser: psycopg.Connection, cluster
) -> None:
    superuser.execute(
        psycopg.sql.SQL("ALTER ROLE {} PASSWORD {}").format(
            psycopg.sql.Identifier(ROLE), AWKWARD_PASSWORD
        )
    )
    try:
        environment["DB_PASSWORD"] = f"'{AWKWARD_PASSWORD}'"
        lines = [f"{name}={value}" for name, value in environment.items()]
        (tmp_path / ".env").write_text("\n".join(lines) + "\n")
        done = activity_sql("migrate", folder=tmp_path, environment={})
        assert done.returncode == 0, done.stderr
    finally:
        superuser.execute(
            psycopg.sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                psycopg.sql.Identifier(ROLE), cluster.password
            )
        )


def test_render_writes_what_yoyo_lists_as_applied(
    tmp_path: Path, environment: dict[str, str], database: Settings
) -> None:
    assert activity_sql("migrate", folder=tmp_path, environment=environment).returncode == 0
    done = activity_sql("render", folder=tmp_path, environment={})
    assert done.returncode == 0, done.stderr
    rendered = {path.stem for path in (tmp_path / "build/sql").glob("*.sql")}
    with psycopg.connect(database.conninfo) as connection:
        marked = {
            name
            for (name,) in connection.execute(
                "SELECT migration_id FROM activity_sql._yoyo_migration"
            )
        }
    assert marked == {name for name in rendered if not name.startswith("index.")}


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "said"),
    [
        (["nonsense"], {}, 1, "nonsense"),
        (["plan", "--no-such"], {}, 1, "--no-such"),
        (["plan", "--config", "none.toml"], {}, 1, "none.toml is not a file"),
        (["plan"], {"DATABASE_URL": "postgresql://%"}, 1, "malformed"),
        (["plan"], {"DATABASE_URL": "postgresql://127.0.0.1:1/x"}, 3, "cannot be reached"),
        (["render", "--out", "/dev/null/x"], {}, 1, "cannot be written"),
    ],
)
def test_what_goes_wrong_has_a_code_a_cause_and_a_mend(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], code: int, said: str
) -> None:
    done = activity_sql(*arguments, folder=tmp_path, environment=environment)
    assert done.returncode == code
    cause, *mend = done.stderr.splitlines()
    assert said in cause
    assert mend
    assert "Traceback" not in done.stderr

    done = activity_sql(*arguments, "--json", folder=tmp_path, environment=environment)
    error = json.loads(done.stdout)["error"]
    assert (error["exit_code"], said in error["cause"], done.returncode) == (code, True, code)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"DB_PASSWORD": "wrong"}, "password authentication failed"),
        ({"DB_DATABASE": "no_such"}, "no_such"),
        ({"DB_DATABASE": "postgres"}, "There is no table directus_activity in schema 'public'"),
    ],
)
def test_a_database_that_is_none(
    tmp_path: Path, environment: dict[str, str], change: dict[str, str], said: str
) -> None:
    done = activity_sql("migrate", folder=tmp_path, environment=environment | change)
    assert done.returncode == 3
    cause, mend = done.stderr.splitlines()
    assert said in cause
    assert mend


def test_help_without_arguments(tmp_path: Path) -> None:
    done = activity_sql(folder=tmp_path, environment={})
    assert done.returncode == 0
    assert "migrate" in done.stdout
