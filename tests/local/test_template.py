import re
from pathlib import Path

import pytest

from local.blueprint import AuthorizerSpec, Blueprint, RouteSpec
from local.intrinsics import UnresolvedError
from local.options import ROOT, Options
from local.template import error_names, read_template
from local.testing import blueprint

FIXTURE = Path(__file__).parent / "fixture"
OPTIONS = Options()


def test_functions_come_with_their_folders_limits_and_environment(small: Blueprint) -> None:
    echo = small.functions["EchoFunction"]
    assert (echo.handler, echo.timeout_seconds, echo.code) == ("handler.handler", 2, FIXTURE / "functions" / "echo")
    assert echo.layers == (FIXTURE / "layer",)
    assert echo.environment == {
        "TABLE": "dev-things",
        "SECRET_ID": "arn:aws:secretsmanager:ap-south-1:123456789012:secret:dev/thing",
        "ORIGINS": "http://127.0.0.1:8000,http://localhost:*,http://127.0.0.1:*",
    }


def test_a_resource_whose_condition_is_false_is_not_there(small: Blueprint) -> None:
    assert sorted(small.functions) == ["BehaveFunction", "EchoFunction", "PollFunction"]
    extra = read_template(FIXTURE / "template.yaml", {**OPTIONS.parameters, "Extra": "yes"})
    assert "UnwantedFunction" in extra.functions
    assert extra.functions["EchoFunction"].environment["EXTRA"] == "there"


def test_routes_know_whether_they_are_public(small: Blueprint) -> None:
    assert set(small.routes) == {
        RouteSpec("GET", "/v1/things/{thing_id}", "EchoFunction", "Jwt"),
        RouteSpec("POST", "/open/{thing_id}", "EchoFunction"),
        RouteSpec("POST", "/behave", "BehaveFunction"),
    }
    assert small.authorizers == {"Jwt": AuthorizerSpec("http://127.0.0.1:8000/_local", ("pavati-local",))}


def test_a_list_parameter_reaches_cors_as_a_list(small: Blueprint) -> None:
    assert small.cors
    assert small.cors.origins == ("http://127.0.0.1:8000", "http://localhost:*", "http://127.0.0.1:*")


def test_schedules_carry_their_input(small: Blueprint) -> None:
    inputs = {schedule.event: (schedule.function, schedule.expression) for schedule in small.schedules}
    assert inputs == {
        "EveryMinute": ("BehaveFunction", "rate(1 minute)"),
        "EveryHour": ("BehaveFunction", "rate(1 hour)"),
    }


def test_a_state_machine_comes_with_its_substitutions_filled(small: Blueprint) -> None:
    (machine,) = small.machines
    assert machine.arn == "arn:aws:states:ap-south-1:123456789012:stateMachine:dev-poll"
    assert small.functions["PollFunction"].arn in machine.definition
    assert "${" not in machine.definition


def test_tables_come_with_their_ttl(small: Blueprint) -> None:
    ttl = {table.name: table.ttl_attribute for table in small.tables}
    assert ttl == {"dev-things": "ttl", "dev-workspaces": ""}


def test_a_parameter_without_any_value_is_named() -> None:
    with pytest.raises(UnresolvedError, match="Stage"):
        read_template(FIXTURE / "template.yaml", {})


def test_errors_that_a_state_machine_answers_are_known() -> None:
    assert error_names('{"ErrorEquals": ["Pending", "Slow"]} {"ErrorEquals":["States.ALL"]}') == {"Pending", "Slow"}


def test_the_real_template_has_everything_that_it_names() -> None:
    real = blueprint()
    assert len(real.functions) >= 7
    for function in real.functions.values():
        assert (function.code / "handler.py").is_file()
        assert all((layer / "payments").is_dir() for layer in function.layers)
    assert not re.search(r"\$\{", "".join(machine.definition for machine in real.machines))
    assert (ROOT / "layers" / "common").is_dir()
