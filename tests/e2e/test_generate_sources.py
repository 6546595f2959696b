"""One app, read from wherever it can be read, gives one module."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Serve
from tests.support.command import run, save, spawn
from tests.support.environments import ROOT
from tests.support.patience import patience

EXAMPLES = ["lab", "chat", "table"]


def body(path: Path) -> list[str]:
    """A module without what tells its source: header, address."""
    lines = path.read_text("utf-8").splitlines()
    return [
        line for line in lines if not line.startswith("# ") and not line.strip().startswith("url=")
    ]


def answer(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=patience(20)) as response:
        return json.load(response)


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.usefixtures("imports_by_fork")
def test_a_running_app_and_its_code_give_the_same_module(
    serve: Serve, tmp_path: Path, name: str
) -> None:
    url = serve(ROOT / "examples" / f"{name}.py")
    run(tmp_path, "generate", url, "-o", "live.py")
    result = run(tmp_path, "generate", f"{ROOT / 'examples' / name}.py:demo", "-o", "code.py")
    assert result.exit_code == 0, result.output
    assert body(tmp_path / "live.py") == body(tmp_path / "code.py")
    assert f'url="{url}"' in (tmp_path / "live.py").read_text("utf-8")
    assert "url=" not in (tmp_path / "code.py").read_text("utf-8")


def test_a_saved_info_gives_the_same_module_also_from_standard_input(
    serve: Serve, tmp_path: Path
) -> None:
    url = serve(ROOT / "examples" / "lab.py")
    saved = save(
        tmp_path / "saved" / "my-lab.json",
        {"info": answer(f"{url}/gradio_api/info"), "config": answer(f"{url}/config")},
    )
    run(tmp_path, "generate", url, "-o", "live.py")
    run(tmp_path, "generate", saved, "-o", "out/")
    piped = spawn(tmp_path, "generate", "-", "-o", "piped.py", given=saved.read_bytes())
    assert piped.returncode == 0, piped.stderr
    assert (
        body(tmp_path / "live.py")
        == body(tmp_path / "out" / "my_lab.py")
        == body(tmp_path / "piped.py")
    )


def test_info_alone_is_enough(serve: Serve, tmp_path: Path) -> None:
    saved = save(
        tmp_path / "plain.json", answer(f"{serve(ROOT / 'examples' / 'lab.py')}/gradio_api/info")
    )
    result = run(tmp_path, "generate", saved, "-o", "plain.py")
    assert result.exit_code == 0, result.output
    assert "class Plain(" in (tmp_path / "plain.py").read_text("utf-8")


@pytest.mark.slow
def test_two_runs_give_the_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    source = f"{ROOT / 'examples' / 'lab.py'}:demo"
    for seed in ("0", "1"):
        assert (
            spawn(
                tmp_path,
                "generate",
                source,
                "-o",
                f"seed{seed}/lab.py",
                env={"PYTHONHASHSEED": seed},
            ).returncode
            == 0
        )
    assert (tmp_path / "seed0" / "lab.py").read_bytes() == (
        tmp_path / "seed1" / "lab.py"
    ).read_bytes()


def test_a_page_or_a_route_of_the_app_leads_to_it(serve: Serve, tmp_path: Path) -> None:
    url = serve(ROOT / "examples" / "lab.py")
    for number, address in enumerate((f"{url}/", f"{url}/?__theme=dark", f"{url}/gradio_api/info")):
        assert run(tmp_path, "generate", address, "-o", f"m{number}.py").exit_code == 0
        assert f'url="{url}"' in (tmp_path / f"m{number}.py").read_text("utf-8")


def test_an_app_behind_a_login(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = serve(ROOT / "examples" / "lab.py", auth=["ann", "s3cret-pass"])
    refused = run(tmp_path, "generate", url, "-o", "lab.py")
    assert refused.exit_code == 2
    assert "--auth" in refused.stderr
    wrong = run(tmp_path, "generate", url, "-o", "lab.py", "--auth", "ann:wr0ng-pass")
    assert wrong.exit_code == 2
    assert "wr0ng-pass" not in wrong.output
    assert not (tmp_path / "lab.py").exists()
    monkeypatch.setenv("LAB_LOGIN", "ann:s3cret-pass")
    good = run(tmp_path, "generate", url, "-o", "lab.py", "--auth", "${LAB_LOGIN}")
    assert good.exit_code == 0, good.output
    assert "s3cret-pass" not in good.output + (tmp_path / "lab.py").read_text("utf-8")


def test_a_mounted_app_and_its_parent(serve: Serve, tmp_path: Path) -> None:
    url = serve(ROOT / "examples" / "lab.py", mount="/inner/app")
    assert run(tmp_path, "generate", url, "-o", "lab.py").exit_code == 0
    parent = run(tmp_path, "generate", url.removesuffix("/inner/app"), "-o", "parent.py")
    assert parent.exit_code == 2
    assert "/config is not found" in parent.stderr
    assert not (tmp_path / "parent.py").exists()


@pytest.mark.versions
def test_apps_of_every_version(serve: Serve, tmp_path: Path, version: str) -> None:
    shout = "def shout(text: str) -> str:\n    return text.upper()\n"
    demo = "demo = gr.Interface(shout, 'text', 'text', title='Shouter')\n"
    app = f"import gradio as gr\n\n{shout}\n{demo}"
    result = run(tmp_path, "generate", serve(app, version), "-o", "clients/")
    assert result.exit_code == 0, result.output
    text = (tmp_path / "clients" / "shouter.py").read_text("utf-8")
    assert f"Gradio {version}" in text
    assert "def __call__(self, text: str) -> R_co:" in text
    assert "Endpoint[str]" in text


def test_undocumented_endpoints_are_asked_for(serve: Serve, tmp_path: Path) -> None:
    url = serve(ROOT / "examples" / "chat.py")
    counts: list[int] = []
    for options in ([], ["--undocumented"]):
        report = json.loads(
            run(tmp_path, "generate", url, "-o", "chat.py", "--json", *options).stdout
        )
        counts.append(report["clients"][0]["endpoints"])
    assert counts[1] > counts[0]
