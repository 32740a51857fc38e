"""Where the database is and which schema is Directus's: flags, environment, files."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from activity_sql.errors import UsageError

TOML_NAME = "activity-sql.toml"
ENV_FILE_NAME = ".env"

# The folders of sql/indexes that each takes.
INDEX_PROFILES = {
    "minimal": ("minimal",),
    "published": ("minimal", "published"),
    "large": ("minimal", "large"),
}

# https://www.postgresql.org/docs/current/libpq-connect.html, as Directus names them.
_DIRECTUS_TO_LIBPQ = {
    "DB_HOST": "host",
    "DB_PORT": "port",
    "DB_DATABASE": "dbname",
    "DB_USER": "user",
    "DB_PASSWORD": "password",
}
_DIRECTUS_POSTGRES_CLIENTS = {"pg", "postgres"}
_TOML_KEYS = {
    "database": {"url", "lock_timeout_seconds"},
    "directus": {"schema", "indexes"},
    "cron": {"database"},
}


@dataclass(frozen=True)
class Settings:
    """Everything the tool takes from outside.

    `conninfo` is a libpq URL or keyword string, or "" for libpq's own PG* variables;
    `connection_parameters` are libpq keywords that go on top of it. `source` says where the
    connection came from, for messages. `lock_timeout_seconds` bounds each wait for a lock.
    `cron_database` is where pg_cron has to be, unless it is in Directus's own database; None looks
    in `postgres`, where it may be or not.
    `indexes` is the profile of indexes on directus_activity: minimal, published or large.
    """

    conninfo: str = field(default="", repr=False)
    connection_parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    source: str = "PG* variables"
    directus_schema: str = "public"
    lock_timeout_seconds: float = 5.0
    cron_database: str | None = None
    indexes: str = "minimal"


def load_settings(
    *,
    environment: Mapping[str, str],
    directory: Path,
    database_url: str | None = None,
    directus_schema: str | None = None,
    env_file: Path | None = None,
    toml_file: Path | None = None,
) -> Settings:
    """Settle every setting: flags beat the environment, that beats `.env`, that beats the toml.

    `directory` is where `.env` and `activity-sql.toml` are looked for unless named. The
    connection comes from one source only, the first that names one: `database_url`,
    DATABASE_URL, Directus's DB_* variables, PG* variables, `.env`, the toml file.

    Raises:
        UsageError: a named file is missing or malformed, a key is unknown, or a value is wrong.
    """
    toml = _read_toml(toml_file, directory / TOML_NAME)
    file_variables = _read_env_file(env_file, directory / ENV_FILE_NAME)
    env_file_name = str(env_file or ENV_FILE_NAME)

    conninfo, source = "", "PG* variables"
    parameters: dict[str, str] = {}
    if database_url:
        conninfo, source = database_url, "--database-url"
    elif found := _from_variables(environment, "the environment"):
        conninfo, parameters, source = found
    elif any(name in environment for name in ("PGHOST", "PGSERVICE", "PGDATABASE", "PGPORT")):
        pass
    elif found := _from_variables(file_variables, env_file_name):
        conninfo, parameters, source = found
    elif url := toml["database"].get("url"):
        conninfo, source = str(url), TOML_NAME

    schema = (
        directus_schema
        or environment.get("ACTIVITY_SQL_DIRECTUS_SCHEMA")
        or _search_path_head(environment.get("DB_SEARCH_PATH"))
        or file_variables.get("ACTIVITY_SQL_DIRECTUS_SCHEMA")
        or _search_path_head(file_variables.get("DB_SEARCH_PATH"))
        or str(toml["directus"].get("schema", "public"))
    )
    _check_schema(schema)
    indexes = str(
        environment.get("ACTIVITY_SQL_INDEXES")
        or file_variables.get("ACTIVITY_SQL_INDEXES")
        or toml["directus"].get("indexes", "minimal")
    )
    if indexes not in INDEX_PROFILES:
        raise UsageError(
            f"There is no index profile {indexes!r}.",
            mend=f"Take one of {', '.join(INDEX_PROFILES)}.",
        )
    return Settings(
        conninfo=conninfo,
        connection_parameters=parameters,
        source=source,
        directus_schema=schema,
        lock_timeout_seconds=_positive(toml["database"].get("lock_timeout_seconds", 5.0)),
        indexes=indexes,
        cron_database=str(toml["cron"]["database"]) if toml["cron"].get("database") else None,
    )


def load_settings_from_process(**flags: Any) -> Settings:
    """`load_settings` with this process's environment and working directory."""
    return load_settings(environment=os.environ, directory=Path.cwd(), **flags)


def _from_variables(
    variables: Mapping[str, str], source: str
) -> tuple[str, dict[str, str], str] | None:
    if url := variables.get("DATABASE_URL"):
        return url, {}, f"DATABASE_URL in {source}"
    if not any(name.startswith("DB_") for name in variables):
        return None
    client = _uncast(variables.get("DB_CLIENT", "pg"))
    if client not in _DIRECTUS_POSTGRES_CLIENTS:
        raise UsageError(
            f"DB_CLIENT in {source} is {client!r}; only PostgreSQL is supported.",
            mend="Point DB_CLIENT=pg and the other DB_* variables at Directus's PostgreSQL.",
        )
    if url := variables.get("DB_CONNECTION_STRING"):
        return _uncast(url), {}, f"DB_CONNECTION_STRING in {source}"
    parameters = {}
    for name, keyword in _DIRECTUS_TO_LIBPQ.items():
        if (value := _value_or_file(variables, name)) is not None:
            parameters[keyword] = value
    if not parameters:
        return None
    if _uncast(variables.get("DB_SSL", "")).lower() in {"true", "1"}:
        parameters["sslmode"] = "require"
    return "", parameters, f"DB_* variables in {source}"


def _value_or_file(variables: Mapping[str, str], name: str) -> str | None:
    if name in variables:
        return _uncast(variables[name])
    if path := variables.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise UsageError(
                f"{name}_FILE names {path}, which cannot be read: {error.strerror}.",
                mend=f"Correct {name}_FILE, or set {name} itself.",
            ) from error
    return None


def _uncast(value: str) -> str:
    """Directus lets a variable carry its type in front: `string:00123`."""
    return value.removeprefix("string:")


def _search_path_head(value: str | None) -> str | None:
    if not value:
        return None
    return value.removeprefix("array:").removeprefix("string:").split(",")[0].strip() or None


def _read_env_file(named: Path | None, default: Path) -> dict[str, str]:
    path = named or default
    if not path.is_file():
        if named:
            raise UsageError(f"{named} is not a file.", mend="Name Directus's .env file.")
        return {}
    try:
        values = dotenv_values(path, interpolate=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read: {error}.", mend="Make it a readable UTF-8 file."
        ) from error
    return {name: value for name, value in values.items() if value is not None}


def _read_toml(named: Path | None, default: Path) -> dict[str, dict[str, Any]]:
    path = named or default
    sections: dict[str, dict[str, Any]] = {name: {} for name in _TOML_KEYS}
    if not path.is_file():
        if named:
            raise UsageError(f"{named} is not a file.", mend="Name an existing settings file.")
        return sections
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} is not readable TOML: {error}.", mend="Correct it.") from error
    for section, values in content.items():
        known = _TOML_KEYS.get(section)
        if known is None or not isinstance(values, dict):
            raise UsageError(
                f"{path} has an unknown section [{section}].",
                mend=f"Known sections: {', '.join(sorted(_TOML_KEYS))}.",
            )
        for key in values:
            if key not in known:
                raise UsageError(
                    f"{path} has an unknown key {key!r} in [{section}].",
                    mend=f"Known keys there: {', '.join(sorted(known))}.",
                )
        sections[section] = values
    return sections


def _check_schema(schema: str) -> None:
    if "\x00" in schema or len(schema.encode()) > 63:
        raise UsageError(
            f"The Directus schema {schema!r} is no PostgreSQL identifier.",
            mend="Pass a name of at most 63 bytes.",
        )
    if schema == "activity_sql" or schema.startswith("pg_"):
        raise UsageError(
            f"The Directus schema cannot be {schema!r}.",
            mend="Pass the schema that holds directus_activity.",
        )


def _positive(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise UsageError(
            f"lock_timeout_seconds is {value!r}.", mend="Give a number of seconds above 0."
        )
    return float(value)
