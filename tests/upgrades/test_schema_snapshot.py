"""`directus schema` sees nothing of activity-sql, and works beside it."""

import json
from typing import Any

from tests.directus.directus_server import Directus
from tests.upgrades.queries import expected, has_column, statistics, timestamp_indexes
from tests.upgrades.stage import Stage


def snapshot(directus: Directus, name: str) -> dict[str, Any]:
    directus.run("schema", "snapshot", "--yes", "--format", "json", name)
    content: dict[str, Any] = json.loads((directus.folder / name).read_text())
    return content


def test_a_snapshot_is_the_same_with_and_without_it(copy: Stage) -> None:
    with_it = snapshot(copy.directus, "with.json")
    copy.database.activity_sql("uninstall", "--yes", folder=copy.directus.folder)
    without_it = snapshot(copy.directus, "without.json")
    assert [each["collection"] for each in without_it["collections"]] == ["articles"]
    assert with_it == without_it


def test_a_snapshot_can_be_applied(copy: Stage) -> None:
    run, folder = copy.directus.run, copy.directus.folder
    indexes = timestamp_indexes(copy.database)
    whole = snapshot(copy.directus, "whole.json")
    fields = [field for field in whole["fields"] if field["field"] != "body"]
    (folder / "less.json").write_text(json.dumps(whole | {"fields": fields}))

    assert "Delete articles.body" in run("schema", "apply", "--dry-run", "less.json")
    assert has_column(copy.database, "articles", "body")
    run("schema", "apply", "--yes", "less.json")
    assert not has_column(copy.database, "articles", "body")
    run("schema", "apply", "--yes", "whole.json")
    assert has_column(copy.database, "articles", "body")
    assert "No changes to apply" in run("schema", "apply", "--dry-run", "whole.json")

    copy.database.activity_sql("verify", folder=folder)
    assert timestamp_indexes(copy.database) == indexes
    assert statistics(copy.database) == expected(copy.ledger)
