"""The database that Directus owns, and the programs that work on it."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ACTIVITY_SQL = Path(sys.executable).with_name("activity-sql")
COMMAND_SECONDS = 60


@dataclass(frozen=True)
class Database:
    """A database and its owner, who is an ordinary role."""

    host: str
    port: int
    name: str
    user: str
    password: str
    conninfo: str

    @property
    def environment(self) -> dict[str, str]:
        """Directus's own variables, which activity-sql reads as well."""
        return {
            "DB_CLIENT": "pg",
            "DB_HOST": self.host,
            "DB_PORT": str(self.port),
            "DB_DATABASE": self.name,
            "DB_USER": self.user,
            "DB_PASSWORD": self.password,
        }

    def migrate(self, folder: Path) -> subprocess.CompletedProcess[str]:
        """Run `activity-sql migrate` in `folder`, with nothing set but Directus's variables."""
        return subprocess.run(
            [ACTIVITY_SQL, "migrate"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), **self.environment},
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

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
