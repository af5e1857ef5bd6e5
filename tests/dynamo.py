"""moto's DynamoDB, made atomic, with the tables that template.yaml declares."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws

from local import atomic, provision
from local.blueprint import Blueprint
from local.template import read_template

_TEMPLATE = Path(__file__).parents[1] / "template.yaml"
_PARAMETERS = {
    "Stage": "dev",
    "GatewayMode": "simulator",
    "SimulatorUrl": "http://127.0.0.1:8101",
    "JwtIssuer": "http://127.0.0.1:8000/_local",
    "JwtAudience": "pavati-local",
    "ReturnUrlAllowList": "https://shop.example",
    "PhonePeClientId": "PAVATISIM",
}


@cache
def blueprint() -> Blueprint:
    atomic.install()
    return read_template(_TEMPLATE, _PARAMETERS)


@contextmanager
def dynamodb() -> Iterator[Any]:
    tables = blueprint().tables
    with mock_aws():
        client = boto3.client("dynamodb", region_name="ap-south-1", aws_access_key_id="x", aws_secret_access_key="x")
        provision.create_tables(client, tables)
        provision.seed_workspaces(client, "pavati-dev-workspaces")
        yield client
