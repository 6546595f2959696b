"""Runs the snippets of a documentation page, in order, in one process: `python snippets.py PAGE
FOLDER OLD=NEW...`.

What runs is what a reader sees. Nothing is hidden, and `FOLDER` may be empty.

- A block of Python or of shell is run in `FOLDER`; all Python blocks of a page share one namespace.
- A block with a title (` ```toml title="pyproject.toml" `) is written to that file instead.
- A block of TOML without a title must be TOML.
- A block of text that follows a block that ran must be what that block printed; "..." in it stands
  for anything.
- Lines of shell that install something or serve an app are left out: whoever runs the page has done
  that. Apps are the sample app (`samples` finds it), and files of the page that are run with the
  words "# leave it running" (`apps` finds them).
- `OLD=NEW` replaces text in every block, such as the address of the app.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import os
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    from tomllib import loads as toml_loads
else:
    from tomli import loads as toml_loads

BLOCK = re.compile(
    r"^(?P<indent>[ ]*)```[ ]*(?P<language>[\w-]+)?(?P<options>[^\n`]*)\n"
    r"(?P<code>.*?)^(?P=indent)```[ ]*$",
    re.MULTILINE | re.DOTALL,
)
RUN = {"python", "bash"}
LEFT_OUT = re.compile(
    r"^(?:pip install\b.*|gradio-codegen sample\b.*|python (?P<app>\S+)  # leave it running)\n?",
    re.MULTILINE,
)
SAMPLE_PORT = 7860
"""The port that `gradio-codegen sample` takes without `--port`."""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its title ("" without one), its text, and the line of the page
    it begins on.
    """

    language: str
    title: str
    code: str
    line: int


@dataclass(frozen=True)
class Sample:
    """A line of a page that serves the sample app: the port, the login, the line of the page."""

    port: int
    auth: str | None
    line: int


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page."""
    for match in BLOCK.finditer(page):
        title = re.search(r'title="([^"]+)"', match["options"])
        yield Block(
            match["language"] or "",
            title[1] if title else "",
            textwrap.dedent(match["code"]),
            page.count("\n", 0, match.start()) + 1,
        )


def samples(page: str) -> Iterator[Sample]:
    """The sample apps that a page tells its reader to serve."""
    for block in blocks(page):
        if block.language != "bash":
            continue
        for number, line in enumerate(block.code.splitlines(), block.line + 1):
            if line.startswith("gradio-codegen sample"):
                words = shlex.split(line)
                options = dict(zip(words[2::2], words[3::2], strict=True))
                port = int(options.get("--port", SAMPLE_PORT))
                yield Sample(port, options.get("--auth"), number)


def apps(page: str) -> Iterator[tuple[int, str]]:
    """The other apps that a page tells its reader to run: the port, and the text of the app."""
    files = {block.title: block.code for block in blocks(page)}
    for match in LEFT_OUT.finditer(page):
        if match["app"] is not None:
            code = files[match["app"]]
            port = re.search(r"server_port=(\d+)", code)
            assert port is not None, f"{match['app']} has no port of its own"
            yield int(port[1]), code


class Runner:
    """Runs blocks in one folder and one namespace."""

    def __init__(self, page: Path, folder: Path, replacements: dict[str, str]) -> None:
        self.page = page
        self.folder = folder
        self.replacements = replacements
        self.namespace: dict[str, Any] = {"__name__": "__main__"}
        self.printed: str | None = None

    def run(self, block: Block) -> None:
        """Run, write or compare one block; raises or exits when it is not as the page says."""
        code = block.code
        for old, new in self.replacements.items():
            code = code.replace(old, new)
        if block.title:
            target = self.folder / block.title
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(code, encoding="utf-8")
        elif block.language in RUN:
            self.printed = (
                self._python(code, block.line)
                if block.language == "python"
                else self._shell(LEFT_OUT.sub("", code))
            )
            sys.stderr.write(self.printed)
        elif block.language == "toml":
            toml_loads(code)
        elif block.language == "text" and self.printed is not None:
            self._compare(code, block.line)

    def _python(self, code: str, line: int) -> str:
        name = f"{self.page.name}:{line}"
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(compile("\n" * line + code, str(self.page), "exec"), self.namespace)
        return output.getvalue()

    def _shell(self, code: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", code],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            timeout=600,
        )
        if done.returncode:
            raise SystemExit(f"exit code {done.returncode} of\n{code}\n{done.stdout}")
        return done.stdout

    def _compare(self, expected: str, line: int) -> None:
        pattern = re.escape(expected.strip()).replace(re.escape("..."), ".*?")
        lines = "\n".join(text.rstrip() for text in (self.printed or "").strip().splitlines())
        if not re.fullmatch(pattern, lines, re.DOTALL):
            raise SystemExit(
                f"{self.page.name}:{line}: the page says\n{expected}\n"
                f"but the snippet printed\n{self.printed}"
            )


def main() -> None:
    page, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    runner = Runner(page, folder, dict(argument.split("=", 1) for argument in sys.argv[3:]))
    for block in blocks(page.read_text(encoding="utf-8")):
        sys.stderr.write(f"-- {page.name}:{block.line} {block.language} {block.title}\n")
        runner.run(block)


if __name__ == "__main__":
    main()
