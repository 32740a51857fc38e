"""What holds of every view: those of the catalog, so that a new one cannot be forgotten."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg

from tests.support.contract import exclude
from tests.support.directus import ODD_SCHEMA, QUOTED_ODD_SCHEMA
from tests.support.views import (
    Session,
    Visit,
    content,
    depends_on,
    fold,
    insert_visits,
    now,
    refresh,
    visits,
)

VIEWS = """
    SELECT
        relation.relname::text AS name,
        relation.relkind::text AS kind,
        obj_description(relation.oid, 'pg_class') AS comment,
        has_table_privilege('public', relation.oid, 'SELECT, INSERT, UPDATE, DELETE') AS is_public,
        EXISTS (
            SELECT FROM pg_index AS index
            WHERE index.indrelid = relation.oid
                AND index.indisunique
                AND index.indpred IS NULL
                AND index.indexprs IS NULL
        ) AS has_key
    FROM pg_class AS relation
    JOIN pg_namespace AS namespace ON namespace.oid = relation.relnamespace
    WHERE namespace.nspname = %s AND relation.relkind IN ('v', 'm')
    ORDER BY relation.relname
"""


def views(session: Session) -> list[dict[str, Any]]:
    with session.transaction(force_rollback=True):
        session.execute("SET LOCAL search_path = pg_catalog")
        return session.execute(VIEWS, [ODD_SCHEMA]).fetchall()


def materialized(session: Session) -> list[str]:
    return [view["name"] for view in views(session) if view["kind"] == "m"]


def test_each_has_a_comment_and_none_is_for_everybody(activity: Session) -> None:
    found = views(activity)
    assert len(found) >= 9
    for view in found:
        assert view["comment"], view["name"]
        assert not view["is_public"], view["name"]
        assert view["has_key"] == (view["kind"] == "m"), view["name"]


def test_none_depends_on_a_table_of_directus(activity: Session) -> None:
    """Directus would be refused its changes of them."""
    for view in views(activity):
        for name in depends_on(activity, view["name"]):
            assert "directus" not in name.removeprefix(f"{QUOTED_ODD_SCHEMA}."), view["name"]


def test_materialized_ones_are_refreshed_concurrently(activity: psycopg.Connection) -> None:
    found = materialized(activity)
    assert len(found) >= 4
    for rows in (1, 2):
        insert_visits(activity, [Visit(timestamp=now(activity))])
        fold(activity)
        for view in found:
            said = activity.execute(
                "SELECT activity_sql.refresh_view(%s) AS said", [view]
            ).fetchone()["said"]
            assert (view, said) == (view, "refreshed")
            (row,) = content(activity, view)
            assert row.get("count", row.get("total")) == rows
            activity.execute(
                f"REFRESH MATERIALIZED VIEW CONCURRENTLY {QUOTED_ODD_SCHEMA}.{view}".encode()
            )
            assert content(activity, view) == [row]


def test_materialized_ones_leave_the_excluded_out(activity: Session) -> None:
    """As if they had never been there, in whatever is counted of them."""
    service = UUID(int=5)
    found = visits(now(activity) - timedelta(days=6), now(activity))
    kept = [row for row in found if row.user != service and row.action != "run"]
    assert len(found) > len(kept) + 100

    def shown(rows: list[Visit]) -> dict[str, list[str]]:
        insert_visits(activity, rows)
        fold(activity)
        for view in materialized(activity):
            refresh(activity, view)
        return {view: sorted(map(repr, content(activity, view))) for view in materialized(activity)}

    with activity.transaction(force_rollback=True):
        expected = shown(kept)
    assert all(expected.values())
    with activity.transaction(force_rollback=True):
        unfiltered = shown(found)
    exclude(activity, actions=["run"], users=[service])
    answered = shown(found)
    for view in materialized(activity):
        assert unfiltered[view] != expected[view], view
        assert answered[view] == expected[view], view
