"""What the detectors would have said, day by day. Reads only."""

from activity_sql.db import Connection, Row, query_sql, statement, tool_transaction
from activity_sql.render import quote_identifier
from activity_sql.settings import Settings


def backtest(connection: Connection, settings: Settings, days: int, threshold: float) -> list[Row]:
    """Per UTC day of the last whole ones, detector and severity: how many times.

    Rows are as they stand today: what retention deleted is not judged.

    Raises:
        DatabaseError: from `connect`, or detect_activity_anomalies is not deployed.
    """
    text = (
        statement("backtest")
        .replace("<<schema>>", quote_identifier(settings.directus_schema))
        .replace("<<days>>", str(days))
        .replace("<<threshold>>", str(threshold))
    )
    with tool_transaction(connection):
        return query_sql(connection, text)
