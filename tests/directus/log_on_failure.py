"""A pytest hook: the end of Directus's log beside every failure. A conftest imports it."""

from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the log of every fixture that has a `log_tail()`."""
    report = yield
    if report.failed:
        for name, fixture in getattr(item, "funcargs", {}).items():
            if hasattr(fixture, "log_tail"):
                report.sections.append((f"end of Directus's log ({name})", fixture.log_tail()))
    return report
