"""HTTP requests and responses in the form that all parts of the local stack use."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    method: str
    target: str  # Path and query as received.
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    client: str = "127.0.0.1"

    @cached_property
    def raw_path(self) -> str:
        return self.target.partition("?")[0]

    @cached_property
    def path(self) -> str:
        # An API Gateway HTTP API decodes the path, %2F too, before it matches a route.
        return unquote(self.raw_path)

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def query_values(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query, keep_blank_values=True)

    def header(self, name: str, default: str = "") -> str:
        return self._values.get(name, default)

    @cached_property
    def _values(self) -> dict[str, str]:
        values: dict[str, str] = {}
        for name, value in self.headers:
            key = name.lower()
            values[key] = f"{values[key]},{value}" if key in values else value
        return values

    def json(self) -> Any:
        return json.loads(self.body or b"{}")


@dataclass(frozen=True)
class Response:
    http_status: int
    body: bytes = b""
    headers: Headers = field(default_factory=list)
    note: str = ""  # For the request log: the function that answered.


def json_response(http_status: int, value: Any, headers: Headers | None = None, note: str = "") -> Response:
    body = json.dumps(value, default=str, separators=(",", ":")).encode()
    return Response(http_status, body, [("content-type", "application/json"), *(headers or [])], note)


def message(http_status: int, text: str, headers: Headers | None = None, note: str = "") -> Response:
    """A JSON body in the form of API Gateway's own answers."""
    return json_response(http_status, {"message": text}, headers, note)
