"""A QR code of one fixed kind (version 5, level L, mask 0, bytes): room for 106 bytes, no choices, few lines."""

from __future__ import annotations

from collections.abc import Iterator

SIZE = 37
MAX_BYTES = 106
_DATA_WORDS = 108
_CHECK_WORDS = 26
_FORMAT_BITS = 0x77C4  # Level L with mask 0, as the standard's table has it.
_FINDERS = ((3, 3), (SIZE - 4, 3), (3, SIZE - 4))
_ALIGNMENT = (30, 30)

Grid = dict[tuple[int, int], bool]


def qr_svg(text: str, label: str) -> str:
    """`label` goes into an attribute: hand it in escaped."""
    dots = "".join(f"M{x + 4} {y + 4}h1v1h-1z" for (x, y), is_dark in sorted(qr_grid(text).items()) if is_dark)
    side = SIZE + 8
    return (
        f'<svg viewBox="0 0 {side} {side}" role="img" aria-label="{label}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{dots}"/></svg>'
    )


def qr_grid(text: str) -> Grid:
    """True is dark. Keys are (column, row)."""
    words = _data_words(text.encode())
    grid = _fixed_parts()
    bits = _bits(words + _check_words(words))
    for x, y in _free_places(grid):
        grid[x, y] = next(bits, False) ^ ((x + y) % 2 == 0)
    return grid


def _data_words(data: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        raise ValueError(f"at most {MAX_BYTES} bytes fit")
    # Half a byte of mode (4: bytes), a byte of length, the bytes, half a byte of end mark.
    words = (int.from_bytes(bytes([4, len(data)]) + data, "big") << 4).to_bytes(len(data) + 3, "big")[1:]
    padding = (b"\xec\x11" * _DATA_WORDS)[: _DATA_WORDS - len(words)]
    return words + padding


def _times(a: int, b: int) -> int:
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = a << 1 ^ (0x11D if a & 0x80 else 0)
        b >>= 1
    return product


def _check_words(data: bytes) -> bytes:
    divisor, root = [0] * (_CHECK_WORDS - 1) + [1], 1
    for _ in range(_CHECK_WORDS):
        shifted = [*divisor[1:], 0]
        divisor = [_times(word, root) ^ shifted[i] for i, word in enumerate(divisor)]
        root = _times(root, 2)
    rest = [0] * _CHECK_WORDS
    for word in data:
        factor = word ^ rest[0]
        rest = [a ^ _times(b, factor) for a, b in zip([*rest[1:], 0], divisor, strict=True)]
    return bytes(rest)


def _bits(words: bytes) -> Iterator[bool]:
    return (bool(word >> shift & 1) for word in words for shift in range(7, -1, -1))


def _fixed_parts() -> Grid:
    grid: Grid = {}
    for i in range(SIZE):
        grid[6, i] = grid[i, 6] = i % 2 == 0
    for x, y in _FINDERS:
        _draw_rings(grid, x, y, 4, {2, 4})
    _draw_rings(grid, *_ALIGNMENT, 2, {1})
    _draw_format(grid)
    return grid


def _draw_rings(grid: Grid, x: int, y: int, radius: int, light: set[int]) -> None:
    for dx in range(-radius, radius + 1):
        for dy in range(-radius, radius + 1):
            if 0 <= x + dx < SIZE and 0 <= y + dy < SIZE:
                grid[x + dx, y + dy] = max(abs(dx), abs(dy)) not in light


def _draw_format(grid: Grid) -> None:
    first = [(8, y) for y in (0, 1, 2, 3, 4, 5, 7, 8)] + [(x, 8) for x in (7, 5, 4, 3, 2, 1, 0)]
    second = [(SIZE - 1 - i, 8) for i in range(8)] + [(8, SIZE - 7 + i) for i in range(7)]
    for places in (first, second):
        for i, place in enumerate(places):
            grid[place] = bool(_FORMAT_BITS >> i & 1)
    grid[8, SIZE - 8] = True


def _free_places(grid: Grid) -> list[tuple[int, int]]:
    """Two columns at a time from the right, up and down in turn, around the upright timing line."""
    places = []
    rights = [right if right > 6 else right - 1 for right in range(SIZE - 1, 0, -2)]
    for turn, right in enumerate(rights):
        rows = range(SIZE - 1, -1, -1) if turn % 2 == 0 else range(SIZE)
        places += [(x, y) for y in rows for x in (right, right - 1) if (x, y) not in grid]
    return places
