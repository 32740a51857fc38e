"""The published tables through Directus itself: REST, GraphQL, the SDK; who may read them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.directus.conftest import DIRECTUS_VERSION
from tests.directus.database import Database
from tests.directus.directus_server import CACHE, install_node
from tests.directus.rest import Client
from tests.directus.scenario import Scene

TABLES = ("hours", "days", "addresses", "users", "alerts", "totals", "health")
POLICY = "ac71f17e-0000-4000-8000-000000000001"
SDK = """
    import { createDirectus, rest, staticToken, readItems, aggregate } from '@directus/sdk';
    const client = createDirectus(process.env.URL)
        .with(staticToken(process.env.TOKEN)).with(rest());
    const totals = await client.request(readItems('activity_sql_totals'));
    const hours = await client.request(aggregate('activity_sql_hours', {
        aggregate: { sum: ['actions'] }
    }));
    console.log(JSON.stringify({ totals, hours }));
"""


def refresh(database: Database, workdir: Path) -> None:
    database.activity_sql("refresh", folder=workdir)


def sql(database: Database, statement: str) -> Any:
    """The one value of a statement."""
    return json.loads(database.psql(f"SELECT to_json(({statement}))").splitlines()[1].strip('"'))


@pytest.fixture(scope="module")
def admin(scene: Scene, deployment: str, database: Database, workdir: Path) -> Client:
    """With everything published, and the dashboards and the policy in Directus."""
    assert deployment
    refresh(database, workdir)
    database.activity_sql("dashboards", "install", folder=workdir)
    answer = scene.admin.post("/utils/cache/clear?system", {})
    assert answer.status < 300, answer.body
    return scene.admin


@pytest.fixture(scope="module")
def reader(admin: Client, scene: Scene) -> Client:
    """Bob, an ordinary user, to whom the administrator gave the policy."""
    changed = admin.send("PATCH", f"/users/{scene.bob.id}", {"policies": [{"policy": POLICY}]})
    assert changed.status < 300, changed.body
    return scene.bob.log_in(scene.public, scene.ledger).client


@pytest.mark.parametrize("table", TABLES)
def test_rest_serves_each_table_as_sql_does(
    admin: Client, reader: Client, database: Database, table: str
) -> None:
    # But for one row that says when it was published: nothing is published meanwhile.
    for client in (admin, reader):
        rows = client.get(f"/items/activity_sql_{table}?limit=-1").data
        assert len(rows) == sql(database, f"SELECT count(*) FROM activity_sql_{table}")
        if table in ("hours", "days", "addresses", "users"):
            wanted = sql(database, f"SELECT sum(actions) FROM activity_sql_{table}")
            assert sum(row["actions"] for row in rows) == wanted > 0


def test_rest_filters_groups_and_sorts(reader: Client, database: Database) -> None:
    query = "aggregate[sum]=actions&groupBy[]=collection&filter[collection][_eq]=articles"
    (row,) = reader.get(f"/items/activity_sql_hours?{query}").data
    wanted = "SELECT sum(actions) FROM activity_sql_hours WHERE collection = 'articles'"
    assert int(row["sum"]["actions"]) == sql(database, wanted) > 1000
    places = reader.get("/items/activity_sql_addresses?sort=place&fields=place,ip").data
    assert [row["place"] for row in places] == list(range(1, len(places) + 1))
    assert all("/" in row["ip"] for row in places)


def test_graphql_reads_rows_and_sums(reader: Client, database: Database) -> None:
    asked = (
        "{ activity_sql_totals { actions_7d trend_7d } "
        "activity_sql_hours_aggregated { sum { actions } } "
        'activity_sql_days(filter: {action: {_eq: "create"}}) { day actions } }'
    )
    answer = reader.post("/graphql", {"query": asked})
    assert answer.status == 200, answer.body
    (totals,) = answer.data["activity_sql_totals"]
    assert totals["actions_7d"] == sql(database, "SELECT actions_7d FROM activity_sql_totals")
    (hours,) = answer.data["activity_sql_hours_aggregated"]
    assert hours["sum"]["actions"] == sql(database, "SELECT sum(actions) FROM activity_sql_hours")
    wanted = "SELECT sum(actions) FROM activity_sql_days WHERE action = 'create'"
    assert sum(row["actions"] for row in answer.data["activity_sql_days"]) == sql(database, wanted)


def test_the_javascript_sdk_reads_them(reader: Client, database: Database, tmp_path: Path) -> None:
    (tmp_path / "ask.mjs").write_text(SDK)
    packages = CACHE / "directus" / DIRECTUS_VERSION / "node_modules"
    (tmp_path / "node_modules").symlink_to(packages)
    done = subprocess.run(
        [install_node(), "ask.mjs"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "URL": reader.url, "TOKEN": str(reader.token)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    wanted = sql(database, "SELECT actions_7d FROM activity_sql_totals")
    assert found["totals"][0]["actions_7d"] == wanted
    total = sql(database, "SELECT sum(actions) FROM activity_sql_hours")
    assert int(found["hours"][0]["sum"]["actions"]) == total


def test_without_the_policy_nobody_reads_and_with_it_nobody_writes(
    admin: Client, reader: Client, scene: Scene
) -> None:
    ann = scene.ann.log_in(scene.public, scene.ledger).client
    for client in (ann, scene.public):
        assert client.get("/items/activity_sql_hours").status == 403
    body = {"id": 2, "topic": "a", "status": "ok", "detail": "b"}
    for method, path in (
        ("POST", "/items/activity_sql_health"),
        ("PATCH", "/items/activity_sql_health/1"),
        ("DELETE", "/items/activity_sql_health/1"),
    ):
        assert reader.send(method, path, None if method == "DELETE" else body).status == 403
    names = {row["name"] for row in reader.get("/dashboards").data}
    assert names == {"Activity", "Security", "Health"}
    assert len(reader.get("/panels?limit=-1").data) > 20
    assert ann.get("/dashboards").status == 403
    # An administrator works with the policy as with any other.
    permissions = admin.get(f"/permissions?filter[policy][_eq]={POLICY}&limit=-1").data
    assert {row["action"] for row in permissions} == {"read"}
    first = permissions[0]["id"]
    assert admin.send("PATCH", f"/permissions/{first}", {"fields": ["*"]}).status == 200


def test_they_are_not_registered(admin: Client) -> None:
    collections = {row["collection"]: row["meta"] for row in admin.get("/collections").data}
    assert {f"activity_sql_{table}" for table in TABLES} <= set(collections)
    assert all(collections[f"activity_sql_{table}"] is None for table in TABLES)


def test_a_row_is_published_by_the_next_refresh(
    reader: Client, scene: Scene, database: Database, workdir: Path
) -> None:
    def counted() -> int:
        query = "aggregate[sum]=actions&filter[collection][_eq]=letters"
        (row,) = reader.get(f"/items/activity_sql_hours?{query}").data
        return int(row["sum"]["actions"])

    refresh(database, workdir)
    before = counted()
    ann = scene.ann.log_in(scene.public, scene.ledger)
    ann.create("letters", [{"title": "Published"}] * 3)
    assert counted() == before
    refresh(database, workdir)
    assert counted() == before + 3
    # While somebody else writes, by the next one after that has ended.
    with psycopg.connect(database.conninfo) as writer:
        writer.execute(
            "INSERT INTO directus_activity (action, collection, item) VALUES ('login', 'x', 'x')"
        )
        ann.create("letters", [{"title": "Published later"}] * 2)
        refresh(database, workdir)
        assert counted() == before + 3
        writer.rollback()
    refresh(database, workdir)
    assert counted() == before + 5


def test_dashboards_go_when_they_are_removed(
    admin: Client, database: Database, workdir: Path
) -> None:
    assert len(admin.get("/dashboards").data) == 3
    database.activity_sql("dashboards", "remove", folder=workdir)
    assert admin.get("/dashboards").data == admin.get("/panels").data == []
    assert POLICY not in {row["id"] for row in admin.get("/policies").data}
