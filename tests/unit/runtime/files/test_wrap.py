"""Results with files: what becomes a `RemoteFile`, what is refused, what is left alone."""

from __future__ import annotations

import copy
import os
import pickle
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from gradio_session.errors import ResponseError
from gradio_session.files.file_data import locate
from gradio_session.files.reference import FileReference
from gradio_session.files.remote_file import RemoteFile, reference_of
from gradio_session.files.wrap import wrap
from gradio_session.sentinels import UNCHANGED
from tests.support.offline_files import BASE, config, file, session_of


def wrapped(value: Any, layout: Any) -> Any:
    return wrap(value, layout, session_of())


def test_a_file_becomes_a_reference_and_its_address_is_built_from_its_path() -> None:
    found = wrapped(file("/tmp/gradio/a b/ü#?.png", size=7), "file")
    assert isinstance(found, RemoteFile)
    assert found.url == f"{BASE}/gradio_api/file=/tmp/gradio/a%20b/%C3%BC%23%3F.png"
    assert (found.name, found.size, found.mime_type) == ("cat.png", 7, "image/png")


@pytest.mark.parametrize("layout", ["file", "text|file"])
def test_none_stays_none(layout: str) -> None:
    assert wrapped(None, layout) is None
    assert wrapped(file(None, url=None), layout) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    [
        "~/.ssh/id_rsa",
        "/etc/passwd",
        "http://example.org/x",
        3,
        True,
        {},
        {"path": 3},
        {"path": "/x", "other": 1},
    ],
)
def test_what_is_no_file_is_refused_where_only_a_file_can_be(value: Any) -> None:
    with pytest.raises(ResponseError) as caught:
        wrap(value, "file", session_of(), path="[1]")
    assert caught.value.path == "[1]"
    assert caught.value.data == value


def test_several_files_where_one_was_declared_are_a_list_of_files() -> None:
    assert [type(each) for each in wrapped([file(), file("/b")], "file")] == [RemoteFile] * 2
    assert wrapped([file(), None], "file")[1] is None
    assert wrapped([], "file") == []
    either = {"file": "file", "keys": {"video": "file"}}
    assert [type(each) for each in wrapped([file(), file("/b")], either)] == [RemoteFile] * 2
    assert wrapped(["text", file()], "text|file")[0] == "text"


def test_one_file_where_several_were_declared_is_a_list_of_one() -> None:
    assert [type(each) for each in wrapped(file(), {"items": "file"})] == [RemoteFile]


@pytest.mark.parametrize("value", [["/etc/passwd"], [[]], [3], [{"path": "/x", "other": 1}]])
def test_a_list_of_what_is_no_file_is_refused_where_only_a_file_can_be(value: list[Any]) -> None:
    with pytest.raises(ResponseError) as caught:
        wrap(value, "file", session_of(), path="[1]")
    assert caught.value.path == "[1][0]"


@pytest.mark.parametrize(
    "layout", ["file", "text|file", {"items": "file"}, {"keys": {"a": "file"}}]
)
def test_what_was_left_as_it_was_stays_so(layout: Any) -> None:
    assert wrapped(UNCHANGED, layout) is UNCHANGED


def test_a_text_where_text_is_allowed_stays_text() -> None:
    assert wrapped("~/.ssh/id_rsa", "text|file") == "~/.ssh/id_rsa"
    assert isinstance(wrapped(file(), "text|file"), RemoteFile)


def test_containers_are_copied_along_the_layout_and_nothing_else_is_touched() -> None:
    value = [
        {"image": file(), "caption": "/etc/passwd", "extra": {"deep": file()}},
        {"image": file("/b/dog.png"), "caption": None},
    ]
    found = wrapped(value, {"items": {"keys": {"image": "file"}}})
    assert [type(item["image"]) for item in found] == [RemoteFile, RemoteFile]
    assert found[0]["caption"] == "/etc/passwd"
    assert found[0]["extra"] is value[0]["extra"]
    assert isinstance(value[0]["image"], dict)


def test_prefixes_values_and_alternatives() -> None:
    found = wrapped(
        [file(), None, "x", file()], {"prefix": ("file", "file", None), "items": "file"}
    )
    assert [type(item).__name__ for item in found] == [
        "RemoteFile",
        "NoneType",
        "str",
        "RemoteFile",
    ]
    found = wrapped({"a": file(), "b": 1}, {"values": "text|file"})
    assert isinstance(found["a"], RemoteFile)
    assert found["b"] == 1
    either = {"items": "file", "file": "text|file"}
    assert isinstance(wrapped(file(), either), RemoteFile)
    assert isinstance(wrapped([file()], either)[0], RemoteFile)
    assert wrapped("text", either) == "text"


def test_the_place_of_a_mismatch_is_told() -> None:
    with pytest.raises(ResponseError, match=r"\[0\]\[1\]\.image") as caught:
        wrap(
            [{"image": file()}, {"image": "/etc/passwd"}],
            {"items": {"keys": {"image": "file"}}},
            session_of(),
            path="[0]",
        )
    assert caught.value.path == "[0][1].image"


def test_the_form_without_meta_is_a_file_only_if_it_holds_nothing_else() -> None:
    assert isinstance(
        wrapped(
            {"path": "/x/a.png", "url": None, "size": 1, "orig_name": "a.png", "mime_type": None},
            "file",
        ),
        RemoteFile,
    )
    with pytest.raises(ResponseError):
        wrapped({"path": "/x/a.png", "note": "hello"}, "file")


def test_a_copy_is_the_file_itself() -> None:
    found = wrapped(file(), "file")
    assert copy.copy(found) is found
    assert copy.deepcopy([found])[0] is found


def test_it_can_be_iterated_and_is_no_opened_file_to_libraries() -> None:
    found = wrapped(file(), "file")
    assert not hasattr(found, "__iter__")
    assert isinstance(found, Iterable)
    assert isinstance(found, os.PathLike)


def test_the_repr_holds_no_query() -> None:
    found = wrapped(file("https://bucket.example.org/cat.png?X-Signature=verysecret"), "file")
    assert "verysecret" not in repr(found)
    assert "cat.png" in repr(found)


def test_a_stream_of_gradio_4_is_shared_by_the_outputs_of_one_call_alone(tmp_path: Path) -> None:
    sound = file("abc/1/2", is_stream=True)
    first, same, other = (
        wrap(sound, "file", session_of(), call=call) for call in ("one", "one", "two")
    )
    local = tmp_path / "beep.wav"
    local.touch()
    restored = FileReference(sound, locate(sound, config()), None, str(local), "one")
    assert [reference_of(each).local for each in (first, same, other)] == [str(local)] * 2 + [None]
    assert pickle.loads(pickle.dumps(restored)).local == str(local)
