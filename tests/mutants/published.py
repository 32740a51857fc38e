"""Faults in what is published, each found by the contract of the published tables."""

from mutant import Mutant

FUNCTIONS = "functions/publish/"
CONTRACT = ("tests/sql/publish_activity",)

PUBLISHED = [
    Mutant(
        "publish: an address of IPv4 is shown as it is",
        "functions/detection/network_of.sql",
        "WHEN 4 THEN 24",
        "WHEN 4 THEN 32",
        ("tests/sql/publish_activity", "tests/sql/mask_address"),
    ),
    Mutant(
        "publish: a text that is no address is shown",
        "functions/privacy/mask_address.sql",
        "THEN 'no address'",
        "THEN p_ip",
        CONTRACT,
    ),
    Mutant(
        "publish: names are shown though they are not wanted",
        FUNCTIONS + "publish_users.sql",
        "IF (SELECT setting.publish_names FROM activity_sql.setting AS setting)",
        "IF (SELECT true FROM activity_sql.setting AS setting)",
        CONTRACT,
    ),
    Mutant(
        "publish: alerts are judged again in every run",
        FUNCTIONS + "publish_activity.sql",
        "v_last.alerts_at <= now() - interval '5 minutes'",
        "v_last.alerts_at <= now()",
        CONTRACT,
    ),
    Mutant(
        "publish: hours that changed are not judged again",
        FUNCTIONS + "publish_alerts.sql",
        "            AND published.alerts_fingerprint IS DISTINCT FROM published.fingerprint\n"
        "        ORDER BY",
        "            AND published.alerts_fingerprint IS NULL\n        ORDER BY",
        CONTRACT,
    ),
    Mutant(
        "publish: two publish at once",
        FUNCTIONS + "publish_activity.sql",
        "IF NOT pg_try_advisory_xact_lock(",
        "IF false AND NOT pg_try_advisory_xact_lock(",
        CONTRACT,
    ),
    Mutant(
        "publish: what is older than the days wanted stays",
        FUNCTIONS + "publish_hours.sql",
        "    WHERE published.hour < v_since;\n",
        "    WHERE false;\n",
        CONTRACT,
    ),
]
