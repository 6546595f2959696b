"""Draws an editor that knows an app: `python scripts/picture_editor.py [--check]`.

What the editor offers are the answers of pyright's language server on `generated/image_lab.py`,
and the error below is pyright's own. With `--check` nothing is written, and the exit code is 1 when
the picture is not what pyright says today.

Run it from the project's environment.
"""

from __future__ import annotations

import io
import json
import keyword
import shutil
import subprocess
import sys
import tempfile
import tokenize
from pathlib import Path

from picture_svg import HEIGHT, MARGIN, WIDTH, Span, draw, keep

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.lsp import LanguageServer  # noqa: E402 - found beside the package

COLUMNS = 68
TITLE = "An editor offers the three choices of a parameter, and marks a choice that does not exist"
WRITTEN = """from image_lab import ImageLab

with ImageLab() as lab:
    lab.generate("a cat on the moon", scheduler="|")
"""
WRONG = """    lab.generate("a cat on the moon", scheduler="eulr")
"""


def offered(folder: Path) -> list[str]:
    """The literals that an editor offers at the cursor."""
    with LanguageServer(folder) as server:
        items = server.completions(WRITTEN)
    labels = sorted(label for label in items if label.startswith('"'))
    if len(labels) < 3:
        raise SystemExit(f"the language server offers {sorted(items)[:10]} and no literals")
    return labels


def complaint(folder: Path) -> str:
    """What pyright says of the wrong choice."""
    code = WRITTEN.rpartition("    ")[0] + WRONG
    (folder / "wrong.py").write_text(code, encoding="utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pyright", "--pythonpath", sys.executable),
            *("--outputjson", "wrong.py"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    (found,) = json.loads(done.stdout)["generalDiagnostics"]
    lines = [line.strip() for line in str(found["message"]).splitlines()]
    return next(line for line in lines if "is not assignable" in line)


def coloured(code: str) -> list[list[Span]]:
    """Code as rows of coloured text."""
    rows: list[list[Span]] = [[] for _ in code.splitlines()]
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        (line, left), (_, right) = token.start, token.end
        if token.type in {tokenize.NAME, tokenize.OP, tokenize.STRING}:
            row = rows[line - 1]
            gap = left - sum(len(span.text) for span in row)
            row += [Span(" " * gap), Span(token.line[left:right], _style(token))]
    return rows


def _style(token: tokenize.TokenInfo) -> str:
    if token.type == tokenize.STRING:
        return "blue"
    return "red" if keyword.iskeyword(token.string) else "text"


def picture() -> str:
    """Ask pyright, and draw what an editor shows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(ROOT / "generated" / "image_lab.py", folder)
        labels, said = offered(folder), complaint(folder)
    before, _, after = WRITTEN.partition("|")
    top = before.count("\n") + 1
    left = len(before.rpartition("\n")[2])
    rows = coloured(before + after)[:top]
    rows += [[Span(" " * left), Span(f" {label}")] for label in labels]
    rows += [[], *coloured(WRONG)[:1], [Span(f"    {said}", "red")]]
    box = _box("popup", left, top, len(labels)) + _box("chosen", left, top, 1)
    return draw(TITLE, rows, COLUMNS, box + _wave(WRONG.index('"eulr"'), len('"eulr"'), len(rows)))


def _box(style: str, left: int, top: int, height: int) -> str:
    x, y = MARGIN + left * WIDTH, MARGIN + top * HEIGHT
    width = 14 * WIDTH
    return (
        f'<rect class="{style}" x="{x:.1f}" y="{y}" width="{width:.1f}" '
        f'height="{height * HEIGHT}" rx="3"/>\n'
    )


def _wave(left: int, length: int, rows: int) -> str:
    """The line under a mistake in the last row but one."""
    x, y = MARGIN + left * WIDTH, MARGIN + (rows - 1) * HEIGHT - 1
    waves = round(length * WIDTH / 6)
    return f'<path class="line" d="M{x:.1f} {y}{"q1.5 -3 3 0t3 0" * waves}"/>\n'


if __name__ == "__main__":
    sys.exit(keep({"completion.svg": picture()}))
