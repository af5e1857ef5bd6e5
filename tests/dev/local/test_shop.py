import re
from pathlib import Path

import pytest

from dev.local.provision import WORKSPACES
from dev.local.shop import FOLDER, serve
from gateway_simulators import GATEWAYS
from gateway_simulators.kit.messages import Request


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


def test_the_shop_knows_every_gateway_and_sells_where_there_is_a_workspace() -> None:
    market = (FOLDER / "market.js").read_text()
    names = re.search(r"NAMES = \{(.*?)\}", market)
    assert names
    assert re.findall(r"(\w+):", names[1]) == list(GATEWAYS)
    assert set(re.findall(r'workspace: "(\w+)"', market)) <= set(WORKSPACES)


def test_every_script_that_the_shop_imports_is_there() -> None:
    pages = [FOLDER / "index.html", *FOLDER.glob("*.js")]
    named = re.compile(r'(?:from "\.|src="|href=")/(\w+\.(?:js|css))"')
    wanted = {name for page in pages for name in named.findall(page.read_text())}
    assert len(wanted) == 9
    assert [name for name in wanted if not (FOLDER / name).is_file()] == []


def test_the_page_may_load_scripts_of_this_machine_only() -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', (FOLDER / "index.html").read_text())
    assert policy
    sources = {source for rule in policy[1].split(";") for source in rule.split()[1:]}
    assert sources == {"'none'", "'self'", "data:", "http://127.0.0.1:*"}
