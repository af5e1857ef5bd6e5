"""The demo's hands: the merchant's server and the payer, played against the running system."""

import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any

import httpx

Json = dict[str, Any]

_TRIES = 5
# no_webhook knows no seconds: here they mark the fault as the demo's own.
_LOSER = "phonepe"
_LOST_WEBHOOK: Json = {"fault": "no_webhook", "op": "pay", "times": 1, "seconds": 499.0}


class NotRunning(Exception):
    """The stack or the simulator does not answer."""


class WentWrong(Exception):
    """A story did not go as it must."""


class Stack:
    """The API with an owner's token, the simulators' controls, and the clock they share."""

    def __init__(self, url: str, port_by_gateway: Mapping[str, int]) -> None:
        self.url = url
        self._simulators = {name: f"http://127.0.0.1:{port}" for name, port in port_by_gateway.items()}
        self._client = httpx.Client(timeout=35, trust_env=False)
        self.stopped = threading.Event()
        self.payers = threading.Lock()  # A fault hits the next payer, whoever that is.
        self._headers: dict[str, str] = {}
        self._anchor = (0.0, 0.0)
        self.speed = 1.0

    def open(self) -> None:
        try:
            clock = self._client.get(f"{self.url}/_local/status").json()["clock"]
            token = self._client.post(f"{self.url}/_local/token", json={"sub": "owner"}).json()["access_token"]
            for simulator in self._simulators.values():
                self._client.get(f"{simulator}/_sim/faults").raise_for_status()
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as silence:
            raise NotRunning from silence
        self.speed, self._anchor = clock["speed"], (clock["now"], time.time())
        self._headers = {"Authorization": f"Bearer {token}"}

    def now(self) -> float:
        virtual, real = self._anchor
        return virtual + (time.time() - real) * self.speed

    def get(self, workspace: str, path: str) -> Json:
        return self._sent("GET", path, {"X-Tenant-ID": workspace})

    def post(self, workspace: str, path: str, body: Json) -> Json:
        key = f"demo-{secrets.token_hex(5)}"
        return self._sent("POST", path, {"X-Tenant-ID": workspace, "Idempotency-Key": key}, json=body)

    def _sent(self, method: str, path: str, headers: Mapping[str, str], **more: Any) -> Json:
        """The same request again, with the same key, while the answer says that this is worth it."""
        for turn in range(_TRIES):
            answer = self._client.request(method, self.url + path, headers={**self._headers, **headers}, **more)
            said: Json = answer.json()
            if answer.is_success:
                return said
            error = said.get("error", {})
            if not error.get("retryable") or turn == _TRIES - 1:
                break
            self.pause(float(answer.headers.get("retry-after", 1)))
        raise WentWrong(f"{method} {path} answered {answer.status_code} {error.get('code')}: {error.get('message')}")

    def pause(self, seconds: float) -> None:
        if self.stopped.wait(seconds):
            raise WentWrong("stopped")

    def play(self, gateway: str, attempt_id: str, act: str) -> None:
        self._admin(gateway, "POST", f"/_sim/orders/{attempt_id}", {"act": act})

    def lose_next_webhook(self) -> None:
        self._admin(_LOSER, "POST", "/_sim/faults", _LOST_WEBHOOK)

    def ledger(self, gateway: str) -> Json:
        return self._admin(gateway, "GET", "/_sim/ledger")

    def forget_own_fault(self) -> None:
        armed = self._admin(_LOSER, "GET", "/_sim/faults")["faults"]
        if _LOST_WEBHOOK not in armed:
            return
        self._admin(_LOSER, "DELETE", "/_sim/faults")
        for other in armed:
            if other != _LOST_WEBHOOK:
                kept = {name: value for name, value in other.items() if value is not None}
                self._admin(_LOSER, "POST", "/_sim/faults", kept)

    def _admin(self, gateway: str, method: str, path: str, body: Json | None = None) -> Json:
        answer = self._client.request(method, self._simulators[gateway] + path, json=body)
        if not answer.is_success:
            raise WentWrong(f"{gateway}'s simulator answered {method} {path} with {answer.status_code}: {answer.text}")
        said: Json = answer.json()
        return said
