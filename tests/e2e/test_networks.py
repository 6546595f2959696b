"""Apps that are not simply there: behind a gateway, a proxy, TLS of one's own, asleep, starting."""

from __future__ import annotations

import json
import re
import socket
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradio_codegen.project.config import load
from gradio_codegen.project.watch import Watcher
from gradio_codegen.source.options import ReadingOptions
from tests.conftest import LAB, Serve, Start
from tests.support.command import files_of, project, run
from tests.support.fault_proxy import FaultProxy, gate
from tests.support.forward_proxy import ForwardProxy
from tests.support.hub import Hub
from tests.support.tls import Authority

CANARY = "c4n4ry-0f-the-tests"
PYTHON = re.compile(r"\b(token|auth|verify|cert|proxy|headers|cookies|timeout)=|session\.")


def done(folder: Path, *arguments: str | Path) -> str:
    """Run the command to a good end, and give all that it printed."""
    result = run(folder, *arguments)
    assert result.exit_code == 0, result.output
    assert CANARY not in result.output
    return result.output


def refused(folder: Path, *arguments: str | Path) -> str:
    """Run the command to exit code 2; its message names options, no arguments of Python."""
    result = run(folder, *arguments)
    assert result.exit_code == 2, result.output
    assert not PYTHON.search(result.stderr)
    assert CANARY not in result.output
    return result.stderr


def everything(folder: Path, url: str, *options: str | Path) -> None:
    """Read an app with every command that takes a source, and call it."""
    done(folder, "generate", url, "-o", "lab.py", *options)
    module = (folder / "lab.py").read_text("utf-8")
    assert "class ImageLab" in module
    assert CANARY not in module
    assert "/generate" in done(folder, "inspect", url, "--json", *options)
    called = run(folder, "call", url, "count", "step=2", *options)
    assert called.stdout.strip().isdigit(), called.output
    assert CANARY not in called.output
    assert "nothing changed" in done(folder, "diff", url, url, *options)


@pytest.fixture
def gateway(lab_url: str) -> Iterator[FaultProxy]:
    """The app behind a gateway that asks for a key, and repeats what it refuses."""
    with FaultProxy(lab_url) as proxy:
        proxy.up("", gate(b"x-key: " + CANARY.encode()))
        yield proxy


def test_an_app_that_asks_for_a_header(
    gateway: FaultProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "--header" in refused(tmp_path, "inspect", gateway.url)
    refused(tmp_path, "inspect", gateway.url, "-H", f"X-Other: {CANARY}")
    everything(tmp_path, gateway.url, "-H", f"X-Key: {CANARY}")
    monkeypatch.setenv("LAB_KEY", CANARY)
    everything(tmp_path, gateway.url, "--header", "X-Key: ${LAB_KEY}")


def test_what_a_gateway_repeats_of_the_request_is_hidden(lab_url: str, tmp_path: Path) -> None:
    secrets = ["--token", f"{CANARY}-1", "--cookie", f"a={CANARY}-2", "-H", f"X-Key: {CANARY}-3"]
    with FaultProxy(lab_url) as proxy:
        proxy.up("", gate(b"x-key: another"))
        refused(tmp_path, "generate", proxy.url, "-o", "lab.py", *secrets)
        refused(tmp_path, "call", proxy.url, "count", "step=1", *secrets)
        report = run(tmp_path, "generate", proxy.url, "-o", "lab.py", "--json", *secrets)
    assert json.loads(report.stdout)["clients"][0]["error"]
    assert CANARY not in report.output
    assert files_of(tmp_path) == {}


def test_an_app_that_knows_its_visitor_by_a_cookie(serve: Serve, tmp_path: Path) -> None:
    url = serve(LAB, auth=("ada", "lovelace"))
    form = urllib.parse.urlencode({"username": "ada", "password": "lovelace"}).encode()
    with urllib.request.urlopen(f"{url}/login", form) as answer:
        cookies = [text.partition(";")[0] for text in answer.headers.get_all("set-cookie")]
    assert "--auth" in refused(tmp_path, "inspect", url)
    everything(tmp_path, url, *(part for cookie in cookies for part in ("--cookie", cookie)))


def test_the_same_words_in_the_configuration(
    gateway: FaultProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(
        tmp_path,
        f"""
        [tool.gradio-codegen.clients.lab]
        source = "{gateway.url}"
        headers = {{X-Key = "${{LAB_KEY}}"}}
        cookies = {{visitor = "${{LAB_KEY}}"}}
        timeout = 60
        """,
    )
    assert "LAB_KEY" in refused(folder, "generate")
    assert "LAB_KEY" in run(folder, "check").output
    monkeypatch.setenv("LAB_KEY", CANARY)
    done(folder, "generate")
    done(folder, "check")
    done(folder, "diff", "lab")
    done(folder, "inspect", "lab")
    done(folder, "call", "lab", "count", "step=1")
    written = files_of(folder)
    assert {"lab.py", "gradio-codegen.lock"} <= set(written)
    assert not [name for name, content in written.items() if CANARY.encode() in content]
    monkeypatch.setenv("LAB_KEY", "another")
    done(folder, "check", "-H", f"x-key: {CANARY}")
    done(folder, "diff", "lab", "-H", f"x-key: {CANARY}")
    assert run(folder, "check").exit_code == 2


def test_watch_reads_with_the_options_too(gateway: FaultProxy, tmp_path: Path) -> None:
    settings = f'[tool.gradio-codegen.clients.lab]\nsource = "{gateway.url}"\n'
    config = load(project(tmp_path, settings) / "pyproject.toml")
    clients = list(config.clients.values())
    (news,) = Watcher(config, clients).round()
    assert news.trouble
    reading = ReadingOptions(headers={"X-Key": CANARY})
    (news,) = Watcher(config, clients, reading=reading).round()
    assert news.what.startswith("wrote ")
    assert CANARY not in (tmp_path / "lab.py").read_text("utf-8")


def test_tls_of_an_authority_that_nobody_knows(
    lab_url: str, authority: Authority, tmp_path: Path
) -> None:
    with FaultProxy(lab_url, tls=authority.server()) as proxy:
        message = refused(tmp_path, "inspect", proxy.url)
        assert "--cacert FILE" in message
        assert "--insecure" in message
        everything(tmp_path, proxy.url, "--cacert", authority.pem)
        everything(tmp_path, proxy.url, "--insecure")
        folder = project(
            tmp_path / "project",
            f"""
            [tool.gradio-codegen.clients.lab]
            source = "{proxy.url}"
            cacert = "certificates/ca.pem"
            """,
        )
        assert "certificates/ca.pem" in refused(folder, "generate")
        (folder / "certificates").mkdir()
        (folder / "certificates" / "ca.pem").write_bytes(authority.pem.read_bytes())
        (folder / "inner").mkdir()
        done(folder / "inner", "generate")
        (folder / "certificates" / "ca.pem").write_text("no certificate")
        assert "--cacert" in refused(folder, "generate")
        done(folder, "generate", "--insecure")


def test_tls_that_asks_for_a_client_certificate(
    lab_url: str, authority: Authority, tmp_path: Path
) -> None:
    trust = ("--cacert", authority.pem)
    with FaultProxy(lab_url, tls=authority.server(ask_client=True)) as proxy:
        refused(tmp_path, "inspect", proxy.url, *trust)
        everything(tmp_path, proxy.url, *trust, "--cert", authority.client_pem)
        assert "--cert" in refused(tmp_path, "inspect", proxy.url, *trust, "--cert", authority.pem)


def test_an_app_behind_a_proxy(lab_url: str, tmp_path: Path) -> None:
    # In base64: ada:c4n4ry-0f-the-tests
    with ForwardProxy("Basic YWRhOmM0bjRyeS0wZi10aGUtdGVzdHM=") as proxy:
        address = f"http://ada:{CANARY}@127.0.0.1:{proxy.port}"
        everything(tmp_path, lab_url, "--proxy", address)
        assert any("/config" in line for line in proxy.asked)
        assert any("/call/count" in line for line in proxy.asked)
        refused(
            tmp_path, "inspect", lab_url, "--proxy", f"http://eve:{CANARY}@127.0.0.1:{proxy.port}"
        )
    assert "--proxy" in refused(tmp_path, "inspect", lab_url, "--proxy", address)
    assert "--proxy" in refused(tmp_path, "inspect", lab_url, "--proxy", f"http://:{CANARY}@:x")


def free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


def test_an_app_that_starts_three_seconds_later(start_server: Start, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    refused(tmp_path, "inspect", url)
    starter = threading.Timer(3, start_server, [LAB], {"port": port})
    starter.start()
    try:
        output = done(tmp_path, "generate", url, "-o", "lab.py", "--wait", "120")
    finally:
        starter.join()
    assert output.count(f"waiting for {url}: STARTING (127.0.0.1:{port} refused") == 1
    assert (tmp_path / "lab.py").exists()


def test_an_app_that_never_starts(tmp_path: Path) -> None:
    message = refused(tmp_path, "inspect", f"http://127.0.0.1:{free_port()}", "--wait", "0.2")
    assert "is not ready after" in message


def test_a_space_that_sleeps_is_woken_and_its_stages_are_shown(
    hub: Hub, lab_url: str, tmp_path: Path
) -> None:
    hub.sleeping("owner/lab", lab_url)
    assert "--wait SECONDS wakes it" in refused(tmp_path, "inspect", "owner/lab")
    output = done(tmp_path, "generate", "owner/lab", "-o", "lab.py", "--wait", "60")
    assert re.findall(r"waiting for owner/lab: (\w+) \(The Space", output) == [
        "SLEEPING",
        "APP_STARTING",
    ]


def test_a_private_space_is_waited_for_as_the_configuration_says(
    hub: Hub, lab_url: str, tmp_path: Path
) -> None:
    folder = project(
        tmp_path,
        f'[tool.gradio-codegen.clients.lab]\nsource = "owner/lab"\nwait = 60\ntoken = "{CANARY}"\n',
    )
    hub.space("owner/lab", lab_url, ["BUILDING", "RUNNING"], token=CANARY)
    assert "waiting for owner/lab: BUILDING" in done(folder, "generate")
    written = files_of(folder)
    assert {"lab.py", "gradio-codegen.lock"} <= set(written)
    del written["pyproject.toml"]
    assert not [name for name, content in written.items() if CANARY.encode() in content]
