"""Where settings come from, and which of two wins."""

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from activity_sql.errors import UsageError
from activity_sql.settings import Settings, load_settings

AWKWARD = "p%40 ?/:#@'\"\\${HOME}=&ü"


def load(directory: Path, environment: dict[str, str] | None = None, **flags: object) -> Settings:
    return load_settings(environment=environment or {}, directory=directory, **flags)


def test_nothing_said_leaves_it_to_libpq(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert (settings.conninfo, settings.connection_parameters) == ("", {})
    assert settings.directus_schema == "public"


def test_flag_beats_environment_beats_env_file_beats_toml(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DB_HOST=from-env-file\nDB_SEARCH_PATH=env_file\n")
    (tmp_path / "activity-sql.toml").write_text(
        '[database]\nurl = "postgresql://toml/x"\n[directus]\nschema = "toml"\n'
    )
    environment = {
        "DATABASE_URL": "postgresql://environment/x",
        "ACTIVITY_SQL_DIRECTUS_SCHEMA": "environment",
    }

    flagged = load(
        tmp_path, environment, database_url="postgresql://flag/x", directus_schema="flag"
    )
    assert (flagged.conninfo, flagged.directus_schema) == ("postgresql://flag/x", "flag")

    from_environment = load(tmp_path, environment)
    assert from_environment.conninfo == "postgresql://environment/x"
    assert from_environment.directus_schema == "environment"

    from_file = load(tmp_path)
    assert from_file.connection_parameters == {"host": "from-env-file"}
    assert from_file.directus_schema == "env_file"

    (tmp_path / ".env").unlink()
    from_toml = load(tmp_path)
    assert (from_toml.conninfo, from_toml.directus_schema) == ("postgresql://toml/x", "toml")


def test_pg_variables_beat_the_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DB_HOST=from-env-file\n")
    assert load(tmp_path, {"PGHOST": "libpq"}).connection_parameters == {}


def test_directus_variables_keep_an_awkward_password(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        {
            "DB_CLIENT": "pg",
            "DB_HOST": "db",
            "DB_PORT": "5433",
            "DB_DATABASE": "cms",
            "DB_USER": "directus",
            "DB_PASSWORD": AWKWARD,
        },
    )
    assert settings.connection_parameters == {
        "host": "db",
        "port": "5433",
        "dbname": "cms",
        "user": "directus",
        "password": AWKWARD,
    }


def test_env_file_keeps_an_awkward_password(tmp_path: Path) -> None:
    password = 'p%40 ?/:#@"\\${HOME}=&ü'
    (tmp_path / "directus.env").write_text(f"DB_HOST=db\nDB_PASSWORD='{password}'\n")
    settings = load(tmp_path, env_file=tmp_path / "directus.env")
    assert settings.connection_parameters["password"] == password


def test_password_is_not_shown(tmp_path: Path) -> None:
    settings = load(tmp_path, {"DB_HOST": "db", "DB_PASSWORD": AWKWARD})
    assert AWKWARD not in repr(settings)


def test_directus_type_prefix_and_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    settings = load(
        tmp_path,
        {
            "DB_HOST": "string:db",
            "DB_PASSWORD_FILE": str(tmp_path / "secret"),
            "DB_SEARCH_PATH": "array:cms,public",
        },
    )
    assert settings.connection_parameters == {"host": "db", "password": "from a file"}
    assert settings.directus_schema == "cms"


def test_connection_string_of_directus(tmp_path: Path) -> None:
    url = "postgresql://directus@db/cms"
    settings = load(tmp_path, {"DB_CLIENT": "pg", "DB_CONNECTION_STRING": url})
    assert conninfo_to_dict(settings.conninfo)["dbname"] == "cms"


@pytest.mark.parametrize(
    ("toml", "environment", "flags", "named"),
    [
        ("[database]\nurl = ", {}, {}, "not readable TOML"),
        ("[databse]\nurl = 'x'\n", {}, {}, "[databse]"),
        ("[database]\nurll = 'x'\n", {}, {}, "'urll'"),
        ("[database]\nlock_timeout_seconds = 0\n", {}, {}, "lock_timeout_seconds is 0"),
        ("", {"DB_CLIENT": "mysql", "DB_HOST": "x"}, {}, "'mysql'"),
        ("", {"DB_HOST": "x", "DB_PASSWORD_FILE": "/no/such"}, {}, "/no/such"),
        ("", {}, {"env_file": Path("/no/such/.env")}, "/no/such/.env"),
        ("", {}, {"toml_file": Path("/no/such.toml")}, "/no/such.toml"),
        ("", {}, {"directus_schema": "activity_sql"}, "'activity_sql'"),
        ("", {}, {"directus_schema": "x" * 64}, "identifier"),
    ],
)
def test_wrong_values_are_named_with_a_mend(
    tmp_path: Path, toml: str, environment: dict[str, str], flags: dict[str, object], named: str
) -> None:
    (tmp_path / "activity-sql.toml").write_text(toml)
    with pytest.raises(UsageError) as raised:
        load(tmp_path, environment, **flags)
    assert named in raised.value.cause
    assert raised.value.mend
