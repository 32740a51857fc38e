"""Say how often each step of a state machine ran: one that never runs proves nothing."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties:
                if name == "steps":
                    terminalreporter.write_line(f"{report.nodeid}:")
                    terminalreporter.write_line(
                        ", ".join(f"{step} {count}" for step, count in value.items())
                    )
