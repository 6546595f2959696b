"""Runs the snippets of a documentation page, in order, in one process: `python snippets.py PAGE
FOLDER OLD=NEW...`.

- A block of Python or of shell is run in `FOLDER`; all Python blocks of a page share one namespace.
- A block with a title (` ```toml title="pyproject.toml" `) is written to that file instead.
- A block of TOML without a title must be TOML.
- A block of text that follows a block that ran must be what that block printed; "..." in it stands
  for anything.
- `<!-- setup ... -->` holds Python that is run and not shown; `<!-- not run: REASON -->` lets the
  next block be.
- `OLD=NEW` replaces text in every block, such as the address of the app.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import os
import re
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
    r"(?P<code>.*?)^(?P=indent)```[ ]*$"
    r"|^<!-- (?P<word>setup|not run: [^\n]+?)(?:\n(?P<hidden>.*?))?\s*-->",
    re.MULTILINE | re.DOTALL,
)
RUN = {"python", "bash"}


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its title ("" without one), its text, the line of the page it
    begins on, and why it is not run ("" if it is).
    """

    language: str
    title: str
    code: str
    line: int
    not_run: str = ""


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page, hidden set-up included."""
    excuse = ""
    for match in BLOCK.finditer(page):
        line = page.count("\n", 0, match.start()) + 1
        word = match["word"]
        if word is None:
            title = re.search(r'title="([^"]+)"', match["options"])
            yield Block(
                match["language"] or "",
                title[1] if title else "",
                textwrap.dedent(match["code"]),
                line,
                excuse,
            )
            excuse = ""
        elif word == "setup":
            yield Block("python", "", match["hidden"] or "", line)
        else:
            excuse = word.removeprefix("not run: ")


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
        elif block.not_run:
            self.printed = None
        elif block.language in RUN:
            self.printed = (
                self._python(code, block.line) if block.language == "python" else self._shell(code)
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
        sys.stderr.write(
            f"-- {page.name}:{block.line} {block.language} {block.title or block.not_run}\n"
        )
        runner.run(block)


if __name__ == "__main__":
    main()
