"""Real Gradio servers on loopback, each in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # has no types of its own

from tests.support.environments import DEFAULT_VERSION, python_for
from tests.support.patience import patience, wait_for

LAUNCHER = Path(__file__).with_name("launcher.py")
QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_OFFLINE": "1",
    "NO_PROXY": "127.0.0.1,localhost",
    "MPLBACKEND": "Agg",
    "PYTHONUNBUFFERED": "1",
}


@dataclass
class Server:
    """A running Gradio app: where it answers (`url`), the number of its process, and the file that
    its output goes to.
    """

    url: str
    pid: int
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
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on."""
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        """Kill the server and what it has started, as a crash would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        assert wait_for(lambda: not self.running), "a killed server goes on"

    @property
    def running(self) -> bool:
        """Whether its process is there and has not ended."""
        return _runs(self.pid)


class Launcher:
    """Starts servers under one Python: a process that has imported Gradio and forks for each."""

    def __init__(self, python: Path, log: Path) -> None:
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [str(python), "-B", str(LAUNCHER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                env={**os.environ, **QUIET},
                text=True,
                start_new_session=True,
            )
        self._log = log
        self._turn = threading.Lock()

    def start(self, job: dict[str, Any]) -> int:
        """The number of the process that serves the app of a job. Threads take turns."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._turn:
            print(json.dumps(job), file=self._process.stdin, flush=True)
            answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the launcher ended:\n{self._log.read_text(errors='replace')}")
        return int(answer)

    def close(self) -> None:
        """End it with every server that it has started."""
        self._process.communicate(timeout=patience(10))


class Script:
    """A script under way in a fork of a launcher, as `subprocess.Popen` shows a process."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def wait(self, timeout: float = 60.0) -> None:
        """Wait for its end.

        Raises:
            subprocess.TimeoutExpired: That takes longer.
        """
        end = time.monotonic() + timeout
        while _runs(self.pid):
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired([], timeout)
            time.sleep(0.005)


class Servers:
    """Starts servers, shares those that are alike, and ends every one of them at `close`."""

    def __init__(self, folder: Path, pause: float = 0.0) -> None:
        """`folder` receives logs and the apps given as source text; `pause` is the least time
        between two looks of a server's queue for work.
        """
        self.folder = folder
        self._pause = pause
        self._count = 0
        self._launchers: dict[str, Launcher] = {}
        self._shared: dict[str, Server] = {}
        self._started: list[Server] = []

    def shared(self, app: str | Path, version: str = DEFAULT_VERSION, **options: Any) -> Server:
        """A server for `app` that tests share: the same arguments give the same server. The
        arguments are those of `start`.
        """
        key = self._key(app, version, options)
        server = self._shared.get(key)
        if server is None or not server.running:
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
        self._count += 1
        stem = self.folder / f"server-{self._count}"
        log = stem.with_suffix(".log")
        job = {
            "app": str(self._file(app, stem)),
            "name": name,
            "mount": mount,
            "port": port,
            "pause": self._pause,
            "ready": str(stem.with_suffix(".ready")),
            "log": str(log),
            "env": {"GRADIO_TEMP_DIR": str(stem.with_suffix(".tmp")), **(env or {})},
            "options": options,
        }
        log.touch()
        server = Server("", self._launcher(version).start(job), log)
        self._started.append(server)
        server.url = self._wait(server, stem.with_suffix(".ready"))
        return server

    def run(
        self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdout: Any, **_: Any
    ) -> Script:
        """Run a Python script as `subprocess.Popen` does, but where Gradio is imported already; its
        output goes to the file `stdout`.
        """
        job = {
            "script": list(command[1:]),
            "folder": str(cwd),
            "log": stdout.name,
            "env": dict(env),
        }
        return Script(self._launcher(DEFAULT_VERSION).start(job))

    def close(self) -> None:
        """End every server."""
        for server in self._started:
            server.stop()
        for launcher in self._launchers.values():
            launcher.close()
        self._started.clear()
        self._shared.clear()
        self._launchers.clear()

    def _launcher(self, version: str) -> Launcher:
        if version not in self._launchers:
            log = self.folder / f"launcher-{version}.log"
            self._launchers[version] = Launcher(python_for(version), log)
        return self._launchers[version]

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
        begin = time.monotonic()
        while not ready.exists():
            if not server.running:
                raise RuntimeError(f"the server ended before it answered:\n{server.output()}")
            waited = time.monotonic() - begin
            if waited > patience(60):
                server.stop()
                raise RuntimeError(
                    f"the server did not answer within {waited:.0f} s:\n{server.output()}"
                )
            time.sleep(0.01)
        return ready.read_text(encoding="utf-8")


def _runs(pid: int) -> bool:
    """Whether a process is there and has not ended. A process whose first thread has ended goes on
    listening until the last one has.
    """
    try:
        process = psutil.Process(pid)
        return bool(process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1)
    except psutil.NoSuchProcess:
        return False
