"""`gradio-codegen.lock`: what each client was generated from, and every file that was written.

Stable JSON, one value a line, so that it diffs and merges like code. It holds no addresses of the
app's files, no temporary paths, no secrets (sources stay as written, `${VARIABLES}` unexpanded):
two readings of one unchanged app give the same lock. Every entry carries a digest of itself, so
that a lock edited by hand, or merged badly, is noticed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.hashing import digest
from gradio_codegen.pipeline import beside

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["FORMAT", "Lock", "LockedClient", "dump", "read"]

FORMAT = 1


@dataclass(frozen=True)
class LockedClient:
    """What one client was generated from.

    Attributes:
        source: Its source as configured.
        options: The options that shape its module, as plain JSON values.
        gradio: The app's Gradio version; None if the source did not tell.
        generator: The version of gradio-codegen that wrote it.
        schema: The hash of the description, as in the module's header.
        module: The module's path relative to the lock, with `/`.
        module_hash: The hash of the module's text.
        description: The app's normalised description.
        command_line_hash: The hash of the command line's text; None without one.
    """

    source: str
    options: Mapping[str, Any]
    gradio: str | None
    generator: str
    schema: str
    module: str
    module_hash: str
    description: Mapping[str, Any] = field(repr=False)
    command_line_hash: str | None = None

    @property
    def files(self) -> dict[str, str]:
        """Path relative to the lock to hash of every file that was written."""
        files = {self.module: self.module_hash}
        if self.command_line_hash is not None:
            files[str(beside(PurePosixPath(self.module)))] = self.command_line_hash
        return files


@dataclass(frozen=True)
class Lock:
    """A lock.

    Attributes:
        clients: The clients by name.
        vendored: Path (relative, with `/`) to hash of every file of the runtime's private copies.
    """

    clients: Mapping[str, LockedClient] = field(default_factory=dict[str, LockedClient])
    vendored: Mapping[str, str] = field(default_factory=dict[str, str])

    def files(self, root: Path) -> dict[Path, str]:
        """Return every file that was written, absolute, with the hash of its content.

        Args:
            root: The directory of the lock.
        """
        modules = {
            root / path: digest
            for client in self.clients.values()
            for path, digest in client.files.items()
        }
        return modules | {root / path: digest for path, digest in self.vendored.items()}


def dump(lock: Lock) -> str:
    """Return a lock as text: sorted by client, the app's own order inside its description.

    Args:
        lock: The lock.

    Returns:
        JSON that ends in a newline.
    """
    clients = {name: _entry(lock.clients[name]) for name in sorted(lock.clients)}
    document: dict[str, Any] = {
        "format": FORMAT,
        "clients": clients,
        "vendored": dict(sorted(lock.vendored.items())),
    }
    return (
        json.dumps(document, ensure_ascii=False, indent=1)
        .encode("utf-8", "backslashreplace")
        .decode("utf-8")
        + "\n"
    )


def read(path: Path) -> Lock | None:
    """Read a lock.

    Args:
        path: Where it is.

    Returns:
        The lock; None if there is none.

    Raises:
        CommandError: It cannot be read, is not JSON, comes from a newer gradio-codegen, was edited
            by hand, or names a file outside its directory.
    """
    advice = "run `gradio-codegen generate` to write it anew (remove the file first)"
    try:
        loaded: object = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CommandError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise CommandError(
            f"{path}: not a lock of ours, perhaps an unfinished merge: {error}; {advice}"
        ) from error
    document = cast("dict[str, Any]", loaded) if isinstance(loaded, dict) else {}
    written: object = document.get("format")
    if isinstance(written, int) and written > FORMAT:
        raise CommandError(
            f"{path}: written by a newer gradio-codegen (format {written}, this one knows "
            f"{FORMAT}); upgrade gradio-codegen"
        )
    try:
        clients = {
            str(name): _client(name, entry, path)
            for name, entry in cast("dict[str, Any]", document["clients"]).items()
        }
        vendored = {
            _relative(file): str(digest)
            for file, digest in cast("dict[str, Any]", document["vendored"]).items()
        }
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise CommandError(
            f"{path}: not a lock of ours ({type(error).__name__}: {error}); {advice}"
        ) from error
    return Lock(clients, vendored)


def _entry(client: LockedClient) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "source": client.source,
        "module": client.module,
        "options": dict(client.options),
        "gradio": client.gradio,
        "generator": client.generator,
        "schema": client.schema,
        "module-hash": client.module_hash,
    }
    if client.command_line_hash is not None:
        entry["command-line-hash"] = client.command_line_hash
    return {
        **entry,
        "digest": _digest({**entry, "description": client.description}),
        "description": client.description,
    }


def _client(name: str, entry: Mapping[str, Any], path: Path) -> LockedClient:
    plain = {key: value for key, value in entry.items() if key != "digest"}
    if entry["digest"] != _digest(plain):
        raise CommandError(
            f"{path}: the entry of client {name!r} was edited by hand or badly merged; "
            "take the file back from version control, or remove it "
            "and run `gradio-codegen generate`"
        )
    return LockedClient(
        source=str(entry["source"]),
        options=entry["options"],
        gradio=entry["gradio"],
        generator=str(entry["generator"]),
        schema=str(entry["schema"]),
        module=_relative(entry["module"]),
        module_hash=str(entry["module-hash"]),
        description=entry["description"],
        command_line_hash=entry.get("command-line-hash"),
    )


def _digest(entry: Mapping[str, Any]) -> str:
    return digest(json.dumps(entry, sort_keys=True, separators=(",", ":")))


def _relative(path: object) -> str:
    pure = PurePosixPath(str(path))
    if pure.is_absolute() or ".." in pure.parts or "\\" in str(path) or not pure.parts:
        raise ValueError(f"{path!r} is not a path inside the project")
    return str(path)
