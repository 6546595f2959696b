"""What a release publishes."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.support.environments import ROOT
from tests.support.scripts import python

SCRIPT = ROOT / "scripts" / "release.py"
URL = "https://forge.example/someone/gradio-codegen"


def tag() -> str:
    found = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert found is not None
    return f"v{found[1]}"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    python(
        SCRIPT, "--url", URL + "/", "--tag", tag(), "--commit", "HEAD", "--to", folder, within=120
    )
    return folder


def described(built: Path, start: str) -> str:
    wheel = zipfile.ZipFile(next(built.glob(f"{start}-*.whl")))
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return wheel.read(name).decode()


@pytest.mark.parametrize("start", ["gradio_codegen", "gradio_session"])
def test_every_link_of_the_readme_works_outside_of_the_repository(built: Path, start: str) -> None:
    text = described(built, start)
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    assert all(re.match(r"https?://|#", link) for link in links), links
    ours = [link for link in links if link.startswith(URL)]
    for link in ours:
        kind, _, path = link.removeprefix(URL + "/").partition(f"/{tag()}/")
        assert kind in {"raw", "blob"}
        assert (ROOT / path).exists(), link
    assert f"Project-URL: Source, {URL}\n" in text
    assert f"Project-URL: Changelog, {URL}/blob/{tag()}/CHANGELOG.md\n" in text


def test_checksums_are_those_of_both_distributions(built: Path) -> None:
    lines = (built / "SHA256SUMS").read_text().splitlines()
    assert len(lines) == 4
    for line in lines:
        digest, name = line.split("  ")
        assert hashlib.sha256((built / name).read_bytes()).hexdigest() == digest


def test_the_sdist_holds_the_tests(built: Path) -> None:
    with tarfile.open(next(built.glob("gradio_codegen-*.tar.gz"))) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"tests/conftest.py", "Makefile", "constraints.txt", "runtime/pyproject.toml"} <= names


def test_a_tag_of_another_version_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "--url", URL, "--tag", "v9", "--commit", "HEAD", "--to", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "the tag is v9, but" in done.stderr
    assert not list(tmp_path.iterdir())
