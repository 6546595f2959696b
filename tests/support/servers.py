"""Real Gradio servers on loopback, each in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.environments import DEFAULT_VERSION, python_for

LAUNCHER = Path(__file__).with_name("launcher.py")
START_TIMEOUT = 90.0
QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "NO_PROXY": "127.0.0.1,localhost",
    "MPLBACKEND": "Agg",
    "PYTHONUNBUFFERED": "1",
}


@dataclass
class Server:
    """A running Gradio app: where it answers (`url`), its process, and the file that its output
    goes to.
    """

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def port(self) -> int:
        """The port that it listens on; `Servers.start(..., port=server.port)` starts its successor
        there.
        """
        return int(self.url.split("//", 1)[1].split("/", 1)[0].rsplit(":", 1)[1])

    def output(self) -> str:
        """What the server has printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def pause(self) -> None:
        """Freeze the server: its sockets stay open and nothing answers, until `resume`."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on."""
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Kill the server, as a crash would."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.kill()
        self.process.wait(timeout=10)


class Servers:
    """Starts servers, shares those that are alike, and ends every one of them at `close`."""

    def __init__(self, folder: Path) -> None:
        """`folder` receives logs and the apps given as source text."""
        self.folder = folder
        self._count = 0
        self._shared: dict[str, Server] = {}
        self._started: list[Server] = []

    def shared(self, app: str | Path, version: str = DEFAULT_VERSION, **options: Any) -> Server:
        """A server for `app` that tests share: the same arguments give the same server. The
        arguments are those of `start`.
        """
        key = self._key(app, version, options)
        server = self._shared.get(key)
        if server is None or server.process.poll() is not None:
            server = self._shared[key] = self.start(app, version, **options)
        return server

    def end_shared(self, keep: Path) -> None:
        """End the shared servers, but for the one that serves `keep` as it is: an idle Gradio
        server costs a few percent of a processor.
        """
        kept = self._key(keep, DEFAULT_VERSION, {})
        for key in [key for key in self._shared if key != kept]:
            self._shared.pop(key).stop()

    def start(
        self,
        app: str | Path,
        version: str = DEFAULT_VERSION,
        *,
        name: str = "demo",
        mount: str | None = None,
        port: int = 0,
        env: dict[str, str] | None = None,
        **options: Any,
    ) -> Server:
        """Start a server of its own for `app` and wait until it answers.

        Args:
            app: Path of a Python file, or the source text of an app (anything with a newline in
                it).
            version: The Gradio version to run it under: "6.31.0", "5.50.0" or "4.44.1".
            name: The variable that holds the app.
            mount: Serve it under this path ("/inner/app") of a FastAPI application instead of by
                `launch`.
            port: Listen there; 0 takes a free one.
            env: Environment variables on top of the usual ones.
            **options: Passed to `launch` (`auth`, `root_path`, `show_error`, ...), or to
                `mount_gradio_app`.

        Raises:
            RuntimeError: The server ended, or did not answer in time; the message holds what it
                printed.
        """
        python = python_for(version)
        self._count += 1
        stem = self.folder / f"server-{self._count}"
        job = {
            "app": str(self._file(app, stem)),
            "name": name,
            "mount": mount,
            "port": port,
            "ready": str(stem.with_suffix(".ready")),
            "options": options,
        }
        stem.with_suffix(".ready").unlink(missing_ok=True)
        log = stem.with_suffix(".log")
        environment = {
            **os.environ,
            **QUIET,
            "GRADIO_TEMP_DIR": str(stem.with_suffix(".tmp")),
            **(env or {}),
        }
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(python), "-B", str(LAUNCHER), json.dumps(job)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
            )
        server = Server("", process, log)
        self._started.append(server)
        server.url = self._wait(server, stem.with_suffix(".ready"))
        return server

    def close(self) -> None:
        """End every server."""
        for server in self._started:
            server.stop()
        self._started.clear()
        self._shared.clear()

    @staticmethod
    def _key(app: str | Path, version: str, options: dict[str, Any]) -> str:
        return json.dumps([str(app), version, options], sort_keys=True, default=str)

    @staticmethod
    def _file(app: str | Path, stem: Path) -> Path:
        if isinstance(app, Path) or "\n" not in app:
            return Path(app).resolve()
        path = stem.parent / f"app_{stem.name.replace('-', '_')}.py"
        path.write_text(app, encoding="utf-8")
        return path

    @staticmethod
    def _wait(server: Server, ready: Path) -> str:
        deadline = time.monotonic() + START_TIMEOUT
        while not ready.exists():
            if server.process.poll() is not None:
                raise RuntimeError(
                    f"the server ended with exit code {server.process.returncode} "
                    f"before it answered:\n{server.output()}"
                )
            if time.monotonic() > deadline:
                server.stop()
                raise RuntimeError(
                    f"the server did not answer within {START_TIMEOUT:.0f} s:\n{server.output()}"
                )
            time.sleep(0.05)
        return ready.read_text(encoding="utf-8")
