"""Say how often each step of a state machine ran, and keep the catalog as small as it was."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import Phase, settings

from activity_sql import cluster as clusters

# The first failure is enough, and the same on each run.
settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate], derandomize=True)
if os.environ.get("ACTIVITY_SQL_ROLLUP_PROFILE") == "mutants":
    settings.load_profile("mutants")


@pytest.fixture(autouse=True)
def vacuumed(cluster: clusters.Cluster, request: pytest.FixtureRequest) -> Iterator[None]:
    """Thousands of partitions are made and rolled back, and autovacuum is off."""
    yield
    if "activity" in request.fixturenames:
        with psycopg.connect(cluster.conninfo("deployed"), autocommit=True) as connection:
            connection.execute("VACUUM")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    # A step that never runs proves nothing.
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties:
                if name == "steps":
                    terminalreporter.write_line(f"{report.nodeid}:")
                    terminalreporter.write_line(
                        ", ".join(f"{step} {count}" for step, count in value.items())
                    )
