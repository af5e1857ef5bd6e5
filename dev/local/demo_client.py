"""The demo's client: the merchant's server and the payer, against the running system."""

import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any

import httpx

Json = dict[str, Any]

_TRIES = 5
# Neither fault of the demo uses `seconds`: here it marks a fault as the demo's own.
_FAULTY = "phonepe"
_OWN_SECONDS = 499.0
_ADVANCE_SECONDS_MAX = 300.0


class NotRunning(Exception):
    """The stack or the simulator does not answer."""


class WentWrong(Exception):
    """A story did not have the expected outcome."""


class Refused(WentWrong):
    """The API or a simulator refused a request."""


class Stack:
    """The API with tokens of its members, the simulators' controls, and their common clock."""

    def __init__(self, url: str, port_by_gateway: Mapping[str, int]) -> None:
        self.url = url
        self._simulators = {name: f"http://127.0.0.1:{port}" for name, port in port_by_gateway.items()}
        self._client = httpx.Client(timeout=35, trust_env=False)
        self.stopped = threading.Event()
        self.payers = threading.Lock()  # A fault hits the next payer, so only one may act at a time.
        self._tokens: dict[str, str] = {}
        self._anchor = (0.0, 0.0)
        self.speed = 1.0

    def open(self) -> None:
        try:
            self._set_clock()
            self._token("owner")
            for simulator in self._simulators.values():
                self._client.get(f"{simulator}/_sim/faults").raise_for_status()
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as silence:
            raise NotRunning from silence

    def _set_clock(self) -> None:
        clock = self._client.get(f"{self.url}/_local/status").json()["clock"]
        self.speed, self._anchor = clock["speed"], (clock["now"], time.time())

    def _token(self, sub: str) -> str:
        if sub not in self._tokens:
            answer = self._client.post(f"{self.url}/_local/token", json={"sub": sub})
            self._tokens[sub] = str(answer.json()["access_token"])
        return self._tokens[sub]

    def advance(self, days: int) -> None:
        answer = self._client.post(
            f"{self.url}/_local/clock", json={"advance_days": days}, timeout=_ADVANCE_SECONDS_MAX
        )
        if not answer.is_success:
            raise WentWrong(f"POST /_local/clock answered {answer.status_code}: {answer.text}")
        self._set_clock()

    def now(self) -> float:
        virtual, real = self._anchor
        return virtual + (time.time() - real) * self.speed

    def get(self, workspace: str, path: str) -> Json:
        return self._sent("GET", path, self._headers(workspace, "owner"))

    def post(self, workspace: str, path: str, body: Json, sub: str = "owner") -> Json:
        key = f"demo-{secrets.token_hex(5)}"
        return self._sent("POST", path, {**self._headers(workspace, sub), "Idempotency-Key": key}, json=body)

    def _headers(self, workspace: str, sub: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token(sub)}", "X-Tenant-ID": workspace}

    def _sent(self, method: str, path: str, headers: Mapping[str, str], **more: Any) -> Json:
        """Send the request, and again with the same key while the answer is retryable."""
        for turn in range(_TRIES):
            answer = self._client.request(method, self.url + path, headers=headers, **more)
            text: Json = answer.json()
            if answer.is_success:
                return text
            error = text.get("error", {})
            if not error.get("retryable") or turn == _TRIES - 1:
                break
            self.pause(float(answer.headers.get("retry-after", 1)))
        raise Refused(f"{method} {path} answered {answer.status_code} {error.get('code')}: {error.get('message')}")

    def pause(self, seconds: float) -> None:
        if self.stopped.wait(seconds):
            raise WentWrong("stopped")

    def play(self, gateway: str, attempt_id: str, act: str) -> None:
        self.control(gateway, f"/orders/{attempt_id}", {"act": act})

    def control(self, gateway: str, path: str, body: Json) -> Json:
        """Call one of the simulator's controls, below /_sim."""
        return self._admin(gateway, "POST", f"/_sim{path}", body)

    def arm(self, *faults: str) -> None:
        """Arm faults at PhonePe; each hits the next payer, once."""
        for fault in faults:
            self.control(_FAULTY, "/faults", {"fault": fault, "op": "pay", "times": 1, "seconds": _OWN_SECONDS})

    def ledger(self, gateway: str) -> Json:
        return self._admin(gateway, "GET", "/_sim/ledger")

    def forget_own_fault(self) -> None:
        armed = self._admin(_FAULTY, "GET", "/_sim/faults")["faults"]
        others = [fault for fault in armed if fault["seconds"] != _OWN_SECONDS]
        if others == armed:
            return
        self._admin(_FAULTY, "DELETE", "/_sim/faults")
        for other in others:
            stored = {name: value for name, value in other.items() if value is not None}
            self._admin(_FAULTY, "POST", "/_sim/faults", stored)

    def _admin(self, gateway: str, method: str, path: str, body: Json | None = None) -> Json:
        answer = self._client.request(method, self._simulators[gateway] + path, json=body)
        if not answer.is_success:
            raise Refused(f"{gateway}'s simulator answered {method} {path} with {answer.status_code}: {answer.text}")
        text: Json = answer.json()
        return text
