"""A payer in a real browser, with a keyboard and without a mouse."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lines import LineProcess

WIDE, NARROW = (1280, 900), (360, 740)
SIZES = (WIDE, NARROW)


@dataclass(frozen=True)
class Payer:
    browser: LineProcess

    def open(self, url: str, size: tuple[int, int] = WIDE, block: str = "") -> None:
        self.browser.get("open", url=url, width=size[0], height=size[1], block=block)

    def go(self, url: str) -> None:
        self.browser.get("go", url=url)

    def resize(self, size: tuple[int, int]) -> None:
        self.browser.get("size", width=size[0], height=size[1])

    def block(self, pattern: str) -> None:
        """Requests to such addresses wait for `release`."""
        self.browser.get("block", pattern=pattern)

    def release(self, pattern: str = "") -> None:
        """Release all requests, or those of one pattern."""
        self.browser.get("release", pattern=pattern)

    @property
    def waiting_for(self) -> list[str]:
        return sorted(self.browser.get("waiting"))

    def sees(self, text: str) -> None:
        self.browser.get("shows", text=text)

    def tab_to(self, name: str) -> None:
        self.browser.get("tab_to", name=name)

    def press_key(self, key: str) -> None:
        self.browser.get("press", key=key)

    def press(self, name: str) -> None:
        """The button or link of this name."""
        self.tab_to(name)
        self.press_key("Enter")

    def choose(self, name: str, option: str) -> None:
        """Type an option's first letters."""
        self.tab_to(name)
        self.browser.get("type", text=option)

    def post(self, **fields: str) -> None:
        """Submit a form of the page as its own buttons do; returns the answer."""
        self.browser.get("post", fields=fields)

    def run(self, code: str, frame: str = "") -> Any:
        return self.browser.get("run", code=code, frame=frame)

    @property
    def text(self) -> str:
        return str(self.browser.get("text"))

    @property
    def address(self) -> str:
        return str(self.browser.get("address"))

    @property
    def focused(self) -> str:
        return str(self.browser.get("focused"))

    @property
    def pay_page_text(self) -> str:
        """The text of the innermost frame: Razorpay's page is inside the shop's."""
        return str(self.run("document.body.innerText", self.frames[-1]))

    @property
    def frames(self) -> list[str]:
        """Their addresses; the first is the page's."""
        return list(self.browser.get("frames"))

    def box(self, selector: str) -> dict[str, float]:
        box: dict[str, float] = self.run(
            f"document.querySelector({json.dumps(selector)}).getBoundingClientRect().toJSON()"
        )
        return box

    @property
    def violations(self) -> list[str]:
        return list(self.browser.get("violations"))

    @property
    def errors(self) -> list[str]:
        """Errors in the browser's console."""
        return list(self.browser.get("errors"))

    @property
    def too_wide_by(self) -> int:
        return int(self.browser.get("too_wide"))

    def picture(self, path: Path) -> None:
        self.browser.ask("picture", path=str(path))
