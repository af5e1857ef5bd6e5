"""QR codes of pay pages."""

from __future__ import annotations

import segno


def qr_svg(text: str, label: str) -> str:
    """An `<svg>` for a page. `label` becomes an attribute: pass it escaped."""
    drawn = segno.make_qr(text, error="L").svg_inline(light="#fff", omitsize=True, svgclass=None, lineclass=None)
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{label}" shape-rendering="crispEdges" ', 1)
