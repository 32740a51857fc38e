"""What a caller may rely on: columns, both kinds of alert, their order."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.oracle import Activity
from tests.support.contract import refuses, types_of
from tests.support.rows import call, insert

NAME = "get_security_alerts"
AS_OF = datetime(2026, 5, 1, 12, tzinfo=UTC)
ANA = UUID(int=1)
COLUMNS = {
    "alert_type": "text",
    "severity": "text",
    "subject_type": "text",
    "subject": "text",
    "ip": "varchar",
    "action_count": "int8",
    "risk_level": "text",
    "detected_at": "timestamptz",
    "details": "jsonb",
}


def test_columns_and_types(activity: psycopg.Connection) -> None:
    assert types_of(activity, NAME) == COLUMNS


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"p_hours": 0}, "p_hours must be between 1 and 876000, got 0"),
        ({"p_threshold": 0}, "p_threshold must be between 1 and 2147483647, got 0"),
    ],
)
def test_wrong_argument_raises(
    activity: psycopg.Connection, arguments: dict[str, Any], message: str
) -> None:
    refuses(activity, NAME, message, "Pass", **arguments)


def test_busy_addresses_and_anomalies_in_one_list(activity: psycopg.Connection) -> None:
    insert(
        activity,
        [
            (Activity(AS_OF - timedelta(seconds=20 * number + 1), user=ANA, ip="10.0.0.1"), 1)
            for number in range(170)
        ],
    )
    alerts = call(activity, NAME, p_as_of=AS_OF)
    anomalies = call(activity, "detect_activity_anomalies", p_as_of=AS_OF)
    assert [alert["alert_type"] for alert in alerts].count("EXCESSIVE_REQUESTS") == 1
    assert len(alerts) == len(anomalies) + 1
    order = ["critical", "high", "medium", "low"]
    places = [(order.index(row["severity"]), -row["action_count"]) for row in alerts]
    assert places == sorted(places)
    for alert in alerts:
        assert alert["risk_level"] == alert["severity"]
        assert alert["ip"] == (alert["subject"] if alert["subject_type"] == "ip" else None)
    (busy,) = call(activity, "get_suspicious_activity", p_as_of=AS_OF)
    (alert,) = (row for row in alerts if row["alert_type"] == "EXCESSIVE_REQUESTS")
    assert alert["severity"] == busy["risk_level"]
    assert alert["details"]["risk_reasons"] == busy["risk_reasons"]
    assert alert["detected_at"] == busy["last_seen"]
    for anomaly in anomalies:
        (alert,) = (
            row
            for row in alerts
            if (row["alert_type"], row["subject"]) == (anomaly["detector"], anomaly["subject"])
        )
        assert alert["action_count"] == alert["details"]["observed"] == anomaly["observed"]
        assert alert["severity"] == anomaly["severity"]
        assert alert["details"]["reasons"] == anomaly["reasons"]


def test_the_threshold_is_of_addresses_only(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(AS_OF - timedelta(minutes=1), ip="10.0.0.1"), 9)])
    assert call(activity, NAME, p_threshold=10, p_as_of=AS_OF) == []
    (alert,) = call(activity, NAME, p_threshold=9, p_as_of=AS_OF)
    assert alert["alert_type"] == "EXCESSIVE_REQUESTS"
