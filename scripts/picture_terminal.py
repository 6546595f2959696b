"""Takes pictures of the command at work: `python scripts/picture_terminal.py [--check]`.

Each picture is a still of a terminal in which the commands of `PICTURES` have really run, against
a real app on loopback. With `--check` nothing is written, and the exit code is 1 when a picture is
not what the commands print today.

Run it from the project's environment, on Linux or macOS: it opens terminals (ptys). It needs pyte,
which knows what terminals do.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

import pyte
from picture_svg import Span, draw, keep

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.servers import Servers  # noqa: E402 - found beside the package

COLUMNS, LINES = 76, 60
CONFIG = """[tool.gradio-codegen.clients.image_lab]
source = "${LAB_URL}"
"""
ENTRY = """#!/bin/sh
exec {python} -c "from image_lab_cli import cli; cli(prog_name='image-lab')" "$@"
"""
"""What pip makes of an entry of `[project.scripts]`."""

CHANGED = ('["ddim", "euler", "dpm++"]', '["ddim", "euler", "unipc"]')
"""What the authors of the app change: the text of the app before and after."""

PICTURES = {
    "terminal.svg": (
        "A terminal: a client is generated, the app is called, and a change of the app is found",
        [
            "gradio-codegen generate",
            'gradio-codegen call image_lab moderate prompt="a cat"',
            "# the app changes",
            "gradio-codegen check",
        ],
    ),
    "command_line.svg": (
        "A terminal: the commands of an app, a call, and its result as JSON",
        [
            "image-lab --help",
            'image-lab generate "a cat on the moon" --steps 5 -o out',
            "image-lab describe --image out/image.png --json",
        ],
    ),
}
"""File to title and commands. After a comment the app is the changed one."""

COLOURS = {"brown": "yellow", "black": "faint", "default": "text", "white": "text"}
"""What pyte calls a colour, where a picture calls it something else."""


class Terminal:
    """A terminal that commands run in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.stream = pyte.ByteStream(self.screen)

    def run(self, command: str, url: str) -> None:
        """Type a command and show what it prints; a comment prints nothing."""
        colour = "\x1b[90m" if command.startswith("#") else ""
        self.stream.feed(f"\x1b[1;32m$\x1b[0m {colour}{command}\x1b[0m\r\n".encode())
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLUMNS": str(COLUMNS),
            "LINES": str(LINES),
            "LAB_URL": url,
            "PATH": f"{self.folder}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder),
        }
        environment.pop("NO_COLOR", None)
        with subprocess.Popen(
            [shutil.which("bash") or "/bin/sh", "-c", command],
            cwd=self.folder,
            stdin=follower,
            stdout=follower,
            stderr=follower,
            env=environment,
        ) as process:
            os.close(follower)
            while data := self._read(leader, process):
                self.stream.feed(data)
        os.close(leader)

    @staticmethod
    def _read(leader: int, process: subprocess.Popen[bytes]) -> bytes:
        """What the command prints next; nothing when it has ended."""
        while True:
            ended = process.poll() is not None
            readable, _, _ = select.select([leader], [], [], 0.05)
            if readable:
                try:
                    return os.read(leader, 65536)
                except OSError:
                    return b""  # the terminal is closed
            if ended:
                return b""

    def rows(self) -> list[list[Span]]:
        """What the terminal shows."""
        rows = [self._row(line) for line in range(LINES)]
        used = max(number for number, row in enumerate(rows) if row) + 1
        return rows[:used]

    def _row(self, line: int) -> list[Span]:
        spans: list[Span] = []
        for column in range(COLUMNS):
            cell = self.screen.buffer[line][column]
            colour = cell.fg.removeprefix("bright")
            style = COLOURS.get(colour, colour)
            style += " bold" * cell.bold + " italic" * cell.italics
            if spans and spans[-1].style == style:
                spans[-1] = Span(spans[-1].text + cell.data, style)
            else:
                spans.append(Span(cell.data, style))
        return spans if "".join(span.text for span in spans).strip() else []


def picture(title: str, commands: list[str]) -> str:
    """Serve the app, run the commands, draw the terminal."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "project"
        folder.mkdir()
        (folder / "pyproject.toml").write_text(CONFIG, encoding="utf-8")
        app = (ROOT / "examples" / "lab.py").read_text("utf-8")
        servers = Servers(Path(name))
        try:
            quiet = {"PYTHONWARNINGS": "ignore"}
            url = servers.start(app, env=quiet).url
            terminal = Terminal(folder)
            if any(command.startswith("image-lab") for command in commands):
                add_command_line(folder, url)
            for command in commands:
                if command.startswith("#"):
                    url = servers.start(app.replace(*CHANGED), env=quiet).url
                terminal.run(command, url)
        finally:
            servers.close()
    return draw(title, terminal.rows(), COLUMNS)


def add_command_line(folder: Path, url: str) -> None:
    """Generate the command line of the app, as a program on the path."""
    subprocess.run(
        [sys.executable, "-m", "gradio_codegen", "generate", url, "-o", "image_lab.py", "--cli"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    entry = folder / "image-lab"
    entry.write_text(ENTRY.format(python=sys.executable), encoding="utf-8")
    entry.chmod(0o755)


if __name__ == "__main__":
    sys.exit(keep({name: picture(*session) for name, session in PICTURES.items()}))
