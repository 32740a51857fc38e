"""Deploying beside a running Directus: it works on, and a second run finds nothing to do."""

from pathlib import Path

import pytest

from tests.directus.database import Database
from tests.directus.scenario import Scene

ADDRESS = "2001:db8:ffff::1"


@pytest.mark.usefixtures("deployment")
def test_directus_works_on(scene: Scene) -> None:
    ann = scene.ann.log_in(scene.public.at(ADDRESS), scene.ledger)
    (article,) = ann.create("articles", [{"title": "After the deployment"}]).data
    assert ann.client.get(f"/items/articles/{article['id']}").data == article

    rows = scene.admin.get("/activity-sql/ip-activity-stats?min_count=1").data
    (row,) = (row for row in rows if row["ip"] == ADDRESS)
    assert row["action_breakdown"] == scene.ledger.expected()[ADDRESS].action_breakdown


@pytest.mark.usefixtures("deployment")
def test_a_second_run_finds_nothing_to_do(database: Database, workdir: Path) -> None:
    second = database.activity_sql("migrate", folder=workdir)
    assert "up to date" in " ".join(second.split())
