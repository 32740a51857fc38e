"""Run the command line as a person would: another process, only the environment that is given."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ACTIVITY_SQL = Path(sys.executable).with_name("activity-sql")


def activity_sql(
    *arguments: str, folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ACTIVITY_SQL), *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
