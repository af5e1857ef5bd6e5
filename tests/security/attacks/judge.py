"""The judge of all attacks: an attack is answered in our form, reveals nothing and changes nothing."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from payments.api.errors import CODES
from tests.api.driver import Edge, Reply
from tests.security.attacks.scene import outbound, stored, writes

INTERNALS = re.compile(
    r"Traceback|File \"|\.py\b|site-packages|<class |object at 0x|#PAY#|\bT#|pavati-|simulat|Dynamo|moto\b|secret"
    r"|\b(?:payments|functions|pydantic|botocore|boto3|httpx|moto)\.\w|\b\w+(?:Error|Exception)\b|regex|pattern"
)
_FIELDS = ["code", "message", "details", "retryable", "request_id"]
_LENGTH_MAX = 8192  # Whatever was sent: an answer names errors, it does not repeat the input.
_TELLING_LENGTH = 9  # A shorter text may be in a message by chance.
_OFFERED = "https://shop.example https://pay.shop.example:443 Send Content-Type: application/json. Idempotency-Key"


class Judge:
    def __init__(self, edge: Edge) -> None:
        self.edge = edge

    def __call__(self, event: dict[str, Any], code: str, *hostile: str) -> Reply:
        """The answer to `event`, which must be this refusal; `hostile` must be shown nowhere."""
        response = self.watched(event)
        is_our_problem(response, code)
        written = self.edge.written.text()
        for text in hostile:
            assert not is_reported(text, response.text), "the answer shows what was sent"
            assert not is_reported(text, written), "the log shows what was sent"
        is_no_crash(written)
        return response

    def watched(self, event: dict[str, Any]) -> Reply:
        """The answer to `event`, which must write nothing and call nobody."""
        before, wanted = stored(self.edge.world), outbound(self.edge.world)
        with writes(self.edge.world) as written:
            response = self.edge.send(event)
        assert stored(self.edge.world) == before, "something was stored"
        assert written == [], "something was stored again"
        assert outbound(self.edge.world) == wanted, "the gateway was called"
        return response


def is_our_problem(response: Reply, code: str) -> None:
    error = response.json["error"]
    assert (response.code, response.status) == (code, CODES[code].http_status), response.text[:300]
    assert response.status < 500
    assert list(response.json) == ["error"]
    assert list(error) == _FIELDS
    assert error["retryable"] is CODES[code].retryable
    assert len(response.text) < _LENGTH_MAX
    assert response.headers["Content-Type"] == "application/json"
    assert not INTERNALS.search(response.text), response.text


def is_reported(hostile: str, text: str) -> bool:
    """Whether `text` contains the hostile value as it is, escaped or percent-encoded."""
    if len(hostile) < _TELLING_LENGTH or hostile in _OFFERED:
        return False
    forms = {hostile, json.dumps(hostile)[1:-1], json.dumps(hostile, ensure_ascii=False)[1:-1]}
    return any(form in text for form in forms | {quote(hostile, errors="replace")})


def is_no_crash(written: str) -> None:
    lines = [json.loads(line) for line in written.splitlines()]
    assert "request" in [line.get("message") for line in lines]
    assert [line for line in lines if line.get("level") in ("ERROR", "CRITICAL")] == []
