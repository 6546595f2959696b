"""Holds a package against the list of its floors, which stands in `docs/internals.md`.

A block of that page begins with the package's folder; every line below it names files of the
package's top, or one room and what it is for; one that is indented further goes on with the line
above it. A room may import itself and what stands above it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from tests.support.environments import ROOT

MOST_FILES = 12
MOST_LINES = 350

_CONTINUED = " " * 8
"""What the lines begin with that go on with the purpose of the room above them."""


@dataclass(frozen=True)
class Floors:
    """The list of one package, from the ground up.

    Attributes:
        package: The package's folder.
        order: Rooms as paths below it (`protocol/base`), and files of its top (`errors.py`).
        purposes: What each room is for.
    """

    package: Path
    order: tuple[str, ...]
    purposes: dict[str, str]

    def place(self, path: Path) -> str | None:
        """Which entry of the list a file belongs to; None for one that the list does not know."""
        inside = path.relative_to(self.package)
        entry = inside.name if len(inside.parts) == 1 else inside.parent.as_posix()
        return entry if entry in self.order else None

    def files(self) -> list[Path]:
        """Every file of the package but its face, whose lazy names reach everything."""
        face = self.package / "__init__.py"
        return [path for path in sorted(self.package.rglob("*.py")) if path != face]


def read(page: str, folder: str, root: Path = ROOT) -> Floors:
    """The list of the package in `folder`, as the page has it."""
    block = re.search(rf"^```text\n{re.escape(folder)}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert block, f"the page has no list of {folder}"
    order: list[str] = []
    purposes: dict[str, str] = {}
    for line in block[1].splitlines():
        name, purpose = (*re.split(r"\s{2,}", line.strip(), maxsplit=1), "")[:2]
        if line.startswith(_CONTINUED):
            purposes[order[-1]] += f" {line.strip()}"
        elif name.endswith(".py"):
            order += [word for word in line.split() if word.endswith(".py")]
        else:
            order.append(name)
            purposes[name] = purpose
    return Floors(root / folder, tuple(order), purposes)


def arrows(floors: Floors) -> dict[Path, set[Path]]:
    """Which file imports which file of the package, wherever the import stands."""
    by_name = {_module(floors.package, path): path for path in floors.package.rglob("*.py")}
    found: dict[Path, set[Path]] = {}
    for path in floors.files():
        names = _imported(ast.parse(path.read_text(encoding="utf-8")), by_name)
        found[path] = {by_name[name] for name in names} - {path}
    return found


def wrong_arrows(floors: Floors) -> list[str]:
    """Imports that run up, sideways, or to the package's face."""
    face = floors.package / "__init__.py"
    wrong: list[str] = []
    for path, targets in arrows(floors).items():
        here = floors.place(path)
        for target in sorted(targets):
            there = floors.place(target)
            fine = target != face and here is not None and there is not None
            if not fine or floors.order.index(str(there)) > floors.order.index(str(here)):
                wrong.append(f"{_short(floors, path)} -> {_short(floors, target)}")
    return wrong


def circles(floors: Floors) -> list[str]:
    """Files that import each other in a loop, by what is left when all others are taken away."""
    left = {path: set(targets) for path, targets in arrows(floors).items()}
    while ends := [path for path, targets in left.items() if not targets & left.keys()]:
        for path in ends:
            del left[path]
    while ends := [path for path in left if not any(path in targets for targets in left.values())]:
        for path in ends:
            del left[path]
    return sorted(_short(floors, path) for path in left)


def homeless(floors: Floors) -> list[str]:
    """Files outside the list, and entries of the list that have no file."""
    lost = [_short(floors, path) for path in floors.files() if floors.place(path) is None]
    return lost + [name for name in floors.order if not (floors.package / name).exists()]


def crowded(floors: Floors) -> list[str]:
    """Rooms of too many files, and files of too many lines."""
    full: list[str] = []
    for room in floors.purposes:
        count = len([p for p in (floors.package / room).glob("*.py") if p.name != "__init__.py"])
        if count > MOST_FILES:
            full.append(f"{room}: {count} files")
    for path in sorted(floors.package.rglob("*.py")):
        count = len(path.read_text(encoding="utf-8").splitlines())
        if count > MOST_LINES:
            full.append(f"{_short(floors, path)}: {count} lines")
    return full


def unexplained(floors: Floors) -> list[str]:
    """Rooms whose `__init__.py` does not say in one sentence what the page says of them."""
    wrong: list[str] = []
    for room, purpose in floors.purposes.items():
        face = floors.package / room / "__init__.py"
        said = ast.get_docstring(ast.parse(face.read_text("utf-8"))) if face.exists() else None
        sentence = (said or "").split("\n\n")[0].replace("\n", " ").replace("`", "")
        if not sentence.endswith(".") or sentence != purpose.replace("`", ""):
            wrong.append(f"{room}: {sentence!r} is not {purpose!r}")
    return wrong


def late_imports(floors: Floors) -> list[str]:
    """Imports inside functions, each of which is a door that needs its reason."""
    late: list[str] = []
    for path in sorted(floors.package.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = [
            n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        lines = {
            node.lineno
            for function in functions
            for node in ast.walk(function)
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
        late += [f"{_short(floors, path)}:{line}" for line in sorted(lines)]
    return late


def _imported(tree: ast.AST, known: dict[str, Path]) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                names.add(full if full in known else node.module)
    return names & known.keys()


def _module(package: Path, path: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _short(floors: Floors, path: Path) -> str:
    return path.relative_to(floors.package).as_posix()
