"""Makes the pages of the documentation that come from code.

    python scripts/docs_reference.py [--check]

    docs/reference.md   the runtime's public names: signatures and docstrings
    docs/errors.md      the tree of errors, and every message that the runtime can give
    docs/cli.md         the command's own help

With `--check` nothing is written, and the exit code is 1 when a page is not what the code says.
"""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import importlib
import inspect
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import click
import docs_errors
import docs_text
from click.testing import CliRunner

from gradio_codegen.cli import main as command

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).resolve().parent.parent / "docs"
TESTING = "gradio_session.testing"
_PAIRED = ("Session", "AsyncSession", "App", "AsyncApp")
_OWN = {
    "CallT": "Call[Any]",
    "StreamT": "Stream[Any, Any]",
    "ClientT": "Client",
    "SessionT": "Session",
}
SHOWN_SPECIAL = {
    "__call__",
    "__getitem__",
    "__iter__",
    "__aiter__",
    "__await__",
    "__len__",
    "__contains__",
    "__enter__",
    "__aenter__",
    "__fspath__",
}


def reference() -> str:
    """The page of the runtime's public names."""
    runtime = importlib.import_module("gradio_session")
    names = [name for name in runtime.__all__ if not _is_error(getattr(runtime, name))]
    parts = [
        *docs_text.head("Every class, function and value of gradio_session."),
        "# Runtime",
        "",
        (
            "Everything that `gradio_session` exports, apart from its [errors](errors.md). "
            "This page is made from the code."
        ),
        "",
    ]
    for name in sorted(names, key=str.lower):
        parts += _entry(name, getattr(runtime, name), 2)
    testing = importlib.import_module(TESTING)
    parts += [
        f"## {TESTING} {{ #{TESTING} }}",
        "",
        *docs_text.markdown(inspect.getdoc(testing) or ""),
        "",
    ]
    for name in testing.__all__:
        parts += _entry(name, getattr(testing, name), 3)
    return "\n".join(parts).rstrip() + "\n"


def command_line() -> str:
    """The page of the command's help."""
    parts = [
        *docs_text.head("Every command of gradio-codegen and its options."),
        "# Command line",
        "",
        (
            "What `gradio-codegen COMMAND --help` says. "
            "[Generate from behind logins and proxies](networks.md) explains how apps are reached."
        ),
        "",
        *_help(),
    ]
    for name in command.list_commands(click.Context(command)):
        parts += [f"## {name}", "", *_help(name)]
    return "\n".join(parts).rstrip() + "\n"


def _help(*arguments: str) -> Iterator[str]:
    """What a terminal of eighty columns shows; click leaves two of them free."""
    shown = CliRunner().invoke(
        command, [*arguments, "--help"], prog_name="gradio-codegen", terminal_width=78
    )
    yield "```"
    yield from (line.rstrip() for line in shown.output.rstrip().splitlines())
    yield "```"
    yield ""


def _is_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseException)


def _entry(name: str, value: Any, level: int) -> Iterator[str]:
    yield f"{'#' * level} {name} {{ #{name} }}"
    yield ""
    if isinstance(value, type):
        yield from _class(name, value, level + 1)
    elif callable(value):
        yield from _callable(name, value)
    else:
        yield from docs_text.markdown(_value_note(name, value))
        yield ""


def _value_note(name: str, value: Any) -> str:
    kind, home = str(value.__class__.__name__), str(value.__class__.__module__)
    if not home.startswith("gradio_session"):
        return f"`{name} = {docs_text.plain_type(str(value))}`"
    doc = inspect.cleandoc(str(value.__class__.__doc__ or ""))
    meaning = doc.removeprefix(f"The type of `{name}`").lstrip(":, ")
    if meaning == doc:
        return doc
    return f"{meaning[0].upper()}{meaning[1:]}\n\nIts type is [`{kind}`](#{kind})."


def _class(name: str, value: type[Any], level: int) -> Iterator[str]:
    init = inspect.getattr_static(value, "__init__", None)
    if (inspect.isfunction(init) and "Args:" in (value.__doc__ or "")) or dataclasses.is_dataclass(
        value
    ):
        for line in docs_text.signature(name, value.__init__, skip_first=True, keyword="class"):
            yield _of_mode(name, line)
    yield from docs_text.markdown(inspect.getdoc(value) or "")
    yield ""
    for member_name, member in _members(value):
        yield f"{'#' * level} `{member_name}` {{ #{name}.{member_name.strip('_')} }}"
        yield ""
        if isinstance(member, property):
            yield from docs_text.markdown(inspect.getdoc(member) or "")
            yield ""
        else:
            for line in _callable(
                member_name, member, skip_first=not isinstance(member, staticmethod)
            ):
                yield _of_mode(name, line)


def _of_mode(name: str, line: str) -> str:
    """A line of one of two classes that share what they have: each takes and returns its own."""
    if name not in _PAIRED:
        return line
    mode = "Async" if name.startswith("Async") else ""
    for shared, own in _OWN.items():
        line = re.sub(rf"\b{shared}\b", mode + own, line)
    return line.replace(") -> Self", f") -> {name}")


def _members(value: type[Any]) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for base in value.__mro__:
        if not base.__module__.startswith("gradio_session"):
            continue
        for name, member in vars(base).items():
            public = not name.startswith("_") or name in SHOWN_SPECIAL
            plain: Any = getattr(member, "__func__", member)
            if (
                public
                and name not in seen
                and (inspect.isfunction(plain) or isinstance(member, property))
                and inspect.getdoc(plain)
            ):
                seen.add(name)
                yield name, member


def _callable(name: str, value: Any, *, skip_first: bool = False) -> Iterator[str]:
    function: Any = getattr(value, "__func__", value)
    yield from docs_text.signature(name, function, skip_first=skip_first)
    yield from docs_text.markdown(inspect.getdoc(function) or "")
    yield ""


def main() -> int:
    """Write the pages, or compare them with what is there."""
    parser = argparse.ArgumentParser(
        description="Make the pages of the documentation that come from code."
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 when a page is stale"
    )
    check = parser.parse_args().check
    stale = False
    for file, text in {
        "reference.md": reference(),
        "errors.md": docs_errors.page(),
        "cli.md": command_line(),
    }.items():
        path = DOCS / file
        present = path.read_text(encoding="utf-8") if path.exists() else ""
        if present == text:
            continue
        stale = True
        if check:
            sys.stdout.writelines(
                difflib.unified_diff(
                    present.splitlines(keepends=True),
                    text.splitlines(keepends=True),
                    str(path),
                    "from the code",
                )
            )
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path}")
    return int(check and stale)


if __name__ == "__main__":
    sys.exit(main())
