"""Say how often each step of a state machine ran, and keep the catalog as small as it was."""

from collections.abc import Iterator

import psycopg
import pytest

from activity_sql import cluster as clusters


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
