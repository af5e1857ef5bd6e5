"""The parts as a deployed function gets them, from its environment."""

from __future__ import annotations

import ast
import inspect
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from payments import wiring
from payments.domain.values.account import Account
from payments.domain.values.clock import Clock
from payments.gateways.contract.errors import Unavailable
from payments.gateways.registry import GATEWAYS, GatewayParts
from payments.runtime import log
from payments.usecases.errors import UnknownGateway
from payments.usecases.metrics import Metric
from payments.usecases.ports import Ports
from tests.runtime.services import Services, answered_by
from tests.runtime.written import Written, written_to
from tests.simulated import simulator_secret
from tests.world import SECRET, World

ENVIRONMENT = {
    "TABLE_PREFIX": "pavati-dev-",
    "SIMULATOR_URL": "http://127.0.0.1:9",  # Nobody listens there.
    "GATEWAYS": "stripe,phonepe",
    "GATEWAY_SECRET_PREFIX": "pavati/dev",
    "SWEEP_ROWS_AT_ONCE": "3",
}
_MADE = (
    wiring.settings, wiring.deadline, wiring.ports, wiring._clock, wiring._gateway, wiring._secrets, wiring._parameters,
)  # fmt: skip


@dataclass
class Deployment:
    """A function's environment. Its store is the world's; `read_of` has the names of the secrets that were read."""

    world: World
    services: Services = field(default_factory=Services)
    read_of: list[str] = field(default_factory=list)
    secret: Callable[[str], Mapping[str, Any]] = lambda name: SECRET

    def __post_init__(self) -> None:
        self.services.tables = self.world.client
        self.services.answers["GetSecretValue"] = self._secret

    def _secret(self, request: dict[str, Any]) -> dict[str, Any]:
        self.read_of.append(request["SecretId"])
        return {"SecretString": json.dumps(dict(self.secret(request["SecretId"])))}


@pytest.fixture
def deployed(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """No part has been built yet."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for each in _MADE:
        each.cache_clear()
    deployment = Deployment(world)
    with answered_by(deployment.services):
        yield deployment
    for each in _MADE:
        each.cache_clear()


@pytest.fixture
def written(capfd: pytest.CaptureFixture[str]) -> Iterator[Written]:
    with written_to(capfd) as found:
        yield found


def test_new_payments_go_to_the_listed_gateways_and_old_ones_are_checked_at_all(deployed: Deployment) -> None:
    ports = wiring.ports()
    assert (ports.gateways, ports.known_gateways) == (("stripe", "phonepe"), GATEWAYS)


def test_accounts_are_those_of_the_settings_in_their_order(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAYS", "stripe:eu,phonepe,stripe")
    monkeypatch.setenv("FORMER_ACCOUNTS", "phonepe:old,square:old")
    ports = wiring.ports()
    assert [*map(str, ports.accounts)] == ["stripe:eu", "phonepe:main", "stripe:main"]
    assert [*map(str, ports.former_accounts)] == ["phonepe:old", "square:old"]


LEFT_TO_OTHERS = {"account", "transport"}  # The builder knows the account, and tests inject the transport.


@pytest.mark.parametrize("of", [Ports, GatewayParts])
def test_no_part_is_left_to_its_default(of: type[Ports] | type[GatewayParts]) -> None:
    """A part that is forgotten here is missing in every deployment, but in no test that builds its own parts."""
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(wiring))) if isinstance(node, ast.Call)]
    (call,) = (node for node in calls if isinstance(node.func, ast.Name) and node.func.id == of.__name__)
    assert {each.arg for each in call.keywords} == {each.name for each in fields(of)} - LEFT_TO_OTHERS


def test_a_sweep_is_as_wide_as_the_deployment_says(deployed: Deployment) -> None:
    with wiring.ports().crew() as crew:
        assert crew.size == 3


def test_the_parts_see_the_time_that_the_invocation_has_left(deployed: Deployment) -> None:
    wiring.deadline().restart(5.0)
    assert 4.0 < wiring.ports().time_left() <= 5.0


def test_the_store_and_the_log_are_the_functions_own(deployed: Deployment, written: Written) -> None:
    ports = wiring.ports()
    payment_id = deployed.world.initiate()["payment_id"]
    assert ports.store.within("ws_demo").get_payment(payment_id) == deployed.world.payment(payment_id)
    ports.note("attempt.completed", attempt_id="att_1")
    ports.count(Metric.PAYMENT_COMPLETED, 2)
    log.flush()
    line, metrics = written.lines()
    assert (line["message"], line["attempt_id"], metrics["PaymentCompleted"]) == ("attempt.completed", "att_1", [2.0])


def test_an_unknown_gateway_is_the_callers_mistake_and_the_known_ones_are_named(deployed: Deployment) -> None:
    with pytest.raises(UnknownGateway) as unknown:
        wiring.ports().gateway(Account("adyen"))
    assert unknown.value.message == f"gateway is one of: {', '.join(GATEWAYS)}"
    assert unknown.value.details == {"gateways": list(GATEWAYS)}


def test_a_gateway_is_made_once(deployed: Deployment) -> None:
    assert wiring.ports().gateway(Account("stripe")) is wiring.ports().gateway(Account("stripe"))


def test_a_gateway_that_gives_no_token_is_reported_and_counted(deployed: Deployment, written: Written) -> None:
    attempt = deployed.world.payment(deployed.world.initiate()["payment_id"]).current
    wiring.deadline().restart(5.0)
    with pytest.raises(Unavailable):
        wiring.ports().gateway(Account("phonepe")).fetch_payment(replace(attempt, gateway="phonepe"))
    log.flush()
    *lines, metrics = written.lines()
    assert deployed.read_of == ["pavati/dev/phonepe/main/api"]
    assert metrics["GatewayTokenFailed"] == [1.0]
    assert {(line["message"], line["gateway"], line["attempt_id"]) for line in lines} == {
        ("gateway.failed", "phonepe", attempt.id)
    }


def test_a_gateway_may_use_what_the_invocation_has_left_and_no_more(deployed: Deployment, written: Written) -> None:
    attempt = deployed.world.payment(deployed.world.initiate()["payment_id"]).current
    wiring.deadline().restart(0.0)
    with pytest.raises(Unavailable):
        wiring.ports().gateway(Account("phonepe")).fetch_payment(replace(attempt, gateway="phonepe"))
    log.flush()
    assert "GatewayTokenFailed" not in written.text()  # Nothing was sent, so no gateway has failed.


def test_a_gateways_answers_are_reported_to_who_debugs(deployed: Deployment, written: Written) -> None:
    deployed.secret = lambda name: simulator_secret("razorpay", "")
    attempt = deployed.world.payment(deployed.world.initiate()["payment_id"]).current
    forged = {"razorpay_payment_id": "pay_1", "razorpay_order_id": "order_1", "razorpay_signature": "0" * 64}
    reported = []
    for is_on in (False, True):
        log.debug(is_on=is_on)
        wiring.ports().gateway(Account("razorpay")).is_proved(attempt, forged)  # type: ignore[attr-defined]
        reported.append([(line["message"], line["operation"]) for line in written.lines()])
    log.debug(is_on=False)
    assert reported == [[], [("gateway.answered", "is_proved")]]


def test_a_secret_that_could_not_be_read_is_requested_again_at_once(deployed: Deployment) -> None:
    answers: list[Any] = [ClientError({"Error": {"Code": "InternalServiceError", "Message": ""}}, "GetSecretValue")]

    def secret(name: str) -> dict[str, Any]:
        if answers:
            raise answers.pop()
        return {"key": "k"}

    deployed.secret = secret
    with pytest.raises(Unavailable):
        wiring._secrets()("stripe")
    assert wiring._secrets()("stripe") == {"key": "k"}
    assert wiring._secrets()("stripe") == {"key": "k"}
    assert deployed.read_of == ["stripe", "stripe"]


def test_each_gateway_has_a_secret_of_its_own(deployed: Deployment) -> None:
    deployed.secret = lambda name: {"id": name}
    names = ["pavati/dev/stripe/main/api", "pavati/dev/stripe/eu/api", "pavati/dev/stripe/main/webhook"]
    assert [wiring._secrets()(name)["id"] for name in (*names, names[0])] == [*names, names[0]]
    assert deployed.read_of == names


def test_what_a_gateway_shows_to_browsers_is_read_from_its_parameter(deployed: Deployment) -> None:
    deployed.services.answers["GetParameter"] = lambda _: {"Parameter": {"Value": '{"publishable_key": "pk_test_1"}'}}
    for _ in range(2):
        assert dict(wiring.ports().public(Account("stripe")).values) == {"publishable_key": "pk_test_1"}
    assert deployed.services.requests == [("GetParameter", {"Name": "/pavati/dev/stripe/main/public"})]


def test_a_deployed_clock_is_the_real_one(deployed: Deployment) -> None:
    assert_runs(wiring.ports().clock, real=0.0, virtual=0.0, speed=1)


@pytest.mark.parametrize(("file", "forward_s"), [("", 0), ("forward", 86_400)])
def test_a_development_clock_runs_from_its_anchor_and_may_be_put_forward(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: str, forward_s: int
) -> None:
    (tmp_path / "forward").write_text("86400")
    real = time.time() - 3
    anchor = f"{real},5000,20{f',{tmp_path}/{file}' if file else ''}"
    monkeypatch.setenv("PAVATI_CLOCK", anchor)
    assert_runs(wiring.ports().clock, real=real, virtual=5_000.0 + forward_s, speed=20)


def assert_runs(clock: Clock, real: float, virtual: float, speed: int) -> None:
    """It shows `virtual` at the real time `real`, both in Unix seconds, and runs `speed` times as fast."""
    before = time.time()
    shown = clock.now().timestamp()
    first, last = (virtual + (at - real) * speed for at in (before, time.time()))
    assert first - 0.001 <= shown <= last
