"""A small client for Directus's REST interface."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass, replace
from typing import Any

TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class Answer:
    """An HTTP status and the decoded JSON body (None where there is none)."""

    status: int
    body: Any

    @property
    def data(self) -> Any:
        """The body's "data"; fails with the whole answer where Directus refused."""
        assert self.status < 300, f"Directus answered {self.status}: {self.body}"
        return self.body["data"]


@dataclass(frozen=True)
class Client:
    """Sends requests as the holder of `token` (None: the public) from `address`."""

    url: str
    token: str | None = None
    address: str = "192.0.2.1"

    def at(self, address: str) -> "Client":
        return replace(self, address=address)

    def send(self, method: str, path: str, body: Any = None) -> Answer:
        headers = {"Content-Type": "application/json", "X-Forwarded-For": self.address}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(  # noqa: S310
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers=headers,
            method=method,
        )
        try:
            response = urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)  # noqa: S310
        except urllib.error.HTTPError as refusal:
            response = refusal
        with response:
            content = response.read()
            return Answer(response.status, json.loads(content) if content else None)

    def get(self, path: str) -> Answer:
        return self.send("GET", path)

    def post(self, path: str, body: Any) -> Answer:
        return self.send("POST", path, body)
