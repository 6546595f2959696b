"""File names of strangers."""

from __future__ import annotations

import itertools
import unicodedata

import pytest

from gradio_session.protocol.base.file_names import MAX_NAME_BYTES, candidates, safe_name


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("cat.png", "cat.png"),
        ("my file (1).txt", "my file (1).txt"),
        ("über naïve.png", "über naïve.png"),
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("C:\\Windows\\System32\\cmd.exe", "cmd.exe"),
        ("..\\..\\x.txt", "x.txt"),
        ("..", "file"),
        (".", "file"),
        ("", "file"),
        ("/", "file"),
        ("   ", "file"),
        (".bashrc", "bashrc"),
        ("...hidden.txt", "hidden.txt"),
        ("-rf.txt", "_rf.txt"),
        ("~root.txt", "_root.txt"),
        ("a\x00b.txt", "ab.txt"),
        ("x\n.txt", "x.txt"),
        ("con", "_con"),
        ("CON.txt", "_CON.txt"),
        ("Aux.tar.gz", "_Aux.tar.gz"),
        ("COM1.log", "_COM1.log"),
        ("COM¹.log", "_COM¹.log"),
        ("lpt9 .txt", "_lpt9 .txt"),
        ("console.txt", "console.txt"),
        ('a<b>:"|?*.txt', "a_b______.txt"),
        ("name.txt. . .", "name.txt"),
        ("photo\u202egnp.exe", "photognp.exe"),
        ("zero\u200bwidth.txt", "zerowidth.txt"),
        ("line\u2028break.txt", "line break.txt"),
        ("e\u0301.txt", "é.txt"),
        ("lone\ud800surrogate.txt", "lonesurrogate.txt"),
        ("???", "file"),
    ],
)
def test_a_name_is_made_safe(given: str, safe: str) -> None:
    assert safe_name(given) == safe


@pytest.mark.parametrize(
    "given", ["a" * 300 + ".png", "ü" * 300 + ".png", "😀" * 100 + ".tar.gz", "x" * 300]
)
def test_a_long_name_is_cut_before_its_extension(given: str) -> None:
    name = safe_name(given)
    assert len(name.encode()) <= MAX_NAME_BYTES
    assert name == unicodedata.normalize("NFC", name)
    _, dot, extension = given.partition(".")
    assert name.endswith(dot + extension)


def test_a_monstrous_extension_is_cut_with_the_name() -> None:
    assert len(safe_name("a." + "b" * 400).encode()) <= MAX_NAME_BYTES


@pytest.mark.parametrize("code", range(0x21))
def test_control_characters_never_survive(code: int) -> None:
    name = safe_name(f"a{chr(code)}b.txt")
    assert name in ("ab.txt", "a b.txt")


def test_making_a_name_safe_twice_changes_nothing() -> None:
    for given in ("a<b.txt", "con", ".x", "e\u0301" * 200 + ".png", "-a", "a. b .c"):
        assert safe_name(safe_name(given)) == safe_name(given)


def test_names_to_try_keep_the_extension() -> None:
    assert list(itertools.islice(candidates("cat.png"), 3)) == ["cat.png", "cat-1.png", "cat-2.png"]
    assert list(itertools.islice(candidates("a.tar.gz", 7), 2)) == ["a-7.tar.gz", "a-8.tar.gz"]
    assert list(itertools.islice(candidates("README"), 2)) == ["README", "README-1"]
