"""The dashboards as people see them, in the order in which a Directus fills up."""

import re
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Literal

import pytest
from playwright.sync_api import Browser, ViewportSize

from tests.browser.browser import DASHBOARDS, WIDE, Panel, Visit, logged_in
from tests.browser.stage import ADMIN, READER, Stage

METRICS = {
    "Activity": {
        "Actions in 24 hours": "actions_24h",
        "Actions in 7 days": "actions_7d",
        "Actions in 30 days": "actions_30d",
        "People in 7 days": "users_7d",
        "Addresses in 7 days": "addresses_7d",
        "Logins in 7 days": "logins_7d",
    },
    "Security": {
        "Alerts in 24 hours": "alerts_24h",
        "Alerts in 7 days": "alerts_7d",
        "High or critical in 7 days": "alerts_high_7d",
    },
    "Health": {
        "Rows not counted yet": "lag_rows",
        "Seconds behind": "lag_seconds",
        "Actions counted, 30 days": "actions_30d",
    },
}
NARROW, PHONE = {"width": 820, "height": 1180}, {"width": 390, "height": 844}


def by_name(panels: Iterable[Panel]) -> dict[str | None, Panel]:
    return {panel.name: panel for panel in panels}


def number(text: str | None) -> int:
    assert text is not None
    return int(text.replace(",", ""))


def assert_fits(panels: list[Panel]) -> None:
    """Nothing is broken, lies over something else or sticks out of its box."""
    for panel in panels:
        assert not panel.is_broken, panel
        assert panel.sticks_out == [], panel
    for one, other in combinations(panels, 2):
        left, right = max(one.box[0], other.box[0]), min(one.box[2], other.box[2])
        top, bottom = max(one.box[1], other.box[1]), min(one.box[3], other.box[3])
        # Neighbours share a line.
        assert right - left < 3 or bottom - top < 3, (one, other)


def assert_figures(stage: Stage, dashboard: str, panels: list[Panel]) -> None:
    """The headlines are what SQL says."""
    found = by_name(panels)
    for name, column in METRICS[dashboard].items():
        wanted = stage.ask(f"SELECT {column} FROM activity_sql_totals")
        assert number(found[name].metric) == wanted, name


def assert_full(stage: Stage, visit: Visit) -> None:
    for dashboard in DASHBOARDS:
        panels = visit.open(dashboard)
        assert_fits(panels)
        assert_figures(stage, dashboard, panels)
        assert [panel.name for panel in panels if panel.is_empty] == []
    assert visit.errors == []


@pytest.fixture(scope="module")
def admin(twelve: Stage, browser: Browser) -> Iterator[Visit]:
    """An administrator at work."""
    with logged_in(browser, twelve.url, *ADMIN) as visit:
        yield visit


def test_with_no_rows_headlines_read_zero_and_nothing_errs(twelve: Stage, admin: Visit) -> None:
    # What Directus itself wrote while it started is not published yet.
    assert twelve.ask("SELECT actions_30d FROM activity_sql_totals") == 0
    for dashboard, metrics in METRICS.items():
        panels = admin.open(dashboard)
        assert_fits(panels)
        found = by_name(panels)
        assert [found[name].metric for name in metrics] == ["0"] * len(metrics)
    assert admin.errors == []


@pytest.fixture(scope="module")
def filled(twelve: Stage) -> Stage:
    # A million rows.
    twelve.fill("medium")
    twelve.add_reader()
    assert twelve.ask("SELECT alerts_7d FROM activity_sql_totals") > 0
    return twelve


@pytest.mark.parametrize(
    ("colors", "size"), [("light", WIDE), ("dark", WIDE), ("light", NARROW), ("light", PHONE)]
)
def test_every_panel_shows_what_sql_says(
    filled: Stage, admin: Visit, colors: Literal["light", "dark"], size: ViewportSize
) -> None:
    admin.page.emulate_media(color_scheme=colors)
    admin.page.set_viewport_size(size)
    assert_full(filled, admin)
    ground = admin.page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in re.findall(r"\d+", ground)[:3]) / 3
    assert (brightness > 128) == (colors == "light"), ground
    admin.page.set_viewport_size(WIDE)


def test_someone_with_the_policy_sees_them_too(filled: Stage, browser: Browser) -> None:
    with logged_in(browser, filled.url, *READER) as visit:
        assert_full(filled, visit)
        assert visit.page.get_by_role("button", name="Edit Panels").is_disabled()


PLANTED = """
    INSERT INTO directus_panels
        (id, dashboard, name, show_header, type, position_x, position_y, width, height, options)
    SELECT gen_random_uuid(), dashboard, 'Planted', true, type, {place}, {size}, options
    FROM directus_panels WHERE name = 'Actions in 30 days'
    RETURNING id
"""


@pytest.mark.parametrize(("place", "size"), [("60, 1", "5, 6"), ("30, 3", "18, 6")])
def test_a_clipped_number_and_an_overlap_are_found(
    filled: Stage, admin: Visit, place: str, size: str
) -> None:
    key = filled.ask(PLANTED.format(place=place, size=size))
    try:
        panels = admin.open("Activity")
        with pytest.raises(AssertionError):
            assert_fits(panels)
    finally:
        filled.ask(f"DELETE FROM directus_panels WHERE id = '{key}' RETURNING 1")


def test_lists_bars_and_series_are_those_of_the_tables(filled: Stage, admin: Visit) -> None:
    activity = by_name(admin.open("Activity"))
    bars = activity["Busiest collections, 7 days"].bars
    busiest = filled.ask(
        "SELECT jsonb_agg(jsonb_build_array(collection, actions) ORDER BY actions DESC) FROM ("
        "SELECT collection, sum(actions) AS actions FROM activity_sql_hours "
        "WHERE hour >= now() - interval '7 days' GROUP BY collection "
        "ORDER BY sum(actions) DESC LIMIT 5) AS top"
    )
    assert [[name, number(shown)] for name, shown in bars] == busiest
    first = filled.ask("SELECT name FROM activity_sql_users WHERE place = 1")
    assert activity["Most engaged people, 30 days"].lines[0].startswith(first)
    assert activity["Actions by hour, 7 days"].has_series
    trends = [panel.lines[0] for panel in admin.panels() if panel.name is None]
    assert trends[1] == filled.ask("SELECT trend_7d FROM activity_sql_totals")

    security = by_name(admin.open("Security"))
    latest = filled.ask(
        "SELECT jsonb_agg(concat_ws(' · ', severity, subject, reason)) FROM activity_sql_alerts "
        "WHERE detected_at = (SELECT max(detected_at) FROM activity_sql_alerts)"
    )
    assert security["Latest alerts"].lines[0] in latest
    health = by_name(admin.open("Health"))
    assert health["State"].lines[0] == "ok · Freshness: every row is counted"
    assert any("Failed logins" in line for line in health["What no figure can see"].lines)


def test_directus_11_shows_them_as_well(eleven: Stage, browser: Browser) -> None:
    eleven.fill()
    with logged_in(browser, eleven.url, *ADMIN) as visit:
        assert_full(eleven, visit)
