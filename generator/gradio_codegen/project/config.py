"""`[tool.gradio-codegen]` in pyproject.toml: which clients a project has, and where they go.

    [tool.gradio-codegen]
    output = "src/myapp/clients"          # directory of the modules; the project's root if left out
    mode = "both"                         # of every client that does not say otherwise
    templates = "templates"               # searched before our own
    vendor = false                        # put a private copy of the runtime beside the clients

    [tool.gradio-codegen.build]           # builds generate the clients: see gradio_codegen.backends
    locked = true

    [tool.gradio-codegen.clients.image_lab]
    source = "https://example.org/image-lab"
    class-name = "ImageLab"
    include = ["/generate*"]
    cli = true                            # also image_lab_cli.py, the app as a command line

    [tool.gradio-codegen.clients.image_lab.endpoints."/lambda_1"]    # see endpoint_tables.py
    name = "upscale"

    token = "${LAB_TOKEN}"                # how to read the app: see source/options.py
    headers = {X-Key = "${LAB_KEY}"}

`${NAME}` in `source` and in what says how to read the app is taken from the environment, when the
app is read and not before: `check --offline` needs no secret.
"""

from __future__ import annotations

import keyword
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.suggest import did_you_mean
from gradio_codegen.pipeline import beside
from gradio_codegen.plan.overrides import EndpointOverride
from gradio_codegen.project.endpoint_tables import read_tables
from gradio_codegen.project.keys import (
    BUILD_KEYS,
    CLIENT_KEYS,
    PROJECT_KEYS,
    READING_KEYS,
    check_keys,
)
from gradio_codegen.source.options import ReadingOptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gradio_codegen.plan.model import Mode

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["ClientConfig", "ProjectConfig", "find", "load"]


@dataclass(frozen=True)
class ClientConfig:
    """One configured client, as it is written: `${VARIABLES}` unexpanded.

    Attributes:
        name: Its name, which is also the name of its module.
        source: Where its app is read from.
        module: The module to write, absolute.
        class_name: The name of its class; None for one made from the app's title.
        mode: Which classes to generate.
        include: Globs of the endpoints to generate; none for all.
        exclude: Globs of endpoints to leave out.
        undocumented: Whether to ask the app for its undocumented endpoints too.
        cli: Whether to write a command line beside the module.
        reading: How to read the app.
        endpoints: The user's own names and types, by `api_name`.
    """

    name: str
    source: str
    module: Path
    class_name: str | None = None
    mode: Mode = "both"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    undocumented: bool = False
    cli: bool = False
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    endpoints: Mapping[str, EndpointOverride] = field(default_factory=dict[str, EndpointOverride])

    @property
    def files(self) -> tuple[Path, ...]:
        """What is generated of it: the module, and the command line if there is to be one."""
        return (self.module, *([beside(self.module)] if self.cli else []))


@dataclass(frozen=True)
class ProjectConfig:
    """A project's configuration.

    Attributes:
        path: Its pyproject.toml, absolute.
        output: Directory of the modules, absolute.
        vendor: Whether a private copy of the runtime goes beside the clients.
        templates: A directory of templates searched before our own, absolute, or None.
        builds: Whether builds of a distribution generate, from the lock or from the apps as they
            are; None where they do not, or where the hook of a backend has a table of its own.
        clients: The clients by name, in the order in which they are written.
    """

    path: Path
    output: Path
    vendor: bool
    templates: Path | None
    builds: Literal["locked", "live"] | None
    clients: Mapping[str, ClientConfig]

    @property
    def root(self) -> Path:
        """The directory of pyproject.toml: sources, outputs and the lock are relative to it."""
        return self.path.parent

    @property
    def lock_path(self) -> Path:
        """Where the lock is."""
        return self.root / "gradio-codegen.lock"

    def read_with(self, options: ReadingOptions) -> ProjectConfig:
        """Return the same configuration, each client read with `options` before its own."""
        clients = {
            name: replace(client, reading=options.over(client.reading))
            for name, client in self.clients.items()
        }
        return replace(self, clients=clients)

    def client(self, name: str) -> ClientConfig:
        """Return the client of that name.

        Raises:
            CommandError: There is none; the message offers the nearest names.
        """
        try:
            return self.clients[name]
        except KeyError:
            there = (
                f"; there are: {', '.join(self.clients)}"
                if self.clients
                else "; none is configured"
            )
            raise CommandError(
                f"no client {name!r} in {self.path}"
                + did_you_mean(name, self.clients, otherwise=there)
            ) from None


def find(start: Path) -> Path | None:
    """Find the nearest pyproject.toml with a `[tool.gradio-codegen]`.

    It is looked for from `start` up to the root of the repository.

    Args:
        start: The directory to begin in.

    Returns:
        Its path, or None.

    Raises:
        CommandError: A pyproject.toml on the way cannot be read or is not TOML.
    """
    for directory in [start, *start.parents]:
        path = directory / "pyproject.toml"
        if path.is_file() and _table(path) is not None:
            return path
        if (directory / ".git").exists():
            return None
    return None


def load(path: Path) -> ProjectConfig:
    """Read the configuration in a pyproject.toml.

    Args:
        path: The file.

    Returns:
        The configuration, its paths absolute and without symbolic links above the modules; one
        without clients if the file has no table of ours.

    Raises:
        CommandError: The file is not TOML, has a key that we do not know or a value that does not
            fit, two clients write one module, or a module lies outside the project.
    """
    path = path.resolve()
    table = _table(path) or {}
    place = f"{path}: [tool.gradio-codegen]"
    check_keys(table, PROJECT_KEYS, place)
    root = path.parent
    output = _inside(root, str(table.get("output", ".")), f"{place} output")
    clients: dict[str, ClientConfig] = {}
    for name, entry in cast("dict[str, Any]", table.get("clients", {})).items():
        clients[name] = _client(
            name, entry, table, root, output, f"{path}: [tool.gradio-codegen.clients.{name}]"
        )
    _check_modules(clients, path)
    templates = cast("str | None", table.get("templates"))
    return ProjectConfig(
        path,
        output,
        bool(table.get("vendor", False)),
        root / templates if templates is not None else None,
        _builds(table, f"{path}: [tool.gradio-codegen.build]"),
        clients,
    )


def _builds(table: Mapping[str, Any], place: str) -> Literal["locked", "live"] | None:
    if "build" not in table:
        return None
    check_keys(table["build"], BUILD_KEYS, place)
    return "locked" if table["build"].get("locked", True) else "live"


def _table(path: Path) -> dict[str, Any] | None:
    try:
        with path.open("rb") as file:
            document = tomllib.load(file)
    except OSError as error:
        raise CommandError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CommandError(f"{path}: not valid TOML: {_with_line(error, path)}") from error
    tool: Any = document.get("tool")
    table: Any = (
        cast("dict[str, Any]", tool).get("gradio-codegen") if isinstance(tool, dict) else None
    )
    if table is not None and not isinstance(table, dict):
        raise CommandError(f"{path}: tool.gradio-codegen must be a table")
    return cast("dict[str, Any] | None", table)


def _with_line(error: Exception, path: Path) -> str:
    """Name the line of an error also where the parser names none: at the end of the file."""
    return str(error).replace(
        "at end of document", f"at the end, line {len(path.read_bytes().splitlines())}"
    )


def _client(
    name: str, entry: object, project: Mapping[str, Any], root: Path, output: Path, place: str
) -> ClientConfig:
    if not isinstance(entry, dict):
        raise CommandError(f"{place}: must be a table with a source")
    table = cast("dict[str, Any]", entry)
    if not name.isidentifier() or keyword.iskeyword(name):
        raise CommandError(
            f"{place}: a client's name becomes a module's name, and {name!r} cannot be one"
        )
    check_keys(table, CLIENT_KEYS, place)
    if "source" not in table:
        raise CommandError(
            f'{place}: has no source; write source = "https://..." (or a file, or module:attribute)'
        )
    if table["source"] == "-":
        raise CommandError(
            f"{place}: standard input can be read once only, so it cannot be configured; "
            "save the description to a file"
        )
    class_name = cast("str | None", table.get("class-name"))
    if class_name is not None and (not class_name.isidentifier() or keyword.iskeyword(class_name)):
        raise CommandError(f"{place}: class-name {class_name!r} is no Python name")
    written = table.get("output")
    target = output if written is None else _inside(root, str(written), f"{place} output")
    return ClientConfig(
        name=name,
        source=table["source"],
        module=target if target.suffix == ".py" else target / f"{name}.py",
        class_name=class_name,
        mode=table.get("mode", project.get("mode", "both")),
        include=tuple(table.get("include", ())),
        exclude=tuple(table.get("exclude", ())),
        undocumented=table.get("undocumented", False),
        cli=table.get("cli", False),
        reading=ReadingOptions(**{key: table[key] for key in READING_KEYS if key in table}),
        endpoints=read_tables(table.get("endpoints", {}), place.removesuffix("]")),
    )


def _inside(root: Path, written: str, place: str) -> Path:
    path = (root / written).resolve()
    if not path.is_relative_to(root.resolve()):
        raise CommandError(
            f"{place}: {written!r} lies outside the project ({root}); "
            "a configured client stays inside, `-o` on the command line may go anywhere"
        )
    return path


def _check_modules(clients: Mapping[str, ClientConfig], path: Path) -> None:
    seen: dict[Path, str] = {}
    for client in clients.values():
        for file in client.files:
            # The file itself may be a link.
            _inside(path.parent, str(file), f"{path}: client {client.name!r}")
            other = seen.setdefault(file, client.name)
            if other != client.name:
                raise CommandError(
                    f"{path}: clients {other!r} and {client.name!r} would both write {file}; "
                    "give one of them another output"
                )
