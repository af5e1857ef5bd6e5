from pathlib import Path

import pytest

from local.messages import Request
from local.shop import serve


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("secret")
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "index.html").write_text("<p>hi")
    (shop / "page.js").write_text("1")
    return shop


@pytest.mark.parametrize(
    ("target", "body", "kind"),
    [
        ("/", b"<p>hi", "text/html; charset=utf-8"),
        ("/?payment=1", b"<p>hi", "text/html; charset=utf-8"),
        ("/page.js", b"1", "text/javascript; charset=utf-8"),
    ],
)
def test_its_files_are_served(folder: Path, target: str, body: bytes, kind: str) -> None:
    page = serve(Request("GET", target), folder)
    assert page
    assert (page.body, dict(page.headers)["content-type"]) == (body, kind)


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/v1/payments/%00"),
        ("GET", "/" + "a" * 5000),
        ("GET", "/../secret.txt"),
        ("GET", "/%2e%2e/secret.txt"),
        ("GET", "//etc/passwd"),
        ("GET", "/v1"),
        ("POST", "/"),
    ],
)
def test_nothing_else_is(folder: Path, method: str, target: str) -> None:
    assert serve(Request(method, target), folder) is None
