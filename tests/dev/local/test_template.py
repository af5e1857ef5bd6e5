import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from dev.local.blueprint import AuthorizerSpec, Blueprint, EventSourceSpec, RouteSpec, TableSpec
from dev.local.event_source_spec import event_source
from dev.local.intrinsics import UnresolvedError
from dev.local.options import ROOT, Options, StackError
from dev.local.template import error_names, read_template
from dev.local.testing import blueprint

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
    assert sorted(small.functions) == ["BehaveFunction", "EchoFunction", "NoteFunction", "PollFunction"]
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
    assert ttl == {"dev-things": "ttl", "dev-notes": "", "dev-workspaces": ""}


def test_an_event_source_comes_with_its_table_its_numbers_and_its_patterns(small: Blueprint) -> None:
    """One that is disabled is left out."""
    of_some = '{"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": ["told"]}}}}'
    assert small.event_sources == (
        EventSourceSpec(
            function="NoteFunction",
            table="dev-notes",
            batch_size=3,
            at_once=2,
            patterns=(of_some, '{"eventName": ["REMOVE"]}'),
            age_seconds_max=60,
            retries=0,
        ),
    )


NOTES = TableSpec("dev-notes", {}, stream="KEYS_ONLY")
MAPPING = {"FunctionName": "pavati-dev-note", "EventSourceArn": NOTES.stream_arn, "StartingPosition": "LATEST"}


def read_mapping(small: Blueprint, *tables: TableSpec, **changes: Any) -> EventSourceSpec:
    name = small.functions["NoteFunction"].name
    return event_source("Told", MAPPING | {"FunctionName": name} | changes, small.functions.values(), tables)


def test_what_an_event_source_leaves_out_is_as_lambda_has_it(small: Blueprint) -> None:
    wanted = EventSourceSpec("NoteFunction", "dev-notes", 100, 1, (), -1, -1)
    assert read_mapping(small, NOTES) == wanted
    assert read_mapping(small, NOTES, FunctionName=small.functions["NoteFunction"].arn) == wanted


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"BisectBatchOnFunctionError": True, "Topics": ["x"]}, "knows no BisectBatchOnFunctionError, Topics of"),
        ({"FunctionName": "nobody"}, "there is no function nobody"),
        ({"EventSourceArn": "arn:aws:sqs:ap-south-1:1:queue"}, "only the stream of a table of this template"),
        ({"FilterCriteria": {"Filters": [{"Pattern": '{"a": [{"exists": true}]}'}]}}, "a must be an object or a list"),
    ],
)
def test_an_event_source_that_cannot_run_here_is_refused(small: Blueprint, changes: Any, why: str) -> None:
    with pytest.raises(StackError, match=f"Told: .*{why}"):
        read_mapping(small, NOTES, **changes)


def test_a_table_without_a_stream_of_keys_starts_nothing(small: Blueprint) -> None:
    with pytest.raises(StackError, match="only the stream of a table"):
        read_mapping(small, TableSpec("dev-notes", {}))
    with pytest.raises(StackError, match="streams KEYS_ONLY, not NEW_IMAGE"):
        read_mapping(small, TableSpec("dev-notes", {}, stream="NEW_IMAGE"))


def test_a_stream_that_no_table_has_is_named(tmp_path: Path) -> None:
    spoilt = shutil.copytree(FIXTURE, tmp_path / "fixture") / "template.yaml"
    spoilt.write_text(spoilt.read_text().replace("StreamSpecification: {StreamViewType: KEYS_ONLY}", "Tags: []"))
    with pytest.raises(UnresolvedError, match="NotesTable has no stream"):
        read_template(spoilt, OPTIONS.parameters)


def test_a_parameter_without_any_value_is_named() -> None:
    with pytest.raises(UnresolvedError, match="Stage"):
        read_template(FIXTURE / "template.yaml", {})


def test_errors_that_a_state_machine_answers_are_known() -> None:
    assert error_names('{"ErrorEquals": ["Pending", "Slow"]} {"ErrorEquals":["States.ALL"]}') == {"Pending", "Slow"}


def test_the_real_template_is_called_by_its_aliases() -> None:
    real = blueprint()
    assert {function.aliases for function in real.functions.values()} == {("live",)}
    (machine,) = real.machines
    assert f"{real.functions['PollFunction'].arn}:live" in machine.definition
    started = {schedule.function for schedule in real.schedules} | {source.function for source in real.event_sources}
    assert started == {"SweepFunction", "ReconcileFunction", "DisputesFunction", "ApplyFunction"}
    assert {schedule.target["Arn"].rpartition(":")[2] for schedule in real.schedules} == {"live"}
    assert {route.function for route in real.routes} | started | {"PollFunction"} == real.functions.keys()


def test_the_real_template_has_everything_that_it_names() -> None:
    real = blueprint()
    assert len(real.functions) >= 7
    for function in real.functions.values():
        assert (function.code / "handler.py").is_file()
        assert all((layer / "payments").is_dir() for layer in function.layers)
    assert not re.search(r"\$\{", "".join(machine.definition for machine in real.machines))
    assert [source.function for source in real.event_sources] == ["ApplyFunction"]
    assert (ROOT / "layers" / "common").is_dir()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Resources: [\n", "is not YAML: while parsing a flow node"),
        ("root:x:0:0:root\n", "a SAM template begins with keys, and Resources is one of them"),
        ("Resources:\n", "mend it, or unset TEMPLATE"),
    ],
)
def test_a_file_that_is_no_template_is_refused_in_one_line(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "template.yaml").write_text(text)
    with pytest.raises(StackError, match=why):
        read_template(tmp_path / "template.yaml", OPTIONS.parameters)
