"""Everything a database holds, for before and after."""

import os
import re
import shutil
import subprocess

from activity_sql.cluster import Cluster


def dump(cluster: Cluster, conninfo: str) -> str:
    """`pg_dump -s`, without what differs from run to run."""
    program = cluster.installation.bin_dir / "pg_dump"
    found = str(program) if program.exists() else shutil.which("pg_dump")
    assert found, "pg_dump is not installed"
    text = subprocess.run(
        [found, "--schema-only", conninfo],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    ).stdout
    return re.sub(r"^\\(un)?restrict .*$", "", text, flags=re.MULTILINE)


def psql(cluster: Cluster, conninfo: str, file: str) -> subprocess.CompletedProcess[str]:
    """Run a file with psql."""
    program = cluster.installation.bin_dir / "psql"
    found = str(program) if program.exists() else shutil.which("psql")
    assert found, "psql is not installed"
    return subprocess.run(
        [found, "--no-psqlrc", "-f", file, conninfo],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
