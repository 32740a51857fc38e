"""The endpoint extension: who may call it, and what it makes of its arguments."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import psycopg
import pytest

from tests.directus.database import Database
from tests.directus.directus_server import Server
from tests.directus.rest import Answer
from tests.directus.scenario import OFFICE_V6, Scene
from tests.faults.deploys import until

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
        ("as_of=yesterday", "as_of", '"yesterday"'),
        ("as_of=2026-01-01T00:00:00", "as_of", '"2026-01-01T00:00:00"'),
        ("day=7", "days, min_count, limit, as_of", '"day"'),
    ],
)
def test_refuses_what_is_no_argument(query: str, name: str, value: str, scene: Scene) -> None:
    status, code, message = refusal(scene.admin.get(f"{URL}?{query}"))
    assert (status, code) == (400, "INVALID_QUERY")
    assert name in message
    assert value in message


@pytest.mark.parametrize("query", ["days=0", "days=36501", "min_count=0", "limit=0"])
def test_passes_on_what_the_function_refuses(query: str, scene: Scene) -> None:
    answer = scene.admin.get(f"{URL}?{query}")
    status, code, message = refusal(answer)
    assert (status, code) == (400, "INVALID_QUERY")
    name, value = query.split("=")
    assert f"p_{name}" in message
    assert value in message
    assert "SELECT" not in message.upper()
    assert answer.body["errors"][0]["extensions"]["hint"]


def test_an_unknown_moment_is_refused(scene: Scene) -> None:
    status, code, message = refusal(scene.admin.get(f"{URL}?as_of=2026-13-45T00:00:00Z"))
    assert (status, code) == (400, "INVALID_QUERY")
    assert "2026-13-45" in message


def test_before_the_deployment_it_says_so(answer_without_function: Answer) -> None:
    status, code, message = refusal(answer_without_function)
    assert (status, code) == (503, "SERVICE_UNAVAILABLE")
    assert "not deployed" in message


# Every function

PUBLIC = """
    SELECT routine.proname::text AS name, routine.provolatile = 'v' AS writes
    FROM pg_proc AS routine
    JOIN activity_sql.ledger AS ledger ON ledger.object = 'function ' || routine.proname
    WHERE routine.pronamespace = 'public'::regnamespace
"""
NEEDED = {"get_user_activity": "?user=00000000-0000-4000-8000-000000000001"}


def path_of(name: str) -> str:
    return "/activity-sql/" + name.removeprefix("get_").replace("_", "-")


@pytest.fixture
def functions(database: Database) -> dict[str, bool]:
    """The public functions as the catalog has them, and whether each writes."""
    with psycopg.connect(database.conninfo) as session:
        return dict(session.execute(PUBLIC).fetchall())


def test_every_function_answers(functions: dict[str, bool], scene: Scene) -> None:
    assert {"get_activity_dashboard", "get_activity_digest", "refresh_activity_rollups"} <= set(
        functions
    )
    for name, writes in functions.items():
        if writes:
            answer = scene.admin.post(path_of(name), {})
        else:
            answer = scene.admin.get(path_of(name) + NEEDED.get(name, ""))
        assert answer.status == 200, (name, answer.body)
        assert "data" in answer.body


def test_the_description_is_of_every_function(functions: dict[str, bool], scene: Scene) -> None:
    described = scene.admin.get("/activity-sql/openapi.json").body
    assert described["openapi"] == "3.1.0"
    found = {
        operation["operationId"]: (method, path, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }
    assert {name: method for name, (method, _, _) in found.items()} == {
        name: "post" if writes else "get" for name, writes in functions.items()
    }
    for name, (_, path, operation) in found.items():
        assert "/activity-sql" + path == path_of(name)
        assert operation["description"]
    (_, _, trends) = found["get_activity_trends"]
    assert [(one["name"], one["schema"].get("default")) for one in trends["parameters"]] == [
        ("days", 30),
        ("by", "collection"),
        ("limit", 100),
        ("as_of", None),
    ]
    (_, _, user) = found["get_user_activity"]
    assert [one["required"] for one in user["parameters"]] == [True, False, False]
    row = trends["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["data"]
    assert list(row["items"]["properties"])[:2] == ["subject", "current_count"]


def test_arguments_of_every_type(scene: Scene) -> None:
    get = scene.admin.get
    assert get("/activity-sql/activity-timeseries?days=1&bucket=day&timezone=Asia/Kathmandu").data
    whole = get("/activity-sql/ip-activity-stats?limit=-1&min_count=1").data
    assert len(whole) == len(scene.ledger.expected())
    assert get("/activity-sql/ip-activity-stats?as_of=2020-01-01T00:00:00Z").data == []
    assert isinstance(get("/activity-sql/activity-dashboard?days=2").data["topIPs"], list)
    assert get("/activity-sql/activity-digest").data.startswith("# Activity, ")
    body = {"max_rows": 10}
    assert scene.admin.post("/activity-sql/refresh-activity-rollups", body).data
    status, _, message = refusal(scene.admin.get("/activity-sql/user-activity"))
    assert (status, message) == (400, '"user" is missing.')


def test_what_writes_is_posted_and_what_reads_is_not(scene: Scene) -> None:
    for answer in (
        scene.admin.get("/activity-sql/refresh-activity-rollups"),
        scene.admin.post("/activity-sql/activity-dashboard", {}),
    ):
        status, code, _ = refusal(answer)
        assert (status, code) == (405, "METHOD_NOT_ALLOWED")
    assert refusal(scene.admin.get("/activity-sql/no-such-thing"))[0] == 404


def test_a_slow_answer_is_ended(database: Database, scene: Scene) -> None:
    with psycopg.connect(database.conninfo) as session:
        session.execute("LOCK TABLE activity_sql.watermark")
        status, code, message = refusal(scene.admin.get(URL))
    assert (status, code) == (503, "SERVICE_UNAVAILABLE")
    assert "too long" in message


# Access by policy

GRANT = """
    WITH policy AS (
        INSERT INTO directus_policies (id, name, icon, ip_access)
        VALUES (gen_random_uuid(), %s, 'badge', %s) RETURNING id
    )
    INSERT INTO directus_access (id, policy, {to})
    SELECT gen_random_uuid(), policy.id, (SELECT {value} FROM directus_users WHERE email = %s)
    FROM policy
"""
HERE = "198.51.100.200"


@pytest.mark.parametrize(("to", "value"), [('"user"', "id"), ("role", "role")])
@pytest.mark.parametrize(
    ("name", "addresses", "status"),
    [
        ("Activity analytics (full)", None, 200),
        ("Activity analytics (full)", "10.0.0.1, 198.51.100.0/24", 200),
        ("Activity analytics (full)", "198.51.100.1-198.51.100.199", 403),
        ("Activity analytics (full)", "10.0.0.0/8", 403),
        ("Activity analytics (full)", "nonsense", 403),
        # The dashboards' own, which shows networks instead of addresses.
        ("Activity analytics (read)", None, 403),
    ],
)
def test_who_holds_the_policy_reads(
    database: Database, scene: Scene, to: str, value: str, name: str, addresses: str, status: int
) -> None:
    bob = scene.bob.log_in(scene.public.at(HERE), scene.ledger).client
    with psycopg.connect(database.conninfo, autocommit=True) as session:
        session.execute(
            GRANT.format(to=to, value=value).encode(), [name, addresses, scene.bob.email]
        )
        try:
            assert bob.get(URL).status == status
            assert bob.get("/activity-sql/openapi.json").status == status
            assert bob.post("/activity-sql/maintain-activity-table", {}).status == 403
            assert scene.public.get(URL).status == 403
        finally:
            session.execute(
                "DELETE FROM directus_access USING directus_policies "
                "WHERE policy = directus_policies.id AND name = %s",
                [name],
            )
            session.execute("DELETE FROM directus_policies WHERE name = %s", [name])
    assert bob.get(URL).status == 403


# The hook and the operation


def test_failed_logins_are_recorded(database: Database, scene: Scene) -> None:
    def events() -> list[tuple[object, ...]]:
        with psycopg.connect(database.conninfo) as session:
            return session.execute(
                """
                SELECT reason, "user"::text, ip, provider, user_agent IS NOT NULL,
                    "timestamp" > now() - interval '1 minute'
                FROM activity_sql.auth_event ORDER BY id
                """
            ).fetchall()

    before = len(events())
    guesser = scene.public.at("203.0.113.67")
    for email in (scene.bob.email, "nobody@example.com"):
        assert guesser.post("/auth/login", {"email": email, "password": "hunter2"}).status == 401
        until(lambda wanted=before + 1: len(events()) == wanted)
        before += 1
    assert events()[-2:] == [
        ("INVALID_CREDENTIALS", scene.bob.id, "203.0.113.67", "default", True, True),
        ("INVALID_CREDENTIALS", None, "203.0.113.67", "default", True, True),
    ]
    scene.bob.log_in(scene.public.at(HERE), scene.ledger)
    assert len(events()) == before
    with psycopg.connect(database.conninfo) as session:
        (kept,) = session.execute("SELECT auth_event::text FROM activity_sql.auth_event").fetchone()
    assert "hunter2" not in kept


def make_flow(scene: Scene, name: str, operations: list[dict[str, Any]]) -> str:
    """A flow that a webhook triggers and that does one after the other; its id."""
    admin, me = scene.admin, scene.admin.get("/users/me").data["id"]

    def send(method: str, path: str, body: object, writes: dict[tuple[str, str], int]) -> Any:
        return scene.ledger.send(admin, method, path, body, user=me, writes=writes).data

    flow = send(
        "POST",
        "/flows",
        {
            "name": name,
            "status": "active",
            "trigger": "webhook",
            "accountability": None,
            "options": {"method": "GET", "return": "$last"},
        },
        {("create", "directus_flows"): 1},
    )
    following: dict[str, Any] = {}
    for place, operation in reversed(list(enumerate(operations))):
        row = {"flow": flow["id"], "position_x": 19 * (place + 1), "position_y": 1}
        made = send(
            "POST",
            "/operations",
            row | operation | following,
            {("create", "directus_operations"): 1},
        )
        following = {"resolve": made["id"]}
    send(
        "PATCH",
        f"/flows/{flow['id']}",
        {"operation": following["resolve"]},
        {("update", "directus_flows"): 1},
    )
    return str(flow["id"])


# The recipes of docs/flows.md.
def test_a_flow_asks_for_the_digest(scene: Scene) -> None:
    digest = {
        "key": "digest",
        "type": "activity-sql",
        "options": {"question": "get_activity_digest", "arguments": {"days": 7}},
    }
    flow = make_flow(scene, "Digest", [digest])
    assert scene.admin.get(f"/flows/trigger/{flow}").body.startswith("# Activity, ")


def test_a_flow_sends_the_digest_by_e_mail(scene: Scene, directus: Server) -> None:
    digest = {
        "key": "digest",
        "type": "activity-sql",
        "options": {"question": "get_activity_digest", "arguments": {"days": 7}},
    }
    send = {
        "key": "send",
        "type": "mail",
        "options": {
            "to": "boss@example.com",
            "subject": "Activity",
            "type": "markdown",
            "body": "{{ digest }}",
        },
    }
    flow = make_flow(scene, "Letter", [digest, send])
    assert scene.admin.get(f"/flows/trigger/{flow}").status == 204
    letter = directus.log.parent / "letter.eml"
    until(lambda: letter.exists() and b"directus_activity.</p>" in letter.read_bytes())
    text = letter.read_bytes()
    assert b"To: boss@example.com" in text
    assert b"What changed</h2>" in text


@contextmanager
def listening() -> Iterator[tuple[str, list[Any]]]:
    """A pager: its address, and what it was told."""
    told: list[Any] = []

    class Pager(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Not a word."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Pager) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", told
        finally:
            server.shutdown()


@pytest.mark.parametrize(
    ("given", "tells"), [({"threshold": 1}, True), ({"as_of": "2001-01-01T00:00:00Z"}, False)]
)
def test_a_flow_tells_alerts_and_nothing_where_there_are_none(
    scene: Scene, given: dict[str, Any], tells: bool
) -> None:
    with listening() as (url, told):
        flow = make_flow(
            scene,
            "Alerts",
            [
                {
                    "key": "alerts",
                    "type": "activity-sql",
                    "options": {
                        "question": "get_security_alerts",
                        "arguments": {"hours": 1, **given},
                        "stop_when_empty": True,
                    },
                },
                {
                    "key": "tell",
                    "type": "request",
                    "options": {"method": "POST", "url": url, "body": "{{ alerts }}"},
                },
            ],
        )
        answer = scene.admin.get(f"/flows/trigger/{flow}")
    assert bool(told) == tells, (answer.status, answer.body, told)
    for alerts in told:
        assert {alert["alert_type"] for alert in alerts} >= {"EXCESSIVE_REQUESTS"}
