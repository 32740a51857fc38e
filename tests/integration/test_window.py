"""The parts of a window cover it, each moment once."""

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from activity_sql.db import connect, query_sql
from activity_sql.deploy import deploy
from activity_sql.release import load_linted_release
from activity_sql.settings import Settings
from tests.oracle import Activity
from tests.support.kept import bucket_of

WINDOWS = 2_000
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)

QUARTERS = [(0, "to"), (1, "from"), (1, "to"), (2, "from"), (2, "to"), (3, "from")]

Span = tuple[datetime, datetime]


def moment(dice: random.Random) -> datetime:
    """On a second, an hour, a midnight or a month's begin."""
    found = BEGIN + timedelta(seconds=dice.randrange(900 * 86_400))
    cut: list[dict[str, int]] = [{}, {"minute": 0, "second": 0}, {"hour": 0}, {"day": 1, "hour": 0}]
    cut[2] |= cut[1]
    cut[3] |= cut[1]
    return found.replace(**dice.choice(cut))


def spans(parts: dict[str, Any], zone: ZoneInfo) -> list[Span]:
    """What is read, without what is empty."""

    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(), zone).astimezone(UTC)

    found: list[tuple[datetime | None, datetime | None]] = []
    if parts["month_first"]:
        end = (parts["month_last"].replace(day=1) + 32 * DAY).replace(day=1)
        found.append((midnight(parts["month_first"]), midnight(end)))
    if parts["trailing_from"]:
        found.append((midnight(parts["trailing_from"]), midnight(parts["days3_first"])))
    for kind in ("pentads1", "pentads2", "days1", "days2", "days3"):
        first, last = parts[f"{kind}_first"], parts[f"{kind}_last"]
        if first and last:
            found.append((midnight(first), midnight(last + DAY)))
    for kind in ("hours1", "hours2"):
        if parts[f"{kind}_first"]:
            found.append((parts[f"{kind}_first"], parts[f"{kind}_last"] + HOUR))
    for quarter, side in QUARTERS:
        if day := parts[f"quarter{quarter}_{side}"]:
            start, end = midnight(day) + 6 * quarter * HOUR, midnight(day + DAY)
            found.append((start, end if quarter == 3 else start + 6 * HOUR))
    for kind in ("rows1", "rows2", "cut1", "cut2"):
        found.append((parts[f"{kind}_from"], parts[f"{kind}_to"]))
    return sorted((start, end) for start, end in found if start and end and start < end)


READY_TO = date(2025, 7, 9)


@pytest.mark.parametrize("quarters", [False, True])
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_the_parts_of_a_window_tile_it(database: Settings, zone: str, quarters: bool) -> None:
    dice = random.Random(1)
    windows = [sorted((moment(dice), moment(dice))) for _ in range(WINDOWS)]
    # Such as end soon after trailing windows do, or after the windows before those.
    for ends in (READY_TO, READY_TO - 10 * DAY, READY_TO - 30 * DAY):
        for _ in range(WINDOWS // 10):
            end = moment(dice).replace(year=ends.year, month=ends.month, day=ends.day)
            end += dice.randrange(-1, 10) * DAY
            windows.append([end - dice.randrange(1, 80 * 24) * HOUR, end])
    with connect(database) as connection:
        deploy(connection, load_linted_release(database), database)
        query_sql(connection, f"SELECT activity_sql.configure(p_time_zone => '{zone}')")
        if quarters:
            query_sql(connection, "SELECT activity_sql.configure(p_quarters_kept_days => 9999)")
        query_sql(connection, "SELECT * FROM refresh_activity_rollups()")
        query_sql(connection, "SELECT * FROM activity_sql.rebuild_rollups()")
        query_sql(connection, "SELECT activity_sql.configure(p_trailing_days => '{5,10,30}')")
        query_sql(connection, f"SELECT activity_sql.keep_trailing('{READY_TO}')")
        asked = ", ".join(
            f"('{start}'::timestamptz, '{end}'::timestamptz)" for start, end in windows
        )
        answers = query_sql(
            connection,
            f"SELECT parts.* FROM (VALUES {asked}) AS asked (start, until) "
            "CROSS JOIN LATERAL activity_sql.split_window(asked.start, asked.until) AS parts",
        )
    for (start, end), parts in zip(windows, answers, strict=True):
        reached = start
        for begins, ends in spans(parts, ZoneInfo(zone)):
            assert begins == reached, (start, end, parts)
            reached = ends
        assert reached == end, (start, end, parts)
        for kind in ("pentads1_first", "pentads2_first"):
            if parts[kind]:
                noon = datetime.combine(parts[kind], time(12), ZoneInfo(zone))
                assert bucket_of(Activity(noon), "p", zone) == parts[kind]
    used = {name for parts in answers for name, value in parts.items() if value is not None}
    assert {
        "month_first",
        "pentads1_first",
        "pentads2_first",
        "days2_first",
        "days3_first",
        "hours2_first",
        "cut1_from",
        "cut2_from",
    } <= used
    # Ready for 5, 10 and 30 days, and for those before; of two that begin together, the longer.
    back = {5: (3, 8), 10: (8, 18), 30: (28, 58)}
    assert {parts["trailing_from"] for parts in answers} == {None} | {
        READY_TO - day * DAY for both in back.values() for day in both
    }
    assert {f"quarter{quarter}_{side}" for quarter, side in QUARTERS} & used == (
        {f"quarter{quarter}_{side}" for quarter, side in QUARTERS} if quarters else set()
    )
