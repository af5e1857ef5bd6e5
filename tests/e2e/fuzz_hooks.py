"""Make most valid orders pass the allow-list, so that the code behind it is tested, too."""

from __future__ import annotations

import os
from typing import Any

import schemathesis


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    if isinstance(body, dict) and isinstance(body.get("return_url"), str) and len(body["return_url"]) % 4:
        body["return_url"] = os.environ["RETURN_URL"]
    return body
