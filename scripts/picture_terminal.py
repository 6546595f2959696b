"""Records the command at work: `python scripts/picture_terminal.py [SVG]`.

Run it from the project's environment. A real app is served on loopback and the commands of
`SESSION` are really run, in a terminal of their own (a pty). What the terminal shows over time
becomes an animated SVG. Needs pyte, which knows what terminals do.
"""

from __future__ import annotations

import fcntl
import html
import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

import pyte

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.servers import Servers  # noqa: E402 - found beside the package

COLUMNS, LINES = 108, 26
WIDTH, HEIGHT, MARGIN = 8.43, 19, 14
TYPING = 0.035
PAUSE = 1.2
LAST_PAUSE = 5.0
SESSION = [
    "gradio-codegen generate",
    "gradio-codegen check",
    (
        'gradio-codegen call image_lab generate prompt="a cat on the moon" '
        "scheduler=dpm++ steps=50 --download out"
    ),
]
CONFIG = """[tool.gradio-codegen.clients.image_lab]
source = "{url}"
"""
COLOURS = {
    "black": "#484f58",
    "red": "#ff7b72",
    "green": "#3fb950",
    "brown": "#d29922",
    "blue": "#58a6ff",
    "magenta": "#bc8cff",
    "cyan": "#39c5cf",
    "white": "#b1bac4",
    "default": "#e6edf3",
}

Frame = tuple[float, tuple[str, ...]]


class Recorder:
    """A terminal that remembers what it showed, and when.

    Time spent waiting for the machine is kept, but for long pauses.
    """

    def __init__(self) -> None:
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.stream = pyte.ByteStream(self.screen)
        self.now = 0.0
        self.frames: list[Frame] = []

    def show(self, data: bytes, after: float) -> None:
        """The terminal received bytes, some seconds after the last ones."""
        self.now += min(after, PAUSE)
        self.stream.feed(data)
        rows = tuple(self._row(line) for line in range(LINES))
        if not self.frames or self.frames[-1][1] != rows:
            self.frames.append((self.now, rows))

    def type(self, command: str) -> None:
        """Somebody types a command."""
        self.show(b"\x1b[1;32m$\x1b[0m ", PAUSE)
        for character in command:
            self.show(character.encode(), TYPING)
        self.show(b"\r\n", PAUSE / 2)

    def _row(self, line: int) -> str:
        cells = self.screen.buffer[line]
        parts: list[str] = []
        run, style = "", ""
        for column in range(COLUMNS):
            cell = cells[column]
            colour = COLOURS.get(cell.fg, f"#{cell.fg}")
            wanted = (
                f'fill="{colour}"'
                + (' font-weight="bold"' if cell.bold else "")
                + (' font-style="italic"' if cell.italics else "")
            )
            if wanted != style and run.strip():
                parts.append(_span(run, style, column - len(run)))
            if wanted != style:
                run, style = "", wanted
            run += cell.data or " "
        return "".join([*parts, _span(run, style, COLUMNS - len(run)) if run.strip() else ""])


def _span(text: str, style: str, column: int) -> str:
    lead = len(text) - len(text.lstrip())
    x = MARGIN + (column + lead) * WIDTH
    return f'<tspan x="{x:.1f}" {style}>{html.escape(text.strip())}</tspan>'


def run(recorder: Recorder, command: str, folder: Path) -> None:
    """Run a command in a pty and show what it prints."""
    recorder.type(command)
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    environment = {
        **os.environ,
        "TERM": "xterm-256color",
        "COLUMNS": str(COLUMNS),
        "LINES": str(LINES),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    shell = shutil.which("bash") or "/bin/sh"
    with subprocess.Popen(
        [shell, "-c", command],
        cwd=folder,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=environment,
    ) as process:
        os.close(follower)
        last = time.monotonic()
        while True:
            readable, _, _ = select.select([leader], [], [], 0.05)
            try:
                data = os.read(leader, 65536) if readable else b""
            except OSError:
                break  # the terminal is closed
            if data:
                recorder.show(data, time.monotonic() - last)
                last = time.monotonic()
            elif process.poll() is not None:
                break
    os.close(leader)
    if process.returncode:
        raise SystemExit(f"{command} ended with exit code {process.returncode}")


def svg(frames: list[Frame]) -> str:
    """Draw the frames as an animated SVG.

    Every different row of a frame is shown from its time to the next change.
    """
    total = frames[-1][0] + LAST_PAUSE
    width, height = round(COLUMNS * WIDTH + 2 * MARGIN), round(_used(frames) * HEIGHT + 2 * MARGIN)
    rows: list[str] = []
    for line in range(_used(frames)):
        for start, end, text in _spells(frames, line, total):
            y = MARGIN + (line + 0.75) * HEIGHT
            shown = f"{text}{_animation(start, end, total)}"
            rows.append(f'<text y="{y:.1f}" opacity="{int(end >= total)}">{shown}</text>')
    font = "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace"
    style = f'font-family="{font}" font-size="14" xml:space="preserve"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}">'
        f'<rect width="100%" height="100%" rx="8" fill="#0d1117"/>'
        f"<g {style}>{''.join(rows)}</g></svg>\n"
    )


def _animation(start: float, end: float, total: float) -> str:
    """Show a row from start to end; without animation, the end of the film is seen."""
    times = (
        f"0;{start / total:.5f};{end / total:.5f};1" if end < total else f"0;{start / total:.5f};1"
    )
    values = "0;1;0;0" if end < total else "0;1;1"
    timing = f'dur="{total:.2f}s" repeatCount="indefinite" calcMode="discrete"'
    return f'<animate attributeName="opacity" {timing} keyTimes="{times}" values="{values}"/>'


def _used(frames: list[Frame]) -> int:
    return max(line for _, rows in frames for line, text in enumerate(rows) if text) + 2


def _spells(frames: list[Frame], line: int, total: float) -> list[tuple[float, float, str]]:
    """When a line showed what: from, until, text."""
    spells: list[tuple[float, float, str]] = []
    since, text = 0.0, ""
    for moment, rows in frames:
        if rows[line] != text:
            if text:
                spells.append((since, moment, text))
            since, text = moment, rows[line]
    if text:
        spells.append((since, total, text))
    return spells


def main() -> None:
    """Serve the app, run the session, write the picture."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images" / "terminal.svg"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "project"
        folder.mkdir()
        servers = Servers(Path(name))
        try:
            url = servers.start(ROOT / "examples" / "lab.py", env={"PYTHONWARNINGS": "ignore"}).url
            (folder / "pyproject.toml").write_text(CONFIG.format(url=url), encoding="utf-8")
            recorder = Recorder()
            for command in SESSION:
                run(recorder, command, folder)
            recorder.show(b"\x1b[1;32m$\x1b[0m ", PAUSE / 2)
        finally:
            servers.close()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(svg(recorder.frames), encoding="utf-8")


if __name__ == "__main__":
    main()
