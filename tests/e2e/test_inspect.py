"""`inspect`: the endpoints of an app, for people, pipes and machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Serve
from tests.support.command import NUMBER, SMALL, app, choice, gives, run, save, spawn, takes
from tests.support.environments import ROOT

BIG = app("Big", "", **{f"step_{number}": ([takes("a")], [gives()]) for number in range(700)})


def test_a_running_app_shows_what_its_client_will_have(serve: Serve, tmp_path: Path) -> None:
    url = serve(ROOT / "examples" / "lab.py")
    views = {
        view["endpoint"]: view
        for view in json.loads(run(tmp_path, "inspect", url, "--json").stdout)["endpoints"]
    }
    assert views["/moderate"]["signature"] == "moderate(prompt: str)"
    assert views["/describe"]["streams"] is True
    assert views["/moderate"]["streams"] is False
    assert views["/generate"]["returns"].startswith("GenerateResult(image: RemoteFile, ")
    assert views["/chat"]["warnings"] == []
    text = (tmp_path / "lab.py", run(tmp_path, "generate", url, "-o", "lab.py"))[0].read_text(
        "utf-8"
    )
    assert "    moderate: ModerateEndpoint\n" in text


def test_a_pipe_gets_plain_lines(tmp_path: Path) -> None:
    described = app(
        "Lab",
        "Greets.\n\nAt length.",
        greet=(
            [takes("name"), takes("style", choice("kind", "rude"), "kind"), takes("n", NUMBER)],
            [gives()],
        ),
    )
    done = spawn(tmp_path, "inspect", save(tmp_path / "lab.json", described))
    assert done.stdout.decode().splitlines() == [
        "/greet",
        "    greet(name: str, *, style: Style = 'kind', n: float) -> str",
        "    Greets.",
    ]


def test_a_glob_filters_and_a_big_app_stays_readable(tmp_path: Path) -> None:
    saved = save(tmp_path / "big.json", BIG)
    some = json.loads(run(tmp_path, "inspect", saved, "/step_69*", "--json").stdout)["endpoints"]
    assert [view["endpoint"] for view in some] == [
        "/step_69",
        *(f"/step_69{digit}" for digit in range(10)),
    ]
    assert len(run(tmp_path, "inspect", saved, "step_1").stdout.splitlines()) == 2
    none = run(tmp_path, "inspect", saved, "stepp_1")
    assert none.exit_code == 1
    assert "did you mean '/step_1'" in none.stderr


def test_what_the_generator_leaves_out_is_shown_with_its_reason(tmp_path: Path) -> None:
    described = app("Lab", run=([], []), live=([takes("a")], []))
    described["config"]["version"] = "4.44.1"  # before Gradio 5 nothing takes a stream of inputs
    described["config"]["dependencies"] = [
        {"api_name": "live", "connection": "stream", "types": {"generator": True}}
    ]
    views = json.loads(
        run(tmp_path, "inspect", save(tmp_path / "lab.json", described), "--json").stdout
    )["endpoints"]
    live = next(view for view in views if view["endpoint"] == "/live")
    assert live["signature"] == ""
    assert "stream" in live["warnings"][0]


@pytest.mark.parametrize("title", ["\x1b[31mred\x1b[0m", "\u202egnp.exe", "[bold]x[/bold]"])
def test_text_of_an_app_cannot_steer_the_terminal(tmp_path: Path, title: str) -> None:
    described = app(title, title, greet=([takes("name", label=title)], [gives(label=title)]))
    result = run(tmp_path, "inspect", save(tmp_path / "lab.json", described))
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert "\u202e" not in result.output


def test_a_source_that_cannot_be_read_is_exit_code_2(tmp_path: Path) -> None:
    assert run(tmp_path, "inspect", "http://127.0.0.1:1").exit_code == 2
    assert run(tmp_path, "inspect", save(tmp_path / "lab.json", {"a": 1})).exit_code == 2


def table(saved: Path, folder: Path) -> str:
    """What a terminal of 80 columns shows."""
    from rich.console import Console

    from gradio_codegen.console.endpoints import describe, print_table
    from gradio_codegen.pipeline import Job, build, read_all
    from gradio_codegen.plan.model import PlanOptions
    from gradio_codegen.source.reading import read
    from gradio_codegen.source.source import resolve

    jobs = [Job("lab", lambda: read(resolve(str(saved))).required(), PlanOptions(), Path("lab.py"))]
    built = build(jobs, read_all(jobs))[0]
    with (folder / "out.txt").open("w", encoding="utf-8") as file:
        console = Console(width=80, record=True, file=file)
        print_table(built, describe(built), console)
    return console.export_text()


def test_the_table_is_printable_lines(tmp_path: Path) -> None:
    text = table(save(tmp_path / "lab.json", SMALL), tmp_path)
    assert "Small Lab  Gradio 6.31.0" in text
    assert "greet(name: str, times: float = 1) -> str" in text
    assert max(map(len, text.splitlines())) <= 80


def test_an_endpoint_that_takes_a_stream_is_marked(tmp_path: Path) -> None:
    described = app("Lab", dictate=([takes("sound")], [gives()]), greet=([], [gives()]))
    described["config"]["dependencies"] = [
        {"api_name": "dictate", "connection": "stream", "types": {"generator": False}},
        {"api_name": "greet", "connection": "sse", "types": {"generator": True}},
    ]
    saved = save(tmp_path / "lab.json", described)
    views = json.loads(run(tmp_path, "inspect", saved, "--json").stdout)["endpoints"]
    marks = {view["endpoint"]: (view["streaming_input"], view["streams"]) for view in views}
    assert marks == {"/dictate": (True, False), "/greet": (False, True)}
    plain = run(tmp_path, "inspect", saved).stdout.splitlines()
    assert {"/dictate  (takes a stream)", "/greet  (streams)"} <= set(plain)
    shown = table(saved, tmp_path)
    assert shown.count("takes a stream") == 1
    assert shown.count("streams") == 1


def test_the_marks_are_those_of_a_real_app(serve: Serve, tmp_path: Path) -> None:
    url = serve(ROOT / "examples" / "dictation.py")
    plain = run(tmp_path, "inspect", url).stdout.splitlines()
    assert "/recognise  (takes a stream)" in plain
    assert "/forget" in plain
