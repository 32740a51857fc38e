"""The endpoint extension: who may call it, and what it makes of its arguments."""

import pytest

from tests.directus.rest import Answer
from tests.directus.scenario import OFFICE_V6, Scene

URL = "/activity-sql/ip-activity-stats"

pytestmark = pytest.mark.usefixtures("deployment")


def refusal(answer: Answer) -> tuple[int, str, str]:
    """The status, the code and the message of a refusal in Directus's shape."""
    (error,) = answer.body["errors"]
    return answer.status, error["extensions"]["code"], error["message"]


def test_arguments_reach_the_function_in_their_places(scene: Scene) -> None:
    totals = {address: each.total_actions for address, each in scene.ledger.expected().items()}
    busy = {address for address, total in totals.items() if total >= 20}
    assert OFFICE_V6 in busy < set(totals)

    assert {row["ip"] for row in scene.admin.get(f"{URL}?min_count=20").data} == busy
    assert [row["ip"] for row in scene.admin.get(f"{URL}?min_count=1&limit=1").data] == [OFFICE_V6]


def test_bigint_arrives_as_a_string(scene: Scene) -> None:
    row = scene.admin.get(URL).data[0]
    wanted = scene.ledger.expected()[row["ip"]]
    assert row["total_actions"] == str(wanted.total_actions)
    assert row["unique_collections"] == str(wanted.unique_collections)
    assert row["unique_users"] == str(wanted.unique_users)
    assert row["action_breakdown"] == wanted.action_breakdown


def test_the_public_is_forbidden(scene: Scene) -> None:
    status, code, _ = refusal(scene.public.get(URL))
    assert (status, code) == (403, "FORBIDDEN")


def test_an_ordinary_user_is_forbidden(scene: Scene) -> None:
    bob = scene.bob.log_in(scene.public.at("198.51.100.200"), scene.ledger)
    status, code, _ = refusal(bob.client.get(URL))
    assert (status, code) == (403, "FORBIDDEN")


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ("days=abc", "days", '"abc"'),
        ("days=7.5", "days", '"7.5"'),
        ("days=", "days", '""'),
        ("min_count=1;drop", "min_count", '"1;drop"'),
        ("limit=99999999999", "limit", '"99999999999"'),
        ("days=1&days=2", "days", '["1","2"]'),
    ],
)
def test_refuses_what_is_no_integer(query: str, name: str, value: str, scene: Scene) -> None:
    status, code, message = refusal(scene.admin.get(f"{URL}?{query}"))
    assert (status, code) == (400, "INVALID_QUERY")
    assert name in message
    assert value in message


@pytest.mark.parametrize("query", ["days=0", "days=36501", "min_count=0", "limit=-1"])
def test_passes_on_what_the_function_refuses(query: str, scene: Scene) -> None:
    answer = scene.admin.get(f"{URL}?{query}")
    status, code, message = refusal(answer)
    assert (status, code) == (400, "INVALID_QUERY")
    name, value = query.split("=")
    assert f"p_{name}" in message
    assert value in message
    assert "SELECT" not in message
    assert answer.body["errors"][0]["extensions"]["hint"]


def test_without_the_function_directus_reports_an_error(answer_without_function: Answer) -> None:
    status, code, message = refusal(answer_without_function)
    assert (status, code) == (500, "INTERNAL_SERVER_ERROR")
    assert "get_ip_activity_stats" in message
