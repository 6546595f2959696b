"""`make demo`: a real Gradio app, a client generated from its URL, and calls through it.

Type checkers read the client in between. Everything that it makes is in `build/demo/`. It ends with
exit code 1 at the first step that fails.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import io
import os
import shutil
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from PIL import Image
from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.syntax import Syntax
from rich.text import Text

from gradio_session import Session

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "demo"
MODULE = BUILD / "image_lab.py"
MISTAKE = 'lab.generate("a cat", scheduler="eulr")'
QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "GRADIO_SERVER_NAME": "127.0.0.1",
    "GRADIO_TEMP_DIR": str(BUILD / "server"),
}

console = Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else 110)


class DemoError(Exception):
    """A step failed; the message says which and how."""


@contextmanager
def step(title: str) -> Generator[None]:
    """A titled part of the demo, with the time that it took."""
    console.print(Rule(f"[bold]{title}", align="left", style="cyan"))
    started = time.perf_counter()
    yield
    console.print(f"[green]done[/] [dim]in {time.perf_counter() - started:.1f} s[/]\n")


def run(*command: str) -> str:
    """Run a command in `build/demo` and return its output; a failure ends the demo."""
    done = subprocess.run(
        command, cwd=BUILD, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode:
        raise DemoError(
            f"`{' '.join(command)}` ended with exit code {done.returncode}:\n{done.stdout}"
        )
    return done.stdout.strip()


@contextmanager
def app() -> Generator[str]:
    """Run `examples/lab.py` as a process of its own on a free port of loopback; gives its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = BUILD / "server.log"
    environment = {**os.environ, **QUIET, "GRADIO_SERVER_PORT": str(port)}
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "examples" / "lab.py")],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        try:
            with Session(url) as session:
                session.wait_ready(timeout=60)
        except Exception as error:
            raise DemoError(
                f"the example app did not start: {error}\n{log.read_text(encoding='utf-8')}"
            ) from error
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def show_code(code: str) -> None:
    """Print Python code as an editor would show it."""
    console.print(
        Padding(
            Syntax(
                textwrap.dedent(code).strip(), "python", background_color="default", word_wrap=True
            ),
            (0, 0, 0, 2),
        )
    )


def show_picture(path: Path, columns: int = 36) -> None:
    """Print a picture with two pixels per character, where there are colours."""
    if console.color_system is None:
        return
    with Image.open(path) as picture:
        small = picture.convert("RGB").resize(
            (columns, columns * picture.height // picture.width // 2 * 2)
        )
    text = Text()
    for y in range(0, small.height, 2):
        for x in range(small.width):
            upper, lower = small.getpixel((x, y)), small.getpixel((x, y + 1))
            text.append(
                "▀", style="rgb({},{},{}) on rgb({},{},{})".format(*_rgb(upper), *_rgb(lower))
            )
        text.append("\n")
    console.print(Padding(text, (1, 0, 0, 2)))


def _rgb(pixel: Any) -> tuple[int, int, int]:
    red, green, blue = pixel
    return red, green, blue


def generate(url: str) -> None:
    """Make the client with the command that a user would type."""
    console.print(f"$ gradio-codegen generate {url} -o build/demo/image_lab.py", style="bold")
    command = Path(sys.executable).with_name("gradio-codegen")
    console.print(
        Padding(run(str(command), "generate", url, "-o", str(MODULE)), (0, 0, 1, 2)), style="dim"
    )
    source = MODULE.read_text(encoding="utf-8")
    start = source.index("class GenerateEndpoint")
    show_code(source[start : source.index("def submit", start)])


def check_types() -> None:
    """Both checkers, strict, over the module and the tour that uses it; and over one mistake."""
    shutil.copy(ROOT / "examples" / "tour.py", BUILD / "tour.py")
    (BUILD / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    (BUILD / "mistake.py").write_text(
        f"from image_lab import ImageLab\n\nwith ImageLab() as lab:\n    {MISTAKE}\n"
    )
    pyright = (sys.executable, "-m", "pyright", "--pythonpath", sys.executable)
    mypy = (sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache"))
    with ThreadPoolExecutor() as pool:
        clean = {
            name: pool.submit(run, *command, "image_lab.py", "tour.py")
            for name, command in (("pyright", pyright), ("mypy", mypy))
        }
        mistaken = pool.submit(
            subprocess.run,
            [*pyright, "mistake.py"],
            cwd=BUILD,
            text=True,
            capture_output=True,
            check=False,
        )
    for name, answer in clean.items():
        console.print(f"  {name:8} strict   {answer.result().splitlines()[-1]}")
    done = mistaken.result()
    if done.returncode != 1 or "eulr" not in done.stdout:
        raise DemoError(
            f"pyright did not refuse the mistake {MISTAKE}:\n{done.stdout}{done.stderr}"
        )
    show_code(f"{MISTAKE}  # a typing mistake")
    message = next(line for line in done.stdout.splitlines() if " - error: " in line).split(
        " - error: "
    )[1]
    console.print(Padding(Text(message, style="red"), (0, 0, 0, 2)))


class Indented(io.TextIOBase):
    """Standard output of the tour, set off from the demo's own words."""

    def __init__(self) -> None:
        self._fresh = True

    def write(self, text: str) -> int:
        """Print `text`, each line behind a bar."""
        for line in text.splitlines(keepends=True):
            console.out(
                "  │ " + line if self._fresh else line, end="", highlight=False, style="yellow"
            )
            self._fresh = line.endswith("\n")
        return len(text)


def take(function: Callable[..., Any], *arguments: Any) -> Any:
    """Show a function of the tour, run it, and return what it returns."""
    code = inspect.getsource(function)
    documentation = f'"""{function.__doc__}"""'
    show_code("\n".join(line for line in code.splitlines() if documentation not in line))
    started = time.perf_counter()
    with redirect_stdout(Indented()):
        result = function(*arguments)
        if inspect.iscoroutine(result):
            result = asyncio.run(result)
    console.print(f"  [dim]{time.perf_counter() - started:.2f} s[/]")
    return result


def call(url: str) -> None:
    """Take the tour with the client that was just made."""
    sys.path.insert(0, str(BUILD))
    tour = importlib.import_module("tour")
    lab: Any
    with (
        step("A call: typed, with defaults, a picture comes back"),
        tour.ImageLab(url, download_path=BUILD / "downloads") as lab,
    ):
        picture = take(tour.plain_call, lab)
        show_picture(picture)
    with tour.ImageLab(url, download_path=BUILD / "downloads") as lab:
        with step("A streamed call: every output as it comes"):
            take(tour.streamed_call, lab, picture)
        with step("Files in, files out"):
            show_picture(take(tour.files_in_and_out, lab, [picture]))
        with step("Progress and messages"):
            take(tour.progress_and_logs, lab)
    with step("The asynchronous client: sixteen calls at once"):
        take(tour.at_once, url)


def main() -> None:
    """Run the demo."""
    started = time.perf_counter()
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    console.print("\n[bold cyan]gradio-codegen[/]: from a running Gradio app to typed calls\n")
    with ExitStack() as stack:
        with step("A real Gradio app starts: examples/lab.py"):
            url = stack.enter_context(app())
            console.print(f"  {url}")
        with step("A client is generated from its URL"):
            generate(url)
        with step("Type checkers read it, and refuse a mistake"):
            check_types()
        call(url)
    console.print(
        f"[bold green]All of it worked[/], in {time.perf_counter() - started:.0f} s. "
        f"The module: [bold]{MODULE.relative_to(ROOT)}[/]\n"
    )


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        console.print(f"\n[bold red]The demo failed:[/] {type(error).__name__}", markup=True)
        console.print(str(error), markup=False)
        if not isinstance(error, DemoError):
            raise
        raise SystemExit(1) from None
