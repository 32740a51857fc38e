"""What a caller of v_slow_activity_queries may rely on: it is v_activity_slow_queries.

That it shows the same is tested there, where there are slow queries.
"""

from tests.support.views import Session, columns, content, depends_on

VIEW = "v_slow_activity_queries"


def test_columns(activity: Session) -> None:
    assert columns(activity, VIEW) == columns(activity, "v_activity_slow_queries") != []


def test_it_is_empty_without_the_extension(activity: Session) -> None:
    assert content(activity, VIEW) == []


def test_it_depends_on_the_other_view_only(activity: Session) -> None:
    names = {name.split(".")[-1] for name in depends_on(activity, VIEW)}
    assert names == {"v_activity_slow_queries"}
