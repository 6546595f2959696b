"""The rule of the floors: rooms import only what stands above them in `docs/internals.md`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import floors
from tests.support.environments import ROOT

PAGE = (ROOT / "docs" / "internals.md").read_text(encoding="utf-8")
PACKAGES = ["runtime/gradio_session", "generator/gradio_codegen"]


@pytest.fixture(params=PACKAGES)
def package(request: pytest.FixtureRequest) -> floors.Floors:
    return floors.read(PAGE, request.param)


def test_every_file_has_a_room(package: floors.Floors) -> None:
    assert floors.homeless(package) == []


def test_no_import_runs_against_the_list(package: floors.Floors) -> None:
    assert floors.wrong_arrows(package) == []


def test_no_files_import_each_other_in_a_circle(package: floors.Floors) -> None:
    assert floors.circles(package) == []


def test_no_room_and_no_file_is_crowded(package: floors.Floors) -> None:
    assert floors.crowded(package) == []


def test_every_room_says_what_it_is_for(package: floors.Floors) -> None:
    assert floors.unexplained(package) == []


def test_imports_inside_functions_are_few(package: floors.Floors) -> None:
    late = floors.late_imports(package)
    assert len(late) <= (20 if package.package.name == "gradio_session" else 30), late


def test_no_file_switches_off_a_check_of_privates(package: floors.Floors) -> None:
    guilty = [
        path.name
        for path in package.package.rglob("*.py")
        if "pyright: reportPrivateUsage" in path.read_text(encoding="utf-8")
    ]
    assert guilty == []


# That the guard can fail

LIST = """
```text
house
    errors.py
    low      The ground.
    high     What stands
             on it.
```
"""


@pytest.fixture
def house(tmp_path: Path) -> floors.Floors:
    files = {
        "house/__init__.py": "",
        "house/errors.py": "",
        "house/low/__init__.py": '"""The ground."""\n',
        "house/low/stone.py": "from house.errors import Oops\n",
        "house/high/__init__.py": '"""What stands on it."""\n',
        "house/high/roof.py": "from house.low.stone import Stone\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return floors.read(LIST, "house", tmp_path)


def write(house: floors.Floors, name: str, text: str) -> None:
    path = house.package / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_a_sound_house_passes(house: floors.Floors) -> None:
    checks = (floors.homeless, floors.wrong_arrows, floors.circles, floors.crowded)
    assert [check(house) for check in (*checks, floors.unexplained)] == [[]] * 5


@pytest.mark.parametrize(
    "text",
    [
        "from house.high.roof import Roof\n",
        "import house.high.roof\n",
        "from house.high import roof\n",
        "def late():\n    from house.high.roof import Roof\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import house.high.roof\n",
    ],
)
def test_an_import_of_a_higher_floor_fails(house: floors.Floors, text: str) -> None:
    write(house, "low/stone.py", text)
    assert floors.wrong_arrows(house) == ["low/stone.py -> high/roof.py"]


def test_an_import_of_the_package_itself_fails(house: floors.Floors) -> None:
    write(house, "high/roof.py", "from house import Roof\n")
    assert floors.wrong_arrows(house) == ["high/roof.py -> __init__.py"]


def test_a_circle_inside_one_room_fails(house: floors.Floors) -> None:
    write(house, "high/roof.py", "from house.high.wall import Wall\n")
    write(house, "high/wall.py", "def late():\n    from house.high.roof import Roof\n")
    write(house, "high/door.py", "from house.high.wall import Wall\n")
    assert floors.circles(house) == ["high/roof.py", "high/wall.py"]


def test_a_full_room_a_long_file_and_an_unknown_folder_fail(house: floors.Floors) -> None:
    for number in range(12):
        write(house, f"high/n{number}.py", "")
    write(house, "low/stone.py", "\n" * 351)
    write(house, "cellar/__init__.py", "")
    assert floors.crowded(house) == ["high: 13 files", "low/stone.py: 351 lines"]
    assert floors.homeless(house) == ["cellar/__init__.py"]


def test_an_import_inside_a_function_is_seen(house: floors.Floors) -> None:
    write(house, "high/roof.py", "import os\n\n\ndef f():\n    import sys\n")
    assert floors.late_imports(house) == ["high/roof.py:5"]


@pytest.mark.parametrize("text", ["", '"""The ground"""', '"""Something else."""'])
def test_a_room_without_its_sentence_fails(house: floors.Floors, text: str) -> None:
    write(house, "low/__init__.py", text)
    assert len(floors.unexplained(house)) == 1
