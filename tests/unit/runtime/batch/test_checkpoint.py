"""The journal of `map`: what it keeps, what it forgives, what it refuses."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gradio_session.batch.checkpoint import Checkpoint, inputs_key
from gradio_session.errors import GradioSessionError, ParameterError
from gradio_session.sentinels import DEFAULT

PLACE: dict[str, Any] = {
    "app": "http://localhost:1",
    "endpoint": "/generate",
    "outputs": ["image", "number"],
}


def test_what_was_added_is_there_for_the_next_run_and_each_call_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "run.jsonl"
    first = Checkpoint(path, **PLACE)
    assert first.take("a") is None
    first.add("a", [{"path": "/tmp/x.png"}, 1])
    first.add("a", [None, 2])
    first.close()
    second = Checkpoint(path, **PLACE)
    assert second.take("a") == [{"path": "/tmp/x.png"}, 1]
    assert second.take("a") == [None, 2]
    assert second.take("a") is None
    second.close()


@pytest.mark.parametrize("torn", [b'{"key": "b", "da', b"{", b'{"key": "b", "data": [3]}'])
def test_a_torn_last_line_is_dropped_and_the_next_line_is_whole(
    tmp_path: Path, torn: bytes
) -> None:
    path = tmp_path / "run.jsonl"
    journal = Checkpoint(path, **PLACE)
    journal.add("a", [1, 2])
    journal.close()
    with path.open("ab") as stream:
        stream.write(torn)
    again = Checkpoint(path, **PLACE)
    assert again.take("b") is None
    again.add("c", [3, 4])
    again.close()
    assert [json.loads(line).get("key") for line in path.read_bytes().splitlines()] == [
        None,
        "a",
        "c",
    ]


ADD = """
import sys
from gradio_session.batch.checkpoint import Checkpoint

journal = Checkpoint(sys.argv[1], app="http://localhost:1", endpoint="/generate",
                     outputs=["image", "number"])
for number in range(1500):
    journal.add(f"{sys.argv[2]} {number}", ["x" * 10_000])
"""


def test_several_processes_on_one_journal_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    command = [sys.executable, "-c", ADD, str(path)]
    running = [subprocess.Popen([*command, name]) for name in ("one", "two")]
    opened = 0
    while any(process.poll() is None for process in running):
        journal = Checkpoint(path, **PLACE)
        journal.add(f"here {opened}", [opened])
        journal.close()
        opened += 1
    assert [process.wait() for process in running] == [0, 0]
    keys = [json.loads(line).get("key") for line in path.read_bytes().splitlines()]
    assert len(keys) == len(set(keys)) == 1 + 2 * 1500 + opened


def test_several_openers_in_one_process_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    openers = [Checkpoint(path, **PLACE) for _ in range(4)]

    def add(number: int) -> None:
        for part in range(200):
            openers[number].add(f"{number} {part}", [part])

    with ThreadPoolExecutor() as pool:
        list(pool.map(add, range(4)))
    for opener in openers:
        opener.close()
    after = Checkpoint(path, **PLACE)
    assert all(after.take(f"{number} {part}") for number in range(4) for part in range(200))
    after.close()


def test_what_another_opener_left_torn_is_dropped_by_the_next_line(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    journal = Checkpoint(path, **PLACE)
    journal.add("a", [1])
    with path.open("ab") as stream:
        stream.write(b'{"key": "b", "data": "' + b"x" * 200_000)
    journal.add("c", [2])
    journal.close()
    keys = [json.loads(line).get("key") for line in path.read_bytes().splitlines()]
    assert keys == [None, "a", "c"]


@pytest.mark.skipif(sys.platform == "win32", reason="limits of the size of files are of POSIX")
def test_a_line_for_which_the_disk_has_no_room_leaves_nothing_behind(tmp_path: Path) -> None:
    import resource

    path = tmp_path / "run.jsonl"
    journal = Checkpoint(path, **PLACE)
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            journal.add("a", ["x" * 20_000])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == before
    journal.close()


def test_a_place_that_can_be_no_file_is_a_wrong_parameter(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "run.jsonl", "a\0b"):
        with pytest.raises(ParameterError, match="cannot be used") as caught:
            Checkpoint(path, **PLACE)
        assert caught.value.parameter == "journal"


def test_a_line_nested_beyond_measure_is_no_line_of_a_journal(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    Checkpoint(path, **PLACE).close()
    with path.open("ab") as stream:
        stream.write(b"[" * 200_000 + b"\n")
    with pytest.raises(GradioSessionError, match="line 2: not a line of a journal"):
        Checkpoint(path, **PLACE)


def test_an_input_that_contains_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(ParameterError, match="contains itself"):
        inputs_key([value])


def test_a_torn_header_starts_again(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(b'{"gradio_sess')
    Checkpoint(path, **PLACE).close()
    assert json.loads(path.read_text())["endpoint"] == "/generate"


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (
            {"endpoint": "/upscale"},
            "belongs to another endpoint: it says '/generate', this map is for '/upscale'",
        ),
        ({"app": "http://localhost:2"}, "belongs to another app"),
        ({"outputs": ["image"]}, "belongs to another outputs"),
    ],
)
def test_the_journal_of_another_endpoint_is_refused_and_left_alone(
    tmp_path: Path, other: dict[str, Any], words: str
) -> None:
    path = tmp_path / "run.jsonl"
    Checkpoint(path, **PLACE).close()
    before = path.read_bytes()
    with pytest.raises(GradioSessionError, match=words):
        Checkpoint(path, **{**PLACE, **other})
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"precious notes\n", b'{"a": 1}\n', b"[1]\n", b"\xff\xfe\n"])
def test_a_strangers_file_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(GradioSessionError, match=r"no journal|not a line of a journal"):
        Checkpoint(path, **PLACE)
    assert path.read_bytes() == content


def test_a_file_without_a_newline_is_not_taken_for_a_torn_header(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"precious notes, one line")
    with pytest.raises(GradioSessionError, match="no journal"):
        Checkpoint(path, **PLACE)
    assert path.read_bytes() == b"precious notes, one line"


def test_a_broken_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    Checkpoint(path, **PLACE).close()
    with path.open("ab") as stream:
        stream.write(b"nonsense\n")
    with pytest.raises(GradioSessionError, match="line 2"):
        Checkpoint(path, **PLACE)


def test_the_same_values_make_the_same_key_and_others_another() -> None:
    assert inputs_key(["a", {"x": 1, "y": [1, 2]}, DEFAULT]) == inputs_key(
        ["a", {"y": (1, 2), "x": 1}, DEFAULT]
    )
    different = [
        ["a"],
        ["b"],
        ["a", None],
        [["a"]],
        [DEFAULT],
        [{"$": "default"}],
        [1],
        ["1"],
        [True],
        [b"a"],
        [b"b"],
        [{"a": None}],
    ]
    assert len({inputs_key(values) for values in different}) == len(different)


def test_a_file_counts_by_content(tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(b"one")
    keys = [
        inputs_key([path]),
        inputs_key([str(path)], {0: "file"}),
        inputs_key([{"image": str(path)}], {0: {"keys": {"image": "file"}}}),
    ]
    assert keys[0] == keys[1]
    text = inputs_key([str(path)])
    path.write_bytes(b"two")
    assert inputs_key([path]) != keys[0]
    assert inputs_key([{"image": str(path)}], {0: {"keys": {"image": "file"}}}) != keys[2]
    assert inputs_key([str(path)]) == text, "a string that is no file is text"
    assert inputs_key([str(path)], {0: "text|file"}) == text


def test_files_below_lists_are_found(tmp_path: Path) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(b"one")
    shape = {"items": {"prefix": ("file", None)}}
    before = inputs_key([[(str(path), "caption")]], {0: shape})
    path.write_bytes(b"two")
    assert inputs_key([[(str(path), "caption")]], {0: shape}) != before


def test_an_open_file_stays_where_it_was() -> None:
    stream = io.BytesIO(b"head and tail")
    stream.seek(5)
    key = inputs_key([stream])
    assert stream.read() == b"and tail"
    assert key == inputs_key([io.BytesIO(b"and tail")])


def test_what_cannot_be_kept_is_refused_with_its_place() -> None:
    with pytest.raises(ParameterError, match=r"type object at input 1\.a\[0\]"):
        inputs_key(["x", {"a": [object()]}])
