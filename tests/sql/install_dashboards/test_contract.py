"""What install_dashboards and remove_dashboards do to Directus's tables, and to whose rows."""

from typing import Any

import psycopg
import pytest

from tests.support.directus import QUOTED_ODD_SCHEMA
from tests.support.views import SCHEMA

Session = psycopg.Connection[dict[str, Any]]

# As Directus has them, but for what is left out here; {holder} is where rights hang.
TABLES = """
    CREATE TABLE {schema}.directus_dashboards (
        id uuid PRIMARY KEY, name varchar(255) NOT NULL, icon varchar(64) NOT NULL
        DEFAULT 'dashboard', note text, date_created timestamptz DEFAULT now(), color varchar(255)
    );
    CREATE TABLE {schema}.directus_panels (
        id uuid PRIMARY KEY, dashboard uuid NOT NULL REFERENCES {schema}.directus_dashboards
        ON DELETE CASCADE, name varchar(255), icon varchar(64), color varchar(10),
        show_header boolean NOT NULL DEFAULT false, note text, type varchar(255) NOT NULL,
        position_x integer NOT NULL, position_y integer NOT NULL, width integer NOT NULL,
        height integer NOT NULL, options json, date_created timestamptz DEFAULT now()
    );
    CREATE TABLE {schema}.directus_permissions (
        id serial PRIMARY KEY, {holder} uuid, collection varchar(64) NOT NULL,
        action varchar(10) NOT NULL, permissions json, validation json, presets json, fields text
    );
"""
POLICIES = """
    CREATE TABLE {schema}.directus_policies (
        id uuid PRIMARY KEY, name varchar(100) NOT NULL, icon varchar(64), description text,
        admin_access boolean NOT NULL DEFAULT false, app_access boolean NOT NULL DEFAULT false
    );
    CREATE TABLE {schema}.directus_access (
        id uuid PRIMARY KEY, role uuid, "user" uuid,
        policy uuid NOT NULL REFERENCES {schema}.directus_policies
    );
"""
ROLES = """
    CREATE TABLE {schema}.directus_roles (
        id uuid PRIMARY KEY, name varchar(100) NOT NULL, icon varchar(64), description text,
        admin_access boolean NOT NULL DEFAULT false, app_access boolean NOT NULL DEFAULT true
    );
"""
OURS = ("directus_dashboards", "directus_panels", "directus_permissions")
THEIRS = "00000000-0000-4000-8000-000000000001"


def make(session: Session, *, has_policies: bool = True) -> None:
    text = TABLES + (POLICIES if has_policies else ROLES)
    holder = "policy" if has_policies else "role"
    session.execute(text.format(schema=QUOTED_ODD_SCHEMA, holder=holder).encode())


@pytest.fixture
def session(activity: Session) -> Session:
    """A Directus 11 or 12."""
    make(activity)
    return activity


def install(session: Session, *, reset: bool = False) -> dict[str, tuple[int, int, int]]:
    rows = session.execute("SELECT * FROM activity_sql.install_dashboards(%s)", [reset])
    return {row["relation"]: (row["written"], row["unchanged"], row["kept"]) for row in rows}


def remove(session: Session) -> dict[str, int]:
    rows = session.execute("SELECT * FROM activity_sql.remove_dashboards()")
    return {row["relation"]: row["removed"] for row in rows}


def rows(session: Session, table: str, condition: str = "true") -> list[dict[str, Any]]:
    return session.execute(
        f"SELECT * FROM {QUOTED_ODD_SCHEMA}.{table} WHERE {condition} ORDER BY id::text".encode()
    ).fetchall()


def change(session: Session, sql: str) -> None:
    """`sql` changes one row; {} is Directus's schema."""
    assert session.execute(sql.replace("{}", QUOTED_ODD_SCHEMA).encode()).rowcount == 1


def test_it_is_idempotent(session: Session) -> None:
    first = install(session)
    written = {table: (len(rows(session, table)), 0, 0) for table in (*OURS, "directus_policies")}
    assert first == written
    assert [row["name"] for row in rows(session, OURS[0])] == ["Activity", "Security", "Health"]
    before = [rows(session, table) for table in OURS]
    assert install(session) == {name: (0, count, 0) for name, (count, _, _) in written.items()}
    assert [rows(session, table) for table in OURS] == before


def test_no_panels_overlap_and_each_reads_a_published_table(session: Session) -> None:
    install(session)
    panels = rows(session, "directus_panels")
    published = {
        f"activity_sql_{name}"
        for name in ("hours", "days", "addresses", "users", "alerts", "totals", "health")
    }
    assert {panel["options"]["collection"] for panel in panels} == published
    taken: set[tuple[Any, int, int]] = set()
    for panel in panels:
        cells = {
            (panel["dashboard"], x, y)
            for x in range(panel["position_x"], panel["position_x"] + panel["width"])
            for y in range(panel["position_y"], panel["position_y"] + panel["height"])
        }
        assert not cells & taken, panel["name"]
        taken |= cells


def test_what_a_user_edited_or_deleted_is_kept_until_a_reset(session: Session) -> None:
    install(session)
    panel, gone = (row["id"] for row in rows(session, "directus_panels")[:2])
    change(session, f"UPDATE {{}}.directus_panels SET name = 'Mine' WHERE id = '{panel}'")
    change(session, f"DELETE FROM {{}}.directus_panels WHERE id = '{gone}'")
    change(session, "UPDATE {}.directus_dashboards SET color = NULL WHERE name = 'Health'")
    assert install(session)["directus_panels"][2] == 2
    assert rows(session, "directus_panels", f"id = '{panel}'")[0]["name"] == "Mine"
    assert rows(session, "directus_panels", f"id = '{gone}'") == []
    again = install(session, reset=True)
    assert (again["directus_panels"][0], again["directus_dashboards"][0]) == (2, 1)
    assert rows(session, "directus_panels", f"id = '{panel}'")[0]["name"] != "Mine"
    assert len(rows(session, "directus_panels", f"id = '{gone}'")) == 1
    assert all(kept == 0 for _, _, kept in install(session).values())


def test_what_nobody_edited_follows_a_new_version(session: Session) -> None:
    install(session)
    # As an older version of ours had placed it.
    change(session, "UPDATE {}.directus_dashboards SET note = 'Old' WHERE name = 'Health'")
    session.execute(
        'UPDATE activity_sql.placed_row SET content = content || \'{"note": "Old"}\' '
        "WHERE content ->> 'name' = 'Health'"
    )
    assert install(session)["directus_dashboards"] == (1, 2, 0)
    assert rows(session, "directus_dashboards", "note = 'Old'") == []


def test_removal_takes_ours_and_nothing_else(session: Session) -> None:
    session.execute(
        f"INSERT INTO {SCHEMA}.directus_dashboards (id, name) VALUES (%s, 'Theirs')", [THEIRS]
    )
    session.execute(
        f"INSERT INTO {SCHEMA}.directus_permissions (policy, collection, action) "
        "VALUES (%s, 'articles', 'read')",
        [THEIRS],
    )
    before = [rows(session, table) for table in OURS]
    install(session)
    (policy,) = rows(session, "directus_policies")
    session.execute(
        f"INSERT INTO {SCHEMA}.directus_access (id, policy) VALUES (%s, %s)",
        [THEIRS, policy["id"]],
    )
    change(session, "UPDATE {}.directus_panels SET name = 'Mine' WHERE name = 'Latest alerts'")
    remove(session)
    assert [rows(session, table) for table in OURS] == before
    assert rows(session, "directus_policies") == rows(session, "directus_access") == []
    assert remove(session) == {}


def test_a_dashboard_with_a_users_own_panel_stays(session: Session) -> None:
    install(session)
    (dashboard,) = rows(session, "directus_dashboards", "name = 'Security'")
    session.execute(
        f"INSERT INTO {SCHEMA}.directus_panels "
        "(id, dashboard, type, position_x, position_y, width, height) "
        "VALUES (%s, %s, 'label', 1, 90, 10, 4)",
        [THEIRS, dashboard["id"]],
    )
    assert remove(session)["directus_dashboards"] == 2
    assert [str(row["id"]) for row in rows(session, "directus_panels")] == [THEIRS]


def test_the_policy_gives_reading_and_nothing_else(session: Session) -> None:
    install(session)
    (policy,) = rows(session, "directus_policies")
    assert policy["name"] == "Activity analytics (read)"
    assert not policy["admin_access"]
    assert not policy["app_access"]
    permissions = rows(session, "directus_permissions")
    assert {row["action"] for row in permissions} == {"read"}
    assert {row["policy"] for row in permissions} == {policy["id"]}
    # Below those that Directus numbers.
    assert max(row["id"] for row in permissions) < 0
    # The free plan of Directus 12 ignores permissions with rules of their own.
    assert [row["permissions"] for row in permissions] == [{}] * 9


def test_before_directus_11_a_role_has_the_rights(activity: Session) -> None:
    make(activity, has_policies=False)
    install(activity)
    (role,) = rows(activity, "directus_roles")
    assert (role["name"], role["app_access"]) == ("Activity analytics (read)", True)
    assert {row["role"] for row in rows(activity, "directus_permissions")} == {role["id"]}
    remove(activity)
    assert rows(activity, "directus_roles") == rows(activity, "directus_permissions") == []


def test_a_column_that_this_directus_lacks_is_left_out(session: Session) -> None:
    session.execute(f"ALTER TABLE {QUOTED_ODD_SCHEMA}.directus_dashboards DROP color".encode())
    assert install(session)["directus_dashboards"] == (3, 0, 0)
    assert install(session)["directus_dashboards"] == (0, 3, 0)


def test_without_insights_it_says_so(activity: Session) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable) as raised:
        install(activity)
    assert "upgrade Directus" in raised.value.diag.message_hint
