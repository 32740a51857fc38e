"""Take docs/images anew: `python -m tests.browser.screenshots`, or `make screenshots`."""

import tempfile
from pathlib import Path

import psycopg

from activity_sql import cluster as clusters
from tests.browser.browser import PATIENCE, Visit, logged_in, started
from tests.browser.stage import ADMIN, POLICY, Stage, running
from tests.directus.database import create
from tests.support.directus import ROLE

IMAGES = Path(__file__).parents[2] / "docs" / "images"
HEIGHTS = {"Activity": 1390, "Security": 1620, "Health": 770}
WIDTH = 1360


def take(stage: Stage) -> None:
    """Each dashboard whole; one of them in the dark; where the policy is given."""
    with started() as browser:
        with logged_in(browser, stage.url, *ADMIN, color_scheme="light") as visit:
            for dashboard in HEIGHTS:
                _photograph(visit, dashboard, dashboard.lower())
            visit.page.set_viewport_size({"width": WIDTH, "height": 760})
            visit.page.goto(f"{stage.url}/admin/settings/policies/{POLICY}")
            visit.page.wait_for_load_state("networkidle", timeout=PATIENCE)
            visit.page.get_by_text("activity_sql_hours").first.wait_for(timeout=PATIENCE)
            _save(visit, "policy")
        with logged_in(browser, stage.url, *ADMIN, color_scheme="dark") as visit:
            _photograph(visit, "Activity", "activity-dark")


def _photograph(visit: Visit, dashboard: str, name: str) -> None:
    visit.page.set_viewport_size({"width": WIDTH, "height": HEIGHTS[dashboard]})
    visit.open(dashboard)
    visit.page.mouse.move(WIDTH - 5, 5)
    _save(visit, name)


def _save(visit: Visit, name: str) -> None:
    visit.page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")
    print(f"docs/images/{name}.png")


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with clusters.temporary(clusters.find_installations()[-1]) as cluster:
        with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{cluster.password}'")
        with tempfile.TemporaryDirectory() as folder:
            database = create(cluster, "screenshots")
            with running("12.4.0", database, Path(folder)) as stage:
                stage.fill("medium", "2")
                take(stage)


if __name__ == "__main__":
    main()
