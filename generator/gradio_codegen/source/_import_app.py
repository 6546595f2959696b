"""Imports one Gradio app and writes its description to a file.

    python _import_app.py '{"target": ..., "attribute": ..., "is_file": ..., "undocumented": ...,
        "result": ...}'

It runs in another process, so that whatever the app does while it is imported (prints,
downloads, exits, hangs) stays outside the command. It needs the standard library and the Gradio of
this environment only; `launch()` does nothing here. The result is JSON: `{"info", "config",
"files"}` or `{"error"}`.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any


class NotAnAppError(Exception):
    """What was asked for is not there, or is not a Gradio app; the message is for the user."""


def blocks_class() -> Any:
    """Return `gradio.Blocks`, the class of every Gradio app.

    Raises:
        NotAnAppError: Gradio is not installed here.
    """
    try:
        # A door: that it is missing is for the user to know.
        from gradio import Blocks  # noqa: PLC0415
    except ModuleNotFoundError:
        raise NotAnAppError(
            f"Gradio is not installed in {sys.executable}; install it there, "
            "or give the URL of the running app"
        ) from None
    return Blocks


def hold_back_launch(blocks: Any) -> None:
    """Make `launch()` of every app do nothing."""

    def launch(self: Any, *_args: object, **_kwargs: object) -> tuple[Any, str, str]:
        return self, "", ""

    blocks.launch = launch


def load(job: dict[str, Any], blocks: Any) -> Any:
    """Import the module or file of a job and return the attribute it names."""
    target, attribute = job["target"], job["attribute"]
    if job["is_file"]:
        path = Path(target)
        sys.path.insert(0, str(path.parent))
        spec = importlib.util.spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None:
            raise NotAnAppError(f"{target} is not a Python file")
        module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    else:
        sys.path.insert(0, str(Path.cwd()))
        module = import_module(target)
    found: Any = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise NotAnAppError(f"there is no {attribute!r} in {target}{apps_in(module, blocks)}")
        found = getattr(found, part)
    return found


def import_module(name: str) -> Any:
    """Import a module by name.

    Raises:
        NotAnAppError: There is no module of that very name. Any other failure is the app's.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(error.name + ".")):
            raise NotAnAppError(
                f"there is no module {error.name!r}; it is looked for from the current directory "
                "and in this Python's environment"
            ) from None
        raise


def apps_in(module: Any, blocks: Any) -> str:
    """Return the end of a message that names the Gradio apps of a module."""
    contents: dict[str, Any] = dict(module.__dict__)
    names = [name for name, value in contents.items() if isinstance(value, blocks)]
    if names:
        return f"; Gradio apps there: {', '.join(names)}"
    return (
        "; there is no Gradio app in it at all "
        "(an app made under `if __name__ == '__main__'` cannot be seen)"
    )


def describe(app: Any, job: dict[str, Any], blocks: Any) -> dict[str, Any]:
    """Return what an app's server would answer, and the user's files that were imported for it."""
    if not isinstance(app, blocks):
        raise NotAnAppError(
            f"{job['target']}:{job['attribute']} is a {type(app).__name__}, not a Gradio app "
            "(gr.Blocks, gr.Interface, gr.ChatInterface, ...)"
        )
    info = app.get_api_info(all_endpoints=True) if job["undocumented"] else app.get_api_info()
    return {"info": info, "config": app.get_config_file(), "files": own_files()}


def own_files() -> list[str]:
    """Return the files of modules that are no part of an environment: those that a user edits."""
    paths = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    foreign = (str(Path(os.__file__).parent), sys.prefix, sys.base_prefix)
    return sorted(
        path
        for path in paths
        if isinstance(path, str)
        and path.endswith(".py")
        and not path.startswith(foreign)
        and "site-packages" not in path
    )


def as_json(value: Any) -> object:
    """Return what Gradio's own encoder makes of a value that JSON lacks.

    An array becomes a list, a JSON value of Gradio its content, anything else text.
    """
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    if type(value).__name__ == "JsonData" and hasattr(value, "model_dump"):
        return value.model_dump()
    return str(value)


def failure(error: BaseException) -> str:
    """Say in one sentence why an app could not be imported, with the line of it that failed."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__ and not frame.filename.startswith("<frozen")
    ]
    place = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
    if isinstance(error, SystemExit):
        return f"the app ended its process with exit code {error.code} while it was imported{place}"
    return f"importing the app failed: {type(error).__name__}: {error}{place}"


def main() -> None:
    """Do the job given as the first argument."""
    job: dict[str, Any] = json.loads(sys.argv[1])
    sys.argv = [job["target"]]
    try:
        blocks = blocks_class()
        hold_back_launch(blocks)
        result = describe(load(job, blocks), job, blocks)
    except NotAnAppError as error:
        result = {"error": str(error)}
    except BaseException as error:  # noqa: BLE001 - an app may raise anything, and the user is told
        result = {"error": failure(error)}
    Path(job["result"]).write_text(json.dumps(result, default=as_json), encoding="utf-8")
    sys.stdout.flush()
    os._exit(0)  # a thread that the app started and never ends would keep this process alive


if __name__ == "__main__":
    main()
