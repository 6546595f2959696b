"""What is read from pyproject.toml, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradio_codegen.base.diagnostics import CommandError
from gradio_codegen.base.variables import expand
from gradio_codegen.project.config import find, load
from gradio_codegen.source.options import ReadingOptions
from tests.support.command import project


def configured(folder: Path, settings: str):
    return load(project(folder, settings) / "pyproject.toml")


def refused(folder: Path, settings: str) -> str:
    with pytest.raises(CommandError) as caught:
        configured(folder, settings)
    assert caught.value.exit_code == 2
    return caught.value.message


def test_a_client_has_what_is_written_and_sensible_rest(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        """
        [tool.gradio-codegen]
        output = "src/clients"
        vendor = true
        mode = "async"
        templates = "own"
        [tool.gradio-codegen.clients.lab]
        source = "https://example.org/lab"
        class-name = "Lab"
        include = ["/generate*"]
        token = "${LAB_TOKEN}"
        [tool.gradio-codegen.clients.chat]
        source = "chat.json"
        mode = "sync"
        output = "src/other/talk.py"
        """,
    )
    lab, chat = config.clients["lab"], config.clients["chat"]
    assert (config.vendor, config.templates, config.lock_path) == (
        True,
        tmp_path / "own",
        tmp_path / "gradio-codegen.lock",
    )
    assert lab.module == tmp_path / "src" / "clients" / "lab.py"
    assert (lab.class_name, lab.mode, lab.include, lab.reading.token) == (
        "Lab",
        "async",
        ("/generate*",),
        "${LAB_TOKEN}",
    )
    assert (chat.module, chat.mode, chat.undocumented) == (
        tmp_path / "src" / "other" / "talk.py",
        "sync",
        False,
    )


def test_the_nearest_configuration_wins_and_the_search_ends_at_the_repository(
    tmp_path: Path,
) -> None:
    outer = project(tmp_path / "outer", '[tool.gradio-codegen]\noutput = "x"\n')
    inner = outer / "package" / "deep"
    inner.mkdir(parents=True)
    (outer / "package" / "pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
    assert find(inner) == outer / "pyproject.toml"
    (inner / ".git").mkdir()
    assert find(inner) is None


def test_toml_that_breaks_off_names_its_last_line(tmp_path: Path) -> None:
    assert "line 2" in refused(tmp_path, "[tool.gradio-codegen]\noutput = ")


def test_how_an_app_is_read_has_the_words_of_the_command(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        """
        [tool.gradio-codegen.clients.lab]
        source = "https://example.org/lab"
        token = "${LAB_TOKEN}"
        auth = "ada:${LAB_PASSWORD}"
        headers = {Authorization = "Bearer ${KEY}"}
        cookies = {visitor = "ada"}
        cacert = "ca.pem"
        cert = "me.pem"
        proxy = "http://proxy.test:3128"
        timeout = 60
        wait = 2.5
        [tool.gradio-codegen.clients.chat]
        source = "https://example.org/chat"
        insecure = true
        """,
    )
    assert config.clients["lab"].reading == ReadingOptions(
        token="${LAB_TOKEN}",
        auth="ada:${LAB_PASSWORD}",
        headers={"Authorization": "Bearer ${KEY}"},
        cookies={"visitor": "ada"},
        cacert="ca.pem",
        cert="me.pem",
        proxy="http://proxy.test:3128",
        timeout=60,
        wait=2.5,
    )
    assert config.clients["chat"].reading == ReadingOptions(insecure=True)


def test_broken_toml_names_file_and_line(tmp_path: Path) -> None:
    message = refused(tmp_path, "[tool.gradio-codegen]\noutput = \n")
    assert str(tmp_path / "pyproject.toml") in message
    assert "line 2" in message


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('[tool.gradio-codegen]\noutputs = "x"', ["'outputs'", "did you mean 'output'?"]),
        (
            '[tool.gradio-codegen.clients.a]\nsource = "x"\nclassname = "A"',
            ["clients.a", "'classname'", "did you mean 'class-name'?"],
        ),
        ('[tool.gradio-codegen]\nvendor = "yes"', ["vendor", "true or false"]),
        ('[tool.gradio-codegen]\nmode = "synch"', ["mode", '"sync"']),
        ('[tool.gradio-codegen.clients.a]\nclass-name = "A"', ["has no source"]),
        (
            '[tool.gradio-codegen.clients.a]\nsource = "x"\ninclude = "/a"',
            ["include", "list of strings"],
        ),
        ('[tool.gradio-codegen.clients.a-b]\nsource = "x"', ["'a-b'", "module"]),
        ('[tool.gradio-codegen.clients.class]\nsource = "x"', ["'class'"]),
        ('[tool.gradio-codegen.clients.a]\nsource = "x"\nclass-name = "1A"', ["'1A'"]),
        (
            '[tool.gradio-codegen.clients.a]\nsource = "x"\nheader = {A = "b"}',
            ["'header'", "did you mean 'headers'"],
        ),
        ('[tool.gradio-codegen.clients.a]\nsource = "x"\nheaders = "A: b"', ["headers", "Name ="]),
        (
            '[tool.gradio-codegen.clients.a]\nsource = "x"\ncookies = {a = 1}',
            ["cookies", "strings"],
        ),
        ('[tool.gradio-codegen.clients.a]\nsource = "x"\ninsecure = "no"', ["true or false"]),
        ('[tool.gradio-codegen.clients.a]\nsource = "x"\ntimeout = 0', ["timeout", "seconds"]),
        ('[tool.gradio-codegen.clients.a]\nsource = "x"\nwait = true', ["wait", "seconds"]),
        ('[tool.gradio-codegen.clients.a]\nsource = "x"\nwait = nan', ["wait", "seconds"]),
        ('[tool.gradio-codegen.clients]\na = "https://x"', ["clients.a", "a table with a source"]),
        ('[tool]\ngradio-codegen = "x"', ["must be a table"]),
    ],
)
def test_what_is_wrong_is_said_with_place_and_advice(
    tmp_path: Path, settings: str, words: list[str]
) -> None:
    message = refused(tmp_path, settings)
    assert all(word in message for word in ["pyproject.toml", *words]), message


def test_a_value_of_the_wrong_type_is_not_repeated_as_it_may_be_a_secret(tmp_path: Path) -> None:
    assert "4711" not in refused(
        tmp_path, '[tool.gradio-codegen.clients.a]\nsource = "x"\ntoken = 4711'
    )


def test_two_clients_with_one_module_are_refused(tmp_path: Path) -> None:
    message = refused(
        tmp_path,
        '[tool.gradio-codegen.clients.a]\nsource = "x"\noutput = "c.py"\n'
        '[tool.gradio-codegen.clients.b]\nsource = "y"\noutput = "./d/../c.py"',
    )
    assert "'a'" in message
    assert "'b'" in message


@pytest.mark.parametrize("output", ["../elsewhere", "/tmp/elsewhere", "a/../../b"])
def test_a_configured_output_outside_the_project_is_refused(tmp_path: Path, output: str) -> None:
    assert "outside the project" in refused(tmp_path, f'[tool.gradio-codegen]\noutput = "{output}"')
    assert "outside the project" in refused(
        tmp_path, f'[tool.gradio-codegen.clients.a]\nsource = "x"\noutput = "{output}"'
    )


def test_a_link_that_leads_outside_is_outside(tmp_path: Path) -> None:
    inside, outside = tmp_path / "project", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    assert "outside the project" in refused(inside, '[tool.gradio-codegen]\noutput = "link"')


def test_a_module_that_is_a_link_to_the_outside_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "lab.py").symlink_to(tmp_path / "elsewhere.py")
    assert "outside the project" in refused(
        folder, '[tool.gradio-codegen.clients.lab]\nsource = "x"'
    )


def test_standard_input_cannot_be_configured(tmp_path: Path) -> None:
    assert "standard input" in refused(tmp_path, '[tool.gradio-codegen.clients.lab]\nsource = "-"')


def test_variables_are_read_from_the_environment_and_a_missing_one_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LAB_HOST", "example.org")
    assert (
        expand("https://${LAB_HOST}/x/${LAB_HOST}", "source") == "https://example.org/x/example.org"
    )
    monkeypatch.delenv("LAB_TOKEN", raising=False)
    with pytest.raises(
        CommandError, match=r"token of lab: environment variable LAB_TOKEN is not set"
    ):
        expand("${LAB_TOKEN}", "token of lab")


def test_a_client_that_does_not_exist_is_answered_with_the_nearest(tmp_path: Path) -> None:
    config = configured(tmp_path, '[tool.gradio-codegen.clients.image_lab]\nsource = "x"')
    with pytest.raises(CommandError, match="did you mean 'image_lab'"):
        config.client("imagelab")
