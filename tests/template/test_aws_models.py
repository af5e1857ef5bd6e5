"""AWS's models in a built layer: the operations that functions use, complete."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.loaders import Loader

from dev.bench.packages import ROOT
from dev.dynamodb_model.shapes import operations
from dev.tools.aws_models import MODELS, OPERATIONS, pruned, write_models

_LAYER = ROOT / "layers/common"


def _source() -> str:
    files = [*_LAYER.rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    return "\n".join(file.read_text() for file in files)


@pytest.mark.parametrize("service", OPERATIONS)
def test_the_operations_are_those_that_the_functions_use(service: str) -> None:
    words = set(re.findall(r"[a-z_]+", _source()))
    used = {model.name for method, model in operations(service).items() if "_" in method and method in words}
    assert used - {"Query"} == set(OPERATIONS[service]) - {"Query"}


def test_every_service_that_a_function_has_a_client_of_is_there() -> None:
    named = re.findall(r'(?:create_client|client)\(\s*"([a-z]+)"', _source())
    assert set(named) == set(OPERATIONS)


@pytest.mark.parametrize("service", OPERATIONS)
def test_each_operation_is_as_botocore_has_it_but_for_its_documentation(service: str) -> None:
    whole = Loader().load_service_model(service, "service-2")
    ours = pruned(whole, OPERATIONS[service])
    assert set(ours["operations"]) == set(OPERATIONS[service])
    for part in ("operations", "shapes"):
        for name, one in ours[part].items():
            assert one == _bare(whole[part][name])
    assert ours["metadata"] == whole["metadata"]
    assert len(json.dumps(ours)) < len(json.dumps(whole)) / 4


def test_a_client_with_these_models_alone_works_as_usual(tmp_path: Path) -> None:
    (tmp_path / "endpoints.json").write_bytes((_LAYER / MODELS / "endpoints.json").read_bytes())
    write_models(tmp_path)
    session = botocore.session.get_session()
    session.register_component(
        "data_loader", Loader(extra_search_paths=[str(tmp_path)], include_default_search_paths=False)
    )
    keys: dict[str, Any] = {"aws_access_key_id": "a", "aws_secret_access_key": "s", "region_name": "ap-south-1"}
    for service, names in OPERATIONS.items():
        client = session.create_client(service, **keys)
        assert client.meta.endpoint_url.endswith(".ap-south-1.amazonaws.com")
        assert set(client.meta.service_model.operation_names) == set(names)


def _bare(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _bare(value) for name, value in part.items() if name != "documentation"}
    return [_bare(value) for value in part] if isinstance(part, list) else part
