"""The activity that the tests make in Directus: who works where, from which addresses."""

from dataclasses import dataclass
from typing import Any

from tests.directus.ledger import Account, Ledger, Person
from tests.directus.rest import Client

BATCH = 1000
PUBLIC_POLICY = "abf8a154-5b1c-4a46-ac9c-7300570f4f17"  # the same in every Directus since 11

OFFICE = "198.51.100.7"
OFFICE_V6 = "2001:db8::17"
HOME_V6 = "2001:db8:0:1::2a"
SHARED = "203.0.113.9"
STRANGER = "203.0.113.10"
# Nothing that these two do is written down by Directus.
GUESSER = "203.0.113.66"
READER = "203.0.113.67"


@dataclass(frozen=True)
class Scene:
    """The admin, two ordinary users, the public, and everything that they have sent."""

    ledger: Ledger
    admin: Client
    ann: Account
    bob: Account
    public: Client


def play(admin: Client) -> Scene:
    """Set up two collections and two users, and let them work."""
    ledger = Ledger()
    ann, bob = prepare(admin, ledger)
    public = Client(admin.url)

    person = ann.log_in(public.at(OFFICE), ledger)
    keys = created(person.create("articles", [{"title": f"Draft {n}"} for n in range(6)]))
    person.update("articles", keys[:3], {"body": "Text"})
    person.delete("articles", keys[:2])
    person.create("letters", [{"title": "Dear reader"}])

    keys = created(
        person.at(OFFICE_V6).create("articles", [{"title": f"Row {n}"} for n in range(BATCH)])
    )
    person.at(OFFICE_V6).update("articles", keys[:20], {"title": "Changed"})
    person.at(OFFICE_V6).delete("articles", keys[-5:])
    person.at(SHARED).create("letters", [{"title": "From the train"}])

    person = bob.log_in(public.at(HOME_V6), ledger)
    person.create("letters", [{"title": "One"}, {"title": "Two"}])
    bob.log_in(public.at(SHARED), ledger)

    nobody = Person(public, None, ledger)
    nobody.at(SHARED).create("letters", [{"title": "Without a name"}])
    nobody.at(STRANGER).create("letters", [{"title": "Hello"}, {"title": "Again"}])

    guess = {"email": ann.email, "password": "wrong"}
    assert public.at(GUESSER).post("/auth/login", guess).status == 401
    assert person.client.at(READER).get("/items/articles?limit=1").status == 200
    return Scene(ledger, admin, ann, bob, public)


def prepare(admin: Client, ledger: Ledger) -> tuple[Account, Account]:
    """Collections, and two users who may do everything with their items; the public may write
    letters."""
    admin_id = admin.get("/users/me").data["id"]

    def post(path: str, body: Any, writes: dict[str, int]) -> Any:
        creates = {("create", collection): rows for collection, rows in writes.items()}
        return ledger.send(admin, "POST", path, body, user=admin_id, writes=creates).data

    for name in ("articles", "letters"):
        post("/collections", collection(name), {"directus_fields": 3, "directus_collections": 1})
    permissions = [
        permission(name, action)
        for name in ("articles", "letters")
        for action in ("create", "read", "update", "delete")
    ]
    policy = post(
        "/policies",
        {"name": "Writers", "permissions": permissions},
        {"directus_permissions": len(permissions), "directus_policies": 1},
    )
    role = post(
        "/roles",
        {"name": "Writer", "policies": [{"policy": policy["id"]}]},
        {"directus_access": 1, "directus_roles": 1},
    )
    post(
        "/permissions",
        {"policy": PUBLIC_POLICY, **permission("letters", "create")},
        {"directus_permissions": 1},
    )
    logins = [(f"{name}@example.com", f"password-of-{name}") for name in ("ann", "bob")]
    users = post(
        "/users",
        [{"email": email, "password": password, "role": role["id"]} for email, password in logins],
        {"directus_users": 2},
    )
    # They come back in the order of their ids.
    ids = {user["email"]: user["id"] for user in users}
    ann, bob = (Account(ids[email], email, password) for email, password in logins)
    return ann, bob


def collection(name: str) -> dict[str, Any]:
    key = {"is_primary_key": True, "has_auto_increment": True}
    return {
        "collection": name,
        "schema": {},
        "meta": {},
        "fields": [
            {"field": "id", "type": "integer", "schema": key, "meta": {}},
            {"field": "title", "type": "string", "schema": {}, "meta": {}},
            {"field": "body", "type": "text", "schema": {}, "meta": {}},
        ],
    }


def permission(collection: str, action: str) -> dict[str, Any]:
    return {"collection": collection, "action": action, "fields": ["*"], "permissions": {}}


def created(answer: Any) -> list[int]:
    return [item["id"] for item in answer.data]
