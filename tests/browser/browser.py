"""A real Chromium in Directus's app: logging in, opening a dashboard, what is seen there."""

import shutil
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

DASHBOARDS = {
    name: f"ac71f17e-0000-4000-8000-0000000{number}0000"
    for number, name in enumerate(("Activity", "Security", "Health"), 1)
}
WIDE = {"width": 1440, "height": 1500}
PATIENCE = 60_000  # milliseconds
SETTLED = """() => {
    const tiles = [...document.querySelectorAll('.v-workspace-tile')];
    return tiles.length > 0 && tiles.every((tile) =>
        !tile.querySelector('.v-progress-circular, .panel-loading')
        && tile.querySelector('.panel-container, .panel-no-data, .panel-error')
    );
}"""
# Each tile: its name, what it shows, its box, and what of it does not fit. Ellipses are meant.
LOOK = """() => [...document.querySelectorAll('.v-workspace-tile')].map((tile) => {
    const box = tile.getBoundingClientRect();
    const text = (element) => element.textContent.replace(/\\s+/g, ' ').trim();
    const sticks_out = [...tile.querySelectorAll('.metric-text, .metric-bar-number, .name, svg')]
        .filter((element) => {
            const inner = element.getBoundingClientRect();
            const range = document.createRange();
            range.selectNodeContents(element);
            const words = element.matches('.metric-text') ? range.getBoundingClientRect() : inner;
            return words.left < box.left - 1 || words.right > box.right + 1;
        }).map(text);
    return {
        name: [...tile.querySelectorAll('.header .name')].map(text)[0] ?? null,
        metric: [...tile.querySelectorAll('.metric-text')].map(text)[0] ?? null,
        lines: [...tile.querySelectorAll('.list li')].map(text),
        bars: [...tile.querySelectorAll('.metric-list-item')].map((item) => [
            text(item.querySelector('.render-template')),
            text(item.querySelector('.metric-bar-number')),
        ]),
        has_series: Boolean(tile.querySelector('.apexcharts-area-series path, .apexcharts-series')),
        is_empty: Boolean(tile.querySelector('.panel-no-data')),
        is_broken: Boolean(tile.querySelector('.panel-error')),
        box: [box.left, box.top, box.right, box.bottom],
        sticks_out,
    };
})"""


@dataclass(frozen=True)
class Panel:
    """What a panel shows. `box` is left, top, right, bottom in pixels; `bars` name and number."""

    name: str | None
    metric: str | None
    lines: list[str]
    bars: list[list[str]]
    has_series: bool
    is_empty: bool
    is_broken: bool
    box: tuple[float, float, float, float]
    sticks_out: list[str]


@dataclass(frozen=True)
class Visit:
    """Somebody who is logged in. `errors` grows with what the pages' own console complains of."""

    page: Page
    url: str
    errors: list[str]

    def open(self, dashboard: str) -> list[Panel]:
        """The panels of a dashboard, once all have their data."""
        self.page.goto(f"{self.url}/admin/insights/{DASHBOARDS[dashboard]}")
        self.page.wait_for_selector(".v-workspace-tile", timeout=PATIENCE)
        self.page.wait_for_load_state("networkidle", timeout=PATIENCE)
        self.page.wait_for_function(SETTLED, timeout=PATIENCE)
        return self.panels()

    def panels(self) -> list[Panel]:
        return [Panel(**{**each, "box": tuple(each["box"])}) for each in self.page.evaluate(LOOK)]


@contextmanager
def started() -> Iterator[Browser]:
    """The system's Chromium."""
    chromium = shutil.which("chromium")
    assert chromium is not None, "chromium is not on the PATH: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def logged_in(
    browser: Browser, url: str, email: str, password: str, **looks: Any
) -> Iterator[Visit]:
    """Log in as a person does; `looks` are the options of a browser context."""
    context = browser.new_context(**{"viewport": WIDE, "reduced_motion": "reduce", **looks})
    # As somebody leaves it who wants room.
    context.add_init_script("localStorage.setItem('sidebar-collapsed', 'true')")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        page.goto(f"{url}/admin/login")
        page.fill("input[type=email]", email, timeout=PATIENCE)
        page.fill("input[type=password]", password)
        page.click("button[type=submit]")
        page.wait_for_url(lambda there: _path(there) != "/admin/login", timeout=PATIENCE)
        page.wait_for_load_state("networkidle", timeout=PATIENCE)
        # Directus 12 offers administrators a licence at first.
        skip = page.get_by_role("button", name="Skip", exact=True)
        if skip.count():
            skip.first.click()
        yield Visit(page, url, errors)
    finally:
        context.close()


def _path(url: str) -> str:
    return urllib.parse.urlsplit(url).path.rstrip("/")
