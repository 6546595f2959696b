"""Builds what a release publishes: wheels, sdists and their checksums, of both distributions.

    python scripts/release.py --url https://forge.example/owner/name --tag v0.1.0 --to dist

It works on a copy of the commit that the tag names. There it gives the READMEs links that work on
a package index, where relative ones lead nowhere, and both projects their links. The release
workflow runs it with the repository's own address.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
PROJECTS = ("runtime", "")
"""The folders of the distributions; the first is needed by the second."""

_LINK = re.compile(r"(?P<picture>!?)\[(?P<text>[^\]]*)\]\((?P<target>(?!\w+:|#)[^)\s]+)\)")


def absolute_links(text: str, folder: str, url: str, tag: str) -> str:
    """Return a README with links that work outside of the repository.

    Args:
        text: The README; its links are relative to its folder.
        folder: Its folder in the repository, "" at the top.
        url: Address of the repository.
        tag: The tag that links lead to.
    """

    def replaced(match: re.Match[str]) -> str:
        path = os.path.normpath(PurePosixPath(folder, match["target"])).replace(os.sep, "/")
        kind = "raw" if match["picture"] else "blob"
        return f"{match['picture']}[{match['text']}]({url}/{kind}/{tag}/{path})"

    return _LINK.sub(replaced, text)


def project_links(url: str, tag: str) -> str:
    """Return the table of links for a `pyproject.toml`."""
    return (
        "[project.urls]\n"
        f'Documentation = "{url}/blob/{tag}/docs/index.md"\n'
        f'Source = "{url}"\n'
        f'Issues = "{url}/issues"\n'
        f'Changelog = "{url}/blob/{tag}/CHANGELOG.md"\n'
    )


def version_of(project: Path) -> str:
    """Return the version in a project's `pyproject.toml`."""
    found = re.search(
        r'^version = "(.+)"$', project.joinpath("pyproject.toml").read_text(), re.MULTILINE
    )
    if found is None:
        raise SystemExit(f"{project}/pyproject.toml: no version")
    return found[1]


def prepare(copy: Path, url: str, tag: str) -> None:
    """Give both projects of a copy their links.

    Raises:
        SystemExit: The tag is not the version of both.
    """
    for folder in PROJECTS:
        project = copy / folder
        version = version_of(project)
        if tag != f"v{version}":
            raise SystemExit(f"the tag is {tag}, but {project.name or '.'} has version {version}")
        for name, text in (
            (
                "README.md",
                absolute_links(project.joinpath("README.md").read_text(), folder, url, tag),
            ),
            (
                "pyproject.toml",
                project.joinpath("pyproject.toml").read_text() + "\n" + project_links(url, tag),
            ),
        ):
            project.joinpath(name).write_text(text)


def checksums(folder: Path) -> str:
    """Return the SHA-256 of every file, in the form that `sha256sum --check` reads."""
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(folder.iterdir())
        if path.name != "SHA256SUMS"
    )


def release(url: str, tag: str, commit: str, to: Path) -> None:
    """Build everything into a folder."""
    with tempfile.TemporaryDirectory() as place:
        archive = subprocess.run(
            ["git", "archive", commit], cwd=ROOT, check=True, stdout=subprocess.PIPE
        ).stdout
        with tarfile.open(fileobj=BytesIO(archive)) as files:
            files.extractall(place, filter="data")
        prepare(Path(place), url.rstrip("/"), tag)
        for folder in PROJECTS:
            options = ["--no-isolation", "--outdir", str(to.resolve())]
            command = [sys.executable, "-m", "build", *options, str(Path(place, folder))]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (to / "SHA256SUMS").write_text(checksums(to))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Build what a release publishes.")
    parser.add_argument("--url", required=True, help="address of the repository")
    parser.add_argument("--tag", required=True, help="the tag, v and the version")
    parser.add_argument("--commit", help="the commit to build; without it, the tag")
    parser.add_argument("--to", type=Path, default=Path("dist"), help="folder of the results")
    options = parser.parse_args()
    release(options.url, options.tag, options.commit or options.tag, options.to)


if __name__ == "__main__":
    main()
