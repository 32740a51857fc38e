"""The databases that Directus owns, and the programs that work on them."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from activity_sql.cluster import HOST, Cluster
from tests.support.command import activity_sql
from tests.support.directus import ROLE

COMMAND_SECONDS = 60


@dataclass(frozen=True)
class Database:
    """A database of the ordinary role `directus`."""

    cluster: Cluster
    name: str

    @property
    def conninfo(self) -> str:
        return self.cluster.conninfo(self.name, ROLE, self.cluster.password)

    @property
    def environment(self) -> dict[str, str]:
        """Directus's own variables, which activity-sql reads as well."""
        return {
            "DB_CLIENT": "pg",
            "DB_HOST": HOST,
            "DB_PORT": str(self.cluster.port),
            "DB_DATABASE": self.name,
            "DB_USER": ROLE,
            "DB_PASSWORD": self.cluster.password,
        }

    def activity_sql(self, *arguments: str, folder: Path) -> str:
        """The output of our command line, run in `folder` with nothing but Directus's variables.

        Fails where it exits with anything but 0.
        """
        done = activity_sql(*arguments, folder=folder, environment=self.environment)
        output = done.stdout + done.stderr
        assert done.returncode == 0, output
        return output

    def psql(self, statement: str) -> str:
        """The rows of `statement` as comma-separated values, with times in UTC."""
        psql = shutil.which("psql")
        assert psql is not None, "psql is not on the PATH: install PostgreSQL's client"
        return subprocess.run(
            [psql, "--no-psqlrc", "--csv", "--set=ON_ERROR_STOP=1", "-c", statement, self.conninfo],
            env={"PATH": os.environ["PATH"], "PGTZ": "UTC"},
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=True,
        ).stdout


def create(cluster: Cluster, name: str, template: str = "template1") -> Database:
    """A new database of the role `directus`, which the tests' cluster has."""
    statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
    names = map(sql.Identifier, (name, ROLE, template))
    with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
        connection.execute(statement.format(*names))
    return Database(cluster, name)
