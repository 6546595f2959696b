"""Serve Gradio apps, each in a process of its own, with the Python of any environment.

Gradio is imported once, and every app is served by a fork: a job (JSON) stands in a line of
standard input, and the number of the process that serves it in a line of standard output. Once an
app answers, its URL is written to the file `ready` of its job. A job with a `script` runs that
instead, in a fork that has Gradio.

Standard library and Gradio only, as it runs under Gradio 4, 5 and 6. Everything ends when standard
input does, so that no server outlives the tests, however they end, and no program that a server has
started (Node).
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import json
import os
import runpy
import signal
import socket
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn


def load(path: Path, name: str) -> Any:
    """Import the file at `path` and return its variable `name`."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    sys.path.insert(0, str(path.parent))
    spec.loader.exec_module(module)
    return getattr(module, name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve_mounted(app: Any, mount: str, port: int, options: dict[str, Any]) -> str:
    """Serve `app` under the path `mount` of a FastAPI application; `options` go to
    `mount_gradio_app`.
    """
    import gradio
    import uvicorn
    from fastapi import FastAPI

    mounted = gradio.mount_gradio_app(FastAPI(), app, path=mount, **options)
    server = uvicorn.Server(
        uvicorn.Config(mounted, host="127.0.0.1", port=port, log_level="warning")
    )
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.02)
    return f"http://127.0.0.1:{port}{mount}"


def serve(app: Any, port: int, options: dict[str, Any]) -> str:
    """Serve `app` by its own `launch`, which gets `options`."""
    root_path = options.get("root_path", "")
    app.launch(
        server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, quiet=True, **options
    )
    scheme = "https" if options.get("ssl_certfile") else "http"
    return f"{scheme}://127.0.0.1:{port}{root_path if root_path.startswith('/') else ''}"


def run(script: list[str], folder: str) -> None:
    """Run a script with its arguments as `python` does, in a folder."""
    os.chdir(folder)
    sys.argv, sys.path[0] = script, str(Path(script[0]).parent)
    runpy.run_path(script[0], run_name="__main__")


def serve_job(job: dict[str, Any], life: int) -> None:
    """Serve the app of a job until `life`, a pipe from the launcher, ends."""
    auth = job["options"].get("auth")
    if auth:  # JSON has no tuples, and Gradio asks for (user, password), or a list of those
        pairs = [auth] if isinstance(auth[0], str) else auth
        job["options"]["auth"] = [tuple(pair) for pair in pairs]
    app, port = load(Path(job["app"]), job["name"]), job["port"] or free_port()
    if job["mount"]:
        url = serve_mounted(app, job["mount"], port, job["options"])
    else:
        url = serve(app, port, job["options"])
    queue = app._queue  # noqa: SLF001 - Gradio has no option for its pause
    queue.sleep_when_free = max(job["pause"], queue.sleep_when_free)
    ready = Path(job["ready"])
    partial = ready.with_suffix(".partial")
    partial.write_text(url, encoding="utf-8")
    partial.replace(ready)
    os.read(life, 1)


def work(job: dict[str, Any], life: int) -> NoReturn:
    """Do a job in this process, and end with everything that it has started."""
    try:
        nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(job["log"], os.O_WRONLY)
        for source, target in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
        os.environ.update(job["env"])
        if "script" in job:
            run(job["script"], job["folder"])
        else:
            serve_job(job, life)
    except BaseException:  # noqa: BLE001 - a fork must not go on as the launcher
        traceback.print_exc()
    finally:
        os.killpg(0, signal.SIGKILL)
    raise AssertionError("unreachable")


def main() -> None:
    answers = os.dup(1)
    os.dup2(2, 1)  # what an import prints is no answer
    import gradio  # noqa: F401 - the forks have it

    gc.collect()
    gc.freeze()  # no fork looks through what all of them share
    life, own_life = os.pipe()
    children: list[int] = []  # not waited for: their numbers stay theirs
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            os.close(answers)
            os.close(own_life)
            work(json.loads(line), life)
        with contextlib.suppress(PermissionError, ProcessLookupError):
            os.setpgid(child, child)
        children.append(child)
        os.write(answers, f"{child}\n".encode())
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)


if __name__ == "__main__":
    main()
