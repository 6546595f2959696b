"""Generated command lines at work, against a real app: help, values, files, output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.shell_lab import Program, clients, run, url

__all__ = ["clients", "run", "url"]


OPTIONS = (
    "--json",
    "--oauth-token",
    "--output",
    "--stream",
    "--timeout",
    "--token",
    "--url",
    "--wait",
)


# What it says of itself


def test_help_lists_the_endpoints_in_the_order_of_the_app(run: Program) -> None:
    done = run("--help")
    assert done.code == 0
    lines = done.out.partition("Commands:")[2].split("\n")
    names = [line.split()[0] for line in lines if line.strip()]
    expected = "shout count work fail copy-file sheet pick forever tree странно"
    assert names == expected.split()
    assert "Shout a text." in done.out
    assert all(option in done.out for option in OPTIONS)
    assert "SHELL_LAB_URL" in done.out


def test_help_of_a_command(run: Program) -> None:
    done = run("shout", "--help")
    assert done.code == 0
    for words in (
        "Usage: python -m clients.shell_lab_cli shout [OPTIONS] TEXT",
        "As often as you like.",
        "--style [plain|very fancy]",
        "[default: plain]",
        "--loud / --no-loud",
        "1<=x<=50",
        "Common options:",
        "Results: textbox.",
    ):
        assert words in done.out, done.out


# Values


def test_defaults_are_those_of_the_app(run: Program) -> None:
    done = run("shout", "a cat")
    assert (done.code, done.out) == (0, "A CAT x2 plain 25\n"), done.err


def test_scalars_choices_ranges_and_flags(run: Program) -> None:
    words = ["--times", "-3", "--style", "very fancy", "--no-loud", "--level", "1.5"]
    assert run("shout", "a cat", *words).out == "a cat x-3 very fancy 1.5\n"
    assert run("shout", "-", given="grüße\n".encode()).out == "GRÜSSE x2 plain 25\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["shoot", "x"], "did you mean 'shout'"),
        (["shout"], "Missing argument 'TEXT'"),
        (["shout", "x", "y"], "unexpected extra argument"),
        (["shout", "x", "--tims", "3"], "--times"),
        (["shout", "x", "--times", "many"], "'many' is no number"),
        (["shout", "x", "--times", "1.5"], "no whole number"),
        (["shout", "x", "--style", "fancy"], "did you mean 'very fancy'"),
        (["shout", "x", "--level", "51"], "not in the range 1<=x<=50"),
        (["copy-file", "--file", "missing.pdf"], "missing.pdf is no file"),
        (["pick", "--tags", "z"], "not among its choices ('a', 'b', 'c')"),
        (["tree", "@missing.json"], "missing.json is no file"),
        (["--auth", "ada", "count"], "takes USER:PASSWORD"),
        (["count", "--timeout", "0"], "no number of seconds above 0"),
    ],
)
def test_wrong_usage_is_exit_code_2(run: Program, arguments: list[str], words: str) -> None:
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err.replace("\n", " "), done.err


def test_lists_repeat_and_an_empty_text_empties_them(run: Program) -> None:
    assert run("pick").out == "tags: a\ndoubled: 2\n"
    done = run("pick", "--tags", "b", "--tags", "c", "--number", "1.5")
    assert done.out == "tags: b+c\ndoubled: 3.0\n"
    assert run("pick", "--tags", "").out == "tags: \ndoubled: 2\n".replace(" \n", "\n")


def test_json_is_written_out_or_in_a_file(run: Program) -> None:
    (run.folder / "value.json").write_text('{"a": [1]}')
    for value in ('{"a": [1]}', "@value.json"):
        assert json.loads(run("tree", value).out) == {"got": {"a": [1]}}
    assert json.loads(run("tree", "-", given=b"[1]").out) == {"got": [1]}


def test_names_that_are_ours_or_of_another_alphabet(run: Program) -> None:
    assert "\x1b" not in run("странно", "--help").out
    done = run("странно", "--app-json", "1", "--имя", "-3", "--json")
    assert json.loads(done.out) == {"json": "1|b|-3\x1b[2J"}, done.err
    assert run("странно", "--app-help", "").out == "a||c\x1b[2J\n"


# Files


def test_files_by_path_address_and_standard_input(run: Program, url: str) -> None:
    (run.folder / "note.txt").write_bytes(b"abc")
    done = run("copy-file", "--file", "note.txt", "--output", "out")
    assert done.code == 0, done.err
    assert done.out == "out/copied-note.txt\n"
    assert (run.folder / "out" / "copied-note.txt").read_bytes() == b"cba"
    again = run("copy-file", "--file", "-", given=b"xyz")
    assert "/" not in again.out
    assert (run.folder / again.out.strip()).read_bytes() == b"zyx"
    # Gradio fetches nothing from the machine that it runs on: the app says no, not the shell.
    remote = run("copy-file", "--file", f"{url}/config")
    assert (remote.code, remote.out) == (1, "")


def test_a_list_of_files_is_a_path_on_each_line(run: Program) -> None:
    for name in ("a.txt", "b.txt"):
        (run.folder / name).write_text(name)
    done = run("sheet", "--files", "a.txt", "--files", "b.txt", "-o", "out")
    assert done.code == 0, done.err
    *paths, last = done.out.removeprefix("all: ").splitlines()
    assert [Path(path).name for path in paths] == ["a.txt", "b.txt"]
    assert last == "how_many: 2"
    none = json.loads(run("sheet", "--json").out)
    assert none["how_many"] == 0


# Output


def test_json_for_machines_is_one_object_by_the_names(run: Program) -> None:
    assert json.loads(run("pick", "--json").out) == {"tags": "a", "doubled": 2}
    assert json.loads(run("--json", "shout", "x").out) == {"textbox": "X x2 plain 25"}
    saved = json.loads(run("copy-file", "--file", "-", "--json", given=b"x").out)
    assert (run.folder / saved["copied"]).read_bytes() == b"x"


def test_outputs_are_streamed_one_a_line(run: Program) -> None:
    assert run("count").out == "3\n"
    assert run("count", "--to", "2", "--stream").out == "1\n2\n"
    streamed = run("count", "--to", "2", "--stream", "--json").out
    assert streamed == '{"number": 1}\n{"number": 2}\n'


def test_what_happens_meanwhile_goes_to_standard_error(run: Program) -> None:
    done = run("work", "ready")
    assert (done.out, done.code) == ("ready\n", 0)
    assert "beginning now" in done.err
    assert run("-q", "work", "ready").err == ""
    lines = run("work", "ready", "-v").err.splitlines()
    assert {"started", "log: info: beginning now"} <= set(lines)
    assert any(line.startswith("completed: after") for line in lines)


def test_without_rich_the_lines_are_plain(run: Program) -> None:
    blocked = "import sys; sys.modules['rich'] = None; import runpy; "
    code = f"{blocked}runpy.run_module('clients.shell_lab_cli', run_name='__main__')"
    done = Program(run.folder, "-c", code)("work", "ready")
    assert (done.out, done.code) == ("ready\n", 0)
    assert "info: beginning now" in done.err.splitlines()
