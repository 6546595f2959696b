"""`call --stream-input`: files and standard input as the chunks of a stream, from the shell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Serve
from tests.support.chunks import sound
from tests.support.command import run, spawn
from tests.support.environments import ROOT

APP = ROOT / "tests" / "apps" / "streamed.py"


@pytest.fixture(params=["6.31.0", "5.50.0"])
def url(request: pytest.FixtureRequest, serve: Serve) -> str:
    return serve(APP, request.param)


@pytest.fixture
def parts(tmp_path: Path) -> list[str]:
    """Files of 1, 2 and 3 samples."""
    paths = [tmp_path / f"part-{number}.wav" for number in (1, 2, 3)]
    for number, path in enumerate(paths, 1):
        path.write_bytes(sound(number))
    return [path.name for path in paths]


@pytest.mark.versions
def test_every_file_is_a_chunk(url: str, parts: list[str], tmp_path: Path) -> None:
    stream = ("transcribe", "language=shell", "--stream-input", *parts)
    done = run(tmp_path, "call", url, *stream, "--stream")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines() == ["shell: [1]", "shell: [1, 2]", "shell: [1, 2, 3]"]
    done = run(tmp_path, "call", url, *stream, "--json")
    assert done.stdout.splitlines() == ['{"textbox": "shell: [1, 2, 3]"}']


@pytest.mark.versions
def test_standard_input_is_a_chunk(url: str, parts: list[str], tmp_path: Path) -> None:
    stream = ("transcribe", "--stream", "--stream-input", parts[1], "-", parts[2])
    done = spawn(tmp_path, "call", url, *stream, given=sound(9))
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().splitlines() == ["en: [2]", "en: [2, 9]", "en: [2, 9, 3]"]


@pytest.mark.versions
def test_a_call_of_such_an_endpoint_is_one_chunk(
    url: str, parts: list[str], tmp_path: Path
) -> None:
    done = run(tmp_path, "call", url, "transcribe", f"sound=@{parts[2]}")
    assert done.stdout.splitlines() == ["en: [3]"]


def test_a_function_that_raises_ends_it(serve: Serve, parts: list[str], tmp_path: Path) -> None:
    (tmp_path / "unlucky.wav").write_bytes(sound(666))
    stream = ("transcribe", "--stream", "--stream-input", parts[0], "unlucky.wav", parts[1])
    done = run(tmp_path, "call", serve(APP), *stream)
    assert done.exit_code == 1
    assert done.stdout.splitlines() == ["en: [1]"]
    assert "unlucky" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["shout", "--stream-input", "part-1.wav"], "does not take its input as a stream"),
        (["transcribe", "--stream-input", "nowhere.wav"], "nowhere.wav is no file"),
        (
            ["transcribe", "sound=@part-1.wav", "--stream-input", "part-1.wav"],
            "one parameter for a file that is not given; there is none",
        ),
        (["transcribe", "--stream-input", "-", "-"], "standard input holds one chunk"),
    ],
)
def test_what_cannot_be_sent_is_refused(
    serve: Serve, parts: list[str], tmp_path: Path, arguments: list[str], told: str
) -> None:
    assert parts
    done = run(tmp_path, "call", serve(APP), *arguments, given=sound(1))
    assert done.exit_code == 2
    assert told in " ".join(done.stderr.split())
    assert not done.stdout


@pytest.mark.versions
def test_the_command_line_of_an_app_sends_each_file_as_a_chunk(
    url: str, parts: list[str], tmp_path: Path
) -> None:
    made = run(tmp_path, "generate", url, "-o", "streamed.py", "--cli")
    assert made.exit_code == 0, made.stderr
    program = [sys.executable, "-m", "streamed_cli", "transcribe", parts[1], "-", parts[2]]
    for options, expected in (
        (["--stream"], ["en: [2]", "en: [2, 9]", "en: [2, 9, 3]"]),
        (["--language", "shell"], ["shell: [2, 9, 3]"]),
    ):
        done = subprocess.run(
            [*program, *options], cwd=tmp_path, input=sound(9), capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.decode().splitlines() == expected
    missing = subprocess.run(
        [*program[:4], "nowhere.wav"], cwd=tmp_path, capture_output=True, check=False
    )
    assert missing.returncode == 2
    assert b"nowhere.wav" in missing.stderr
    assert b"Traceback" not in missing.stderr
