"""A small client of a language server over standard input and output: enough to ask what an editor
would ask.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from tests.support.patience import patience


class LanguageServer:
    """Pyright's language server, looking at one folder.

    Texts are opened without being written to disk; a `|` in them marks the cursor.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pyright.langserver", "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._last_id = 0
        self._documents = 0
        threading.Thread(target=self._read, daemon=True).start()
        text_document = {
            "completion": {"completionItem": {"documentationFormat": ["plaintext"]}},
            "hover": {"contentFormat": ["plaintext"]},
        }
        self._request(
            "initialize",
            {
                "processId": None,
                "rootUri": folder.as_uri(),
                "capabilities": {
                    "workspace": {"configuration": True},
                    "textDocument": text_document,
                },
            },
        )
        self._notify("initialized", {})

    def __enter__(self) -> LanguageServer:
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.kill()
        self._process.wait(timeout=patience(10))
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def completions(self, text: str) -> dict[str, dict[str, Any]]:
        """What completes at the cursor in `text`: label -> the item."""
        answer = self._at_cursor("textDocument/completion", text)
        items = answer["items"] if isinstance(answer, dict) else answer or []
        return {item["label"]: item for item in items}

    def documentation(self, item: dict[str, Any]) -> str:
        """The documentation that an editor shows beside a completion."""
        resolved = self._request("completionItem/resolve", item)
        documentation = resolved.get("documentation", "")
        return str(documentation["value"] if isinstance(documentation, dict) else documentation)

    def signature(self, text: str) -> dict[str, Any]:
        """The signature that an editor shows at the cursor in `text`."""
        answer = self._at_cursor("textDocument/signatureHelp", text)
        signature: dict[str, Any] = answer["signatures"][answer.get("activeSignature") or 0]
        return signature

    def hover(self, text: str) -> str:
        """What an editor shows for the name at the cursor in `text`."""
        answer = self._at_cursor("textDocument/hover", text)
        contents = answer["contents"]
        return contents["value"] if isinstance(contents, dict) else str(contents)

    def _at_cursor(self, method: str, text: str) -> Any:
        before, cursor, after = text.partition("|")
        assert cursor, "no cursor in the text"
        self._documents += 1
        uri = (self.folder / f"document_{self._documents}.py").as_uri()
        document = {"uri": uri, "languageId": "python", "version": 1, "text": before + after}
        self._notify("textDocument/didOpen", {"textDocument": document})
        position = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        return self._request(method, {"textDocument": {"uri": uri}, "position": position})

    def _request(self, method: str, params: dict[str, Any]) -> Any:
        self._last_id += 1
        self._send({"id": self._last_id, "method": method, "params": params})
        while True:
            answer = self._answers.get(timeout=patience(60))
            if answer["id"] == self._last_id:
                assert "error" not in answer, answer["error"]
                return answer["result"]

    def _notify(self, method: str, params: dict[str, Any]) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _read(self) -> None:
        """Hand answers over; answer what the server itself asks (its settings: none of ours)."""
        stream = self._process.stdout
        assert stream is not None
        while line := stream.readline():
            length = 0
            while line.strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
                line = stream.readline()
            message = json.loads(stream.read(length))
            if "method" not in message:
                self._answers.put(message)
            elif "id" in message:
                asked = (
                    message["params"].get("items", [])
                    if message["method"] == "workspace/configuration"
                    else []
                )
                self._send(
                    {
                        "id": message["id"],
                        "result": [self._settings(item.get("section")) for item in asked] or None,
                    }
                )

    @staticmethod
    def _settings(section: str | None) -> dict[str, Any]:
        return {"pythonPath": sys.executable} if section == "python" else {}
