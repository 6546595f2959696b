"""Records commands at work: `python scripts/picture_terminal.py [NAME]...`.

Run it from the project's environment. A real app is served on loopback and the commands of each of
the `PICTURES`, or of those named, are really run, in a terminal of their own (a pty). What the
terminal shows over time becomes an animated SVG in `docs/images/`. Needs pyte, which knows what
terminals do.
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

COLUMNS, LINES = 108, 38
WIDTH, HEIGHT, MARGIN = 8.43, 19, 14
TYPING = 0.035
PAUSE = 1.2
LAST_PAUSE = 5.0
PICTURES = {
    "terminal": [
        "gradio-codegen generate",
        "gradio-codegen check",
        (
            'gradio-codegen call image_lab generate prompt="a cat on the moon" '
            "scheduler=dpm++ steps=50 --download out"
        ),
    ],
    "command_line": [
        "gradio-codegen generate",
        "image-lab --help",
        'image-lab generate "a cat on the moon" --scheduler dpm++ --steps 50 --output out',
        "image-lab describe --image out/image.png --style poetic --json",
    ],
}
CONFIG = """[tool.gradio-codegen.clients.image_lab]
source = "{url}"
cli = {cli}
"""
ENTRY = """#!/bin/sh
exec {python} -c "from image_lab_cli import cli; cli(prog_name='image-lab')" "$@"
"""
"""What pip makes of an entry of `[project.scripts]`."""
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
        "PATH": f"{folder}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(folder),
        "PYTHONWARNINGS": "ignore",
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
    last = max(line for _, rows in frames for line, text in enumerate(rows) if text)
    return min(last + 2, LINES)


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


def record(commands: list[str], folder: Path, url: str) -> str:
    """Run commands in a project of one client, and draw what they show."""
    folder.mkdir()
    has_line = any(command.startswith("image-lab") for command in commands)
    settings = CONFIG.format(url=url, cli=str(has_line).lower())
    (folder / "pyproject.toml").write_text(settings, encoding="utf-8")
    entry = folder / "image-lab"
    entry.write_text(ENTRY.format(python=sys.executable), encoding="utf-8")
    entry.chmod(0o755)
    recorder = Recorder()
    for command in commands:
        run(recorder, command, folder)
    recorder.show(b"\x1b[1;32m$\x1b[0m ", PAUSE / 2)
    return svg(recorder.frames)


def main() -> None:
    """Serve the app, run the commands, write the pictures."""
    names = sys.argv[1:] or list(PICTURES)
    target = ROOT / "docs" / "images"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        servers = Servers(Path(folder))
        try:
            url = servers.start(ROOT / "examples" / "lab.py", env={"PYTHONWARNINGS": "ignore"}).url
            for name in names:
                drawn = record(PICTURES[name], Path(folder) / name, url)
                (target / f"{name}.svg").write_text(drawn, encoding="utf-8")
        finally:
            servers.close()


if __name__ == "__main__":
    main()
