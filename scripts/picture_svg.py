"""Draws text in colours as an SVG, which is light or dark as its reader likes it."""

from __future__ import annotations

import html
import re
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["HEIGHT", "IMAGES", "MARGIN", "WIDTH", "Span", "draw", "keep"]

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
WIDTH, HEIGHT, MARGIN = 8.43, 19, 14
"""A character's width and a line's height at 14 pixels, and the room around the text."""

FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
STYLE = """
.ground { fill: #f6f8fa } .popup { fill: #ffffff; stroke: #afb8c1 } .chosen { fill: #ddf4ff }
.line { stroke: #cf222e; fill: none }
.text { fill: #1f2328 } .faint { fill: #656d76 } .red { fill: #cf222e } .green { fill: #116329 }
.yellow { fill: #7d4e00 } .blue { fill: #0550ae } .magenta { fill: #8250df } .cyan { fill: #1b7c83 }
.bold { font-weight: bold } .italic { font-style: italic }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117 } .popup { fill: #161b22; stroke: #484f58 } .chosen { fill: #1f3a5f }
.line { stroke: #ff7b72 }
.text { fill: #e6edf3 } .faint { fill: #9198a1 } .red { fill: #ff7b72 } .green { fill: #56d364 }
.yellow { fill: #e3b341 } .blue { fill: #79c0ff } .magenta { fill: #d2a8ff } .cyan { fill: #56d4dd }
}
"""


@dataclass(frozen=True)
class Span:
    """Text of one style: one or more of the classes of `STYLE`."""

    text: str
    style: str = "text"


def draw(title: str, rows: list[list[Span]], columns: int, over: str = "") -> str:
    """Return the picture.

    Args:
        title: What it shows, for readers who cannot see it.
        rows: Its lines.
        columns: How many characters fit into a line.
        over: SVG to draw over the ground and under the text.
    """
    width, height = round(columns * WIDTH + 2 * MARGIN), len(rows) * HEIGHT + 2 * MARGIN
    lines = "\n".join(_row(number, row) for number, row in enumerate(rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">\n<title>{html.escape(title)}</title>\n'
        f'<style>{STYLE}</style>\n<rect class="ground" width="100%" height="100%" rx="8"/>\n{over}'
        f'<g font-family="{FONT}" font-size="14">\n{lines}\n</g></svg>\n'
    )


def _row(number: int, row: list[Span]) -> str:
    y = MARGIN + (number + 0.75) * HEIGHT
    column, spans = 0, ""
    for span in row:
        # Not all viewers keep spaces that follow each other: what stands behind them has its place.
        for words in re.finditer(r"\S+(?: \S+)*", span.text):
            x = MARGIN + (column + words.start()) * WIDTH
            spans += f'<tspan x="{x:.1f}" class="{span.style}">{html.escape(words[0])}</tspan>'
        column += len(span.text)
    return f'<text y="{y:.1f}">{spans}</text>'


def keep(pictures: dict[str, str]) -> int:
    """Write pictures to `docs/images`; with `--check`, only say which are not current.

    Returns:
        The exit code: 1 if a picture is not current.
    """
    stale = [
        name
        for name, picture in pictures.items()
        if not (IMAGES / name).is_file() or (IMAGES / name).read_text("utf-8") != picture
    ]
    for name in stale:
        if "--check" in sys.argv[1:]:
            print(f"docs/images/{name} is not current; run {sys.argv[0]}")
        else:
            (IMAGES / name).write_text(pictures[name], "utf-8")
            print(f"wrote docs/images/{name}")
    return int(bool(stale) and "--check" in sys.argv[1:])
