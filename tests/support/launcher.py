"""Serve one Gradio app, in a process of its own and with the Python of any environment: `python
launcher.py '{"app": ..., ...}'`.

Standard library and Gradio only, as it runs under Gradio 4, 5 and 6. Once the app answers, its URL
is written to `ready`. The process ends when its standard input does, so that no server outlives the
tests, however they end.
"""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any


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


def main() -> None:
    job = json.loads(sys.argv[1])
    auth = job["options"].get("auth")
    if (
        auth
    ):  # JSON has no tuples, and Gradio asks for them: one (user, password), or a list of those
        job["options"]["auth"] = (
            tuple(auth) if isinstance(auth[0], str) else [tuple(pair) for pair in auth]
        )
    app = load(Path(job["app"]), job["name"])
    port = job["port"] or free_port()
    url = (
        serve_mounted(app, job["mount"], port, job["options"])
        if job["mount"]
        else serve(app, port, job["options"])
    )
    ready = Path(job["ready"])
    partial = ready.with_suffix(".partial")
    partial.write_text(url, encoding="utf-8")
    partial.replace(ready)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
