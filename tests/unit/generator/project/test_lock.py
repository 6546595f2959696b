"""The lock: stable text, and a refusal of what is not a lock of ours."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.project.lock import Lock, LockedClient, dump, read

CLIENT = LockedClient(
    source="https://example.org/${NAME}",
    options={"mode": "both", "include": []},
    gradio="6.31.0",
    generator="0.1.0",
    schema="sha256:1",
    module="clients/lab.py",
    module_hash="sha256:2",
    description={"info": {"named_endpoints": {"/ü": {"label": "x\ud800"}}}, "config": None},
)
LOCK = Lock(
    {"lab": CLIENT, "a": replace(CLIENT, module="clients/a.py")},
    {"clients/_gradio_session/app.py": "sha256:3"},
)


def refused(path: Path) -> str:
    with pytest.raises(CommandError) as caught:
        read(path)
    assert caught.value.exit_code == 2
    return caught.value.message


def written(folder: Path, text: str | None = None) -> Path:
    path = folder / "gradio-codegen.lock"
    path.write_text(dump(LOCK) if text is None else text, encoding="utf-8")
    return path


def test_what_is_written_is_read_back_also_with_odd_characters(tmp_path: Path) -> None:
    assert read(written(tmp_path)) == LOCK


def test_the_order_of_clients_does_not_matter() -> None:
    assert dump(LOCK) == dump(Lock(dict(reversed(list(LOCK.clients.items()))), LOCK.vendored))


def test_one_value_stands_on_a_line_so_that_it_diffs_well() -> None:
    old, new = (
        dump(LOCK).splitlines(),
        dump(
            Lock({**LOCK.clients, "lab": replace(CLIENT, gradio="6.32.0")}, LOCK.vendored)
        ).splitlines(),
    )
    changed = [line for line in new if line not in old]
    assert len(old) == len(new)
    assert len(changed) == 2  # the value, and the entry's digest


def test_no_lock_is_none(tmp_path: Path) -> None:
    assert read(tmp_path / "gradio-codegen.lock") is None


def test_files_are_those_of_clients_and_of_the_copy(tmp_path: Path) -> None:
    assert LOCK.files(tmp_path) == {
        tmp_path / "clients/lab.py": "sha256:2",
        tmp_path / "clients/a.py": "sha256:2",
        tmp_path / "clients/_gradio_session/app.py": "sha256:3",
    }


def test_a_newer_format_says_what_to_upgrade(tmp_path: Path) -> None:
    message = refused(written(tmp_path, dump(LOCK).replace('"format": 1', '"format": 2')))
    assert "newer gradio-codegen" in message
    assert "upgrade" in message


@pytest.mark.parametrize(
    "change", [("6.31.0", "6.30.0"), ("sha256:2", "sha256:9"), ('"both"', '"sync"'), ("/ü", "/u")]
)
def test_an_entry_edited_by_hand_is_noticed(tmp_path: Path, change: tuple[str, str]) -> None:
    message = refused(written(tmp_path, dump(LOCK).replace(*change)))
    assert "edited by hand" in message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<<<<<<< HEAD\n{}",
        "[]",
        "{}",
        '{"format": 1}',
        '{"format": 1, "clients": [], "vendored": {}}',
        '{"format": 1, "clients": {"a": 1}, "vendored": {}}',
        "[" * 100_000,
    ],
)
def test_what_is_no_lock_is_refused_with_advice(tmp_path: Path, text: str) -> None:
    message = refused(written(tmp_path, text))
    assert "gradio-codegen generate" in message


@pytest.mark.parametrize(
    "path", ["../outside.py", "/etc/passwd", "a/../../b.py", "a\\..\\b.py", ""]
)
def test_a_path_that_leaves_the_project_is_refused(tmp_path: Path, path: str) -> None:
    document: dict[str, Any] = json.loads(dump(Lock({}, {})))
    document["vendored"] = {path: "sha256:1"}
    assert "inside the project" in refused(written(tmp_path, json.dumps(document)))
    assert "inside the project" in refused(
        written(tmp_path, dump(Lock({"lab": replace(CLIENT, module=path)})))
    )
