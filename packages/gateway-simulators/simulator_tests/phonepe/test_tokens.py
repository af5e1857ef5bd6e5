import pytest

from simulator_tests.harness import CREDENTIALS, PG, Harness


@pytest.mark.parametrize("path", [f"{PG}/v1/oauth/token", "/apis/identity-manager/v1/oauth/token"])
def test_a_token_lives_an_hour_in_seconds(sim: Harness, path: str) -> None:
    token = sim.http.post(path, data=CREDENTIALS).json()
    assert token["token_type"] == "O-Bearer"
    assert token["issued_at"] == int(sim.clock.now())
    assert token["expires_at"] - token["issued_at"] == 3600


def test_an_expired_token_is_unauthorized_and_a_new_one_works(sim: Harness) -> None:
    sim.pay_call()
    sim.clock.advance(3599)
    assert sim.status_call().status_code == 200
    sim.clock.advance(1)
    refusal = sim.status_call()
    assert (refusal.status_code, refusal.json()["code"]) == (401, "AUTHORIZATION_FAILED")
    sim.log_in()
    assert sim.status_call().status_code == 200


@pytest.mark.parametrize("header", ["", "O-Bearer", "O-Bearer nonsense", "Bearer {token}", "{token}"])
def test_other_headers_are_unauthorized(sim: Harness, header: str) -> None:
    token = sim.http.headers["Authorization"].split()[1]
    sim.http.headers["Authorization"] = header.format(token=token)
    assert sim.pay_call().status_code == 401
    assert sim.ledger()["orders"] == []


@pytest.mark.parametrize("name", ["client_id", "client_secret", "client_version"])
def test_wrong_credentials_are_an_invalid_client(sim: Harness, name: str) -> None:
    refusal = sim.http.post(f"{PG}/v1/oauth/token", data=CREDENTIALS | {name: "x"})
    assert refusal.status_code == 400
    assert (refusal.json()["code"], refusal.json()["errorCode"]) == ("INVALID_CLIENT", "OIM000")
    assert refusal.json()["context"]["error_description"]


def test_another_grant_type_is_refused(sim: Harness) -> None:
    assert sim.http.post(f"{PG}/v1/oauth/token", data=CREDENTIALS | {"grant_type": "password"}).status_code == 400


def test_an_older_token_goes_on_working_beside_a_newer_one(sim: Harness) -> None:
    older = sim.http.headers["Authorization"]
    sim.log_in()
    sim.http.headers["Authorization"] = older
    assert sim.pay_call().status_code == 200
