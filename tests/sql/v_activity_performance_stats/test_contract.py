"""What a caller of v_activity_performance_stats may rely on."""

from tests.support.directus import ODD_SCHEMA, QUOTED_ODD_SCHEMA
from tests.support.views import Session, columns, content, depends_on, keyed

VIEW = "v_activity_performance_stats"


def test_columns(activity: Session) -> None:
    assert columns(activity, VIEW) == [
        ("schemaname", "text"),
        ("tablename", "text"),
        ("indexname", "text"),
        ("idx_scan", "bigint"),
        ("idx_tup_read", "bigint"),
        ("idx_tup_fetch", "bigint"),
        ("index_size", "bigint"),
    ]


def test_it_has_a_row_per_index_of_directus_activity(activity: Session) -> None:
    table = f"{QUOTED_ODD_SCHEMA}.directus_activity"
    activity.execute(f"CREATE INDEX one_more ON {table} (item, ip)".encode())
    shown = keyed(content(activity, VIEW), "indexname")
    assert set(shown) == {
        ("directus_activity_pkey",),
        ("directus_activity_timestamp_index",),
        ("one_more",),
    }
    for (name,), row in shown.items():
        assert (row["schemaname"], row["tablename"]) == (ODD_SCHEMA, "directus_activity")
        (size,) = activity.execute(
            "SELECT pg_relation_size(indexrelid) AS bytes FROM pg_catalog.pg_index "
            "WHERE indexrelid = %s::regclass",
            [f"{QUOTED_ODD_SCHEMA}.{name}"],
        ).fetchall()
        assert row["index_size"] == size["bytes"] > 0


def test_it_depends_on_nothing_of_directus(activity: Session) -> None:
    assert {name for name in depends_on(activity, VIEW) if not name.startswith("pg_")} == set()
