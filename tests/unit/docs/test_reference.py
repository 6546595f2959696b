"""The pages that are made from code are what the code says, and the harness of the snippets does
not let anything slip.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import gradio_session
from tests.support import snippets
from tests.support.environments import ROOT
from tests.support.scripts import python

DOCS = ROOT / "docs"
READ = [ROOT / "README.md", ROOT / "runtime" / "README.md", *sorted(DOCS.glob("*.md"))]


def test_pages_made_from_code_are_fresh() -> None:
    done = python(str(ROOT / "scripts" / "docs_reference.py"), "--check", code=None)
    assert done.returncode == 0, f"run scripts/docs_reference.py\n{done.stdout[-3000:]}"


def test_every_public_name_is_in_the_reference() -> None:
    text = (DOCS / "reference.md").read_text() + (DOCS / "errors.md").read_text()
    headings = set(re.findall(r"^#+ (\w+)(?: \{.*\})?$", text, re.MULTILINE))
    assert set(gradio_session.__all__) <= headings


def test_every_method_can_be_linked_to() -> None:
    text = (DOCS / "reference.md").read_text()
    anchors = re.findall(r"^#+ .* \{ #(\S+) \}$", text, re.MULTILINE)
    assert len(anchors) == len(set(anchors))
    assert {"Session.submit", "AsyncCall.result", "RemoteFile.download", "fake"} <= set(anchors)


def test_defaults_and_values_are_shown_as_code_has_them() -> None:
    text = (DOCS / "reference.md").read_text()
    assert "def find(pattern: str = '*') ->" in text
    unchanged = text.split("\n## UNCHANGED ", 1)[1].split("\n## ", 1)[0]
    assert "The app left a component" in unchanged
    assert "[`Unchanged`](#Unchanged)" in unchanged


def test_messages_show_no_names_of_variables() -> None:
    assert not re.findall(r"\{\w*\}", (DOCS / "errors.md").read_text())


def test_the_help_on_the_page_is_what_a_terminal_shows() -> None:
    shown = python(
        "-m", "gradio_codegen", "generate", "--help", env={**os.environ, "COLUMNS": "80"}
    )
    lines = [line.rstrip() for line in shown.stdout.rstrip().splitlines()]
    assert "\n".join(lines) in (DOCS / "cli.md").read_text()


def test_apps_of_a_page_are_found_with_their_port() -> None:
    page = '```python title="mine.py"\ndemo.launch(server_port=7862)\n```\n\n'
    page += "```bash\npython mine.py  # leave it running\npython other.py\n```\n"
    assert list(snippets.apps(page)) == [(7862, "demo.launch(server_port=7862)\n")]


def test_every_error_says_what_to_expect() -> None:
    catalogue = (DOCS / "errors.md").read_text()
    for name in (
        "AppError",
        "ParameterError",
        "CallLimitError",
        "ConnectionLostError",
        "UploadError",
        "AppChangedError",
    ):
        section = catalogue.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]
        assert "*Messages*" in section, name


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text().split("\nnav:\n", 1)[1]
    assert set(re.findall(r"([\w-]+\.md)", navigation)) == {path.name for path in DOCS.glob("*.md")}


def test_every_page_has_a_description_of_its_own() -> None:
    heads = [path.read_text("utf-8").split("\n---\n", 1)[0] for path in sorted(DOCS.glob("*.md"))]
    found = [re.search(r"^description: (.+)$", head, re.MULTILINE) for head in heads]
    texts = [match[1] for match in found if match]
    assert len(set(texts)) == len(heads)
    assert all(40 <= len(text) <= 160 for text in texts)


def test_nothing_that_the_page_on_internals_names_is_stale() -> None:
    packages = [ROOT / "runtime" / "gradio_session", ROOT / "generator" / "gradio_codegen"]
    files = [path for package in packages for path in package.rglob("*.py")]
    code = "\n".join(path.read_text("utf-8") for path in files)
    words = set(re.findall(r"`([^`\n]+)`", (DOCS / "internals.md").read_text("utf-8")))
    paths = {word for word in words if word.endswith((".py", ".md"))}
    stale = {
        name
        for name in paths
        if not any((root / name).is_file() for root in (*packages, ROOT))
        and name not in {path.name for path in files}
    }
    names = {
        word.split(".")[-1] for word in words - paths if re.fullmatch(r"[A-Za-z_][\w.]+", word)
    }
    stale |= {name for name in names if not re.search(rf"\b{name}\b", code)}
    assert len(paths) > 50
    assert len(names) > 20
    assert not stale


def test_code_on_a_page_fits_eighty_columns() -> None:
    for path in READ:
        if path.name == "internals.md":
            continue  # its drawings of the folders are wide
        for block in snippets.blocks(path.read_text("utf-8")):
            wide = [line for line in block.code.splitlines() if len(line) > 80]
            assert not wide, f"{path.name}:{block.line}: {wide[0]}"


def test_pages_hide_nothing() -> None:
    for path in READ:
        assert "<!--" not in path.read_text("utf-8"), path.name


def test_code_that_is_not_run_stands_in_pages_without_snippets_alone() -> None:
    for path in DOCS.glob("*.md"):
        languages = {block.language for block in snippets.blocks(path.read_text())}
        unrunnable = {"reference.md", "internals.md", "spaces.md"}
        assert not languages & {"py", "console"} or path.name in unrunnable, path


PAGE = """
```python
x = 1
```

- a list

  ```bash
  echo hello
  ```

```text
hello
```

```toml title="a/b.toml"
z = 3
```

```bash
pip install it
gradio-codegen sample
gradio-codegen sample --port 7861 --auth ada:lovelace
```
"""


def test_blocks_are_found_with_title_and_indent() -> None:
    found = [(block.language, block.title, block.code) for block in snippets.blocks(PAGE)]
    assert found[:4] == [
        ("python", "", "x = 1\n"),
        ("bash", "", "echo hello\n"),
        ("text", "", "hello\n"),
        ("toml", "a/b.toml", "z = 3\n"),
    ]


def test_sample_apps_are_found_with_port_and_login() -> None:
    assert [(sample.port, sample.auth) for sample in snippets.samples(PAGE)] == [
        (7860, None),
        (7861, "ada:lovelace"),
    ]


def run(page: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    (tmp_path / "page.md").write_text(page)
    arguments = [
        sys.executable,
        str(snippets.__file__),
        str(tmp_path / "page.md"),
        str(tmp_path),
        "URL=there",
    ]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def test_a_page_that_is_right_passes(tmp_path: Path) -> None:
    done = run(PAGE + '\n```python\nprint(x, "URL")\n```\n\n```text\n1 t...e\n```\n', tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a" / "b.toml").read_text() == "z = 3\n"


def test_a_page_that_is_wrong_fails(tmp_path: Path) -> None:
    for wrong, words in [
        ("```python\nprint(1)\n```\n\n```text\n2\n```\n", "the page says"),
        ("```python\nraise ValueError('no')\n```\n", "page.md"),
        ("```bash\nfalse\n```\n", "exit code 1"),
    ]:
        done = run(wrong, tmp_path)
        assert done.returncode != 0
        assert words in done.stderr
