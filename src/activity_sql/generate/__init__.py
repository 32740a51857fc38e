"""Made-up activity: the profiles, the rows, and what can be planted among them."""

from typing import NamedTuple

from activity_sql.generate.activity import ActivityRow, UserRow, activity_rows, users

__all__ = ["PROFILES", "ActivityRow", "Profile", "UserRow", "activity_rows", "users"]


class Profile(NamedTuple):
    """How much activity over how long."""

    rows: int
    days: int


PROFILES = {
    "small": Profile(100_000, 30),
    "medium": Profile(1_000_000, 365),
    "large": Profile(10_000_000, 365),
}
