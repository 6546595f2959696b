"""Takes the picture of an editor that completes a literal.

    python scripts/picture_editor.py MONACO [PNG]

MONACO is an unpacked `monaco-editor` package from npm (`npm install monaco-editor`), the editor of
VS Code. What it offers are the answers of pyright's language server on `generated/image_lab.py`; a
headless Chromium takes the picture.
"""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.lsp import LanguageServer  # noqa: E402 - found beside the package

CROP = 400
"""Pixels of the picture that are kept, from its top; the screen has two for each of the page."""

TEXT = """from generated.image_lab import ImageLab

with ImageLab() as lab:
    image, seed = lab.generate("a cat on the moon", scheduler="|")
"""

PAGE = """<!doctype html><meta charset="utf-8">
<style>html, body { margin: 0; background: #1e1e1e } #editor { width: 900px; height: 290px }</style>
<div id="editor"></div>
<script src="vs/loader.js"></script>
<script>
const said = SAID;
require.config({ paths: { vs: "vs" } });
require(["vs/editor/editor.main"], () => {
  const kinds = monaco.languages.CompletionItemKind;
  const known = {
    20: kinds.EnumMember, 12: kinds.Value, 21: kinds.Constant, 14: kinds.Keyword,
  };
  const kind = (item) => known[item.kind] ?? kinds.Value;
  monaco.languages.registerCompletionItemProvider("python", {
    triggerCharacters: ['"'],
    provideCompletionItems: (model, position) => ({
      suggestions: said.items.map((item) => ({
        label: item.label, kind: kind(item), insertText: item.label,
        sortText: item.sortText, detail: item.detail, documentation: item.documentation,
        range: new monaco.Range(
          position.lineNumber, position.column - 1, position.lineNumber, position.column + 1),
        filterText: '"' + item.label,
      })),
    }),
  });
  const editor = monaco.editor.create(document.getElementById("editor"), {
    value: said.text, language: "python", theme: "vs-dark", fontSize: 15,
    minimap: { enabled: false }, wordBasedSuggestions: "off",
    scrollBeyondLastLine: false, padding: { top: 14 }, renderLineHighlight: "none",
    overviewRulerLanes: 0, hideCursorInOverviewRuler: true, overviewRulerBorder: false,
    scrollbar: { vertical: "hidden", horizontal: "hidden" },
  });
  editor.setPosition({ lineNumber: said.line, column: said.column });
  editor.focus();
  setTimeout(() => editor.trigger("picture", "editor.action.triggerSuggest", {}), 700);
});
</script>
"""


def answers() -> dict[str, object]:
    """What the language server says at the cursor."""
    with LanguageServer(ROOT) as server:
        items = server.completions(TEXT)
    literals = [item for label, item in items.items() if label.startswith(('"', "'"))]
    if len(literals) < 3:
        raise SystemExit(f"the language server offers {sorted(items)[:10]} and no literals")
    before, _, after = TEXT.partition("|")
    line = before.count("\n") + 1
    return {
        "items": literals,
        "text": before + after,
        "line": line,
        "column": len(before.rpartition("\n")[2]) + 1,
    }


def picture(monaco: Path, target: Path) -> None:
    """Serve the editor on loopback and let Chromium take its picture."""
    browser = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if browser is None:
        raise SystemExit("no Chromium found; install one to take the picture")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "vs").symlink_to(monaco.resolve() / "min" / "vs")
        (folder / "index.html").write_text(
            PAGE.replace("SAID", json.dumps(answers()).replace("</", "<\\/")), encoding="utf-8"
        )
        handler = functools.partial(_Quiet, directory=name)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            target.parent.mkdir(parents=True, exist_ok=True)
            options = [
                "--headless",
                "--no-sandbox",
                "--hide-scrollbars",
                "--force-device-scale-factor=2",
                "--window-size=900,420",
                "--virtual-time-budget=12000",
            ]
            subprocess.run(
                [
                    browser,
                    *options,
                    f"--user-data-dir={folder / 'profile'}",
                    f"--screenshot={target.resolve()}",
                    f"http://127.0.0.1:{server.server_port}/",
                ],
                check=True,
                timeout=120,
                stderr=subprocess.DEVNULL,
            )
            server.shutdown()
    with Image.open(target) as image:
        image.crop((0, 0, image.width, CROP)).save(target, optimize=True)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    picture(
        Path(sys.argv[1]),
        Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "docs" / "images" / "completion.png",
    )
