"""Imports one Gradio app and writes its description to a file: `python _import_app.py '{"target": ..., "attribute": ..., ...}'`.

A process of its own, so that whatever the app does while it is imported (prints, downloads, exits,
hangs) stays outside the command. Standard library and the Gradio of this environment only;
`launch()` is held back. The result is
JSON: `{"info", "config", "files"}` or `{"error"}`.
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


def hold_back_launch() -> None:
    """Make `launch()` of every app do nothing."""
    import gradio  # noqa: PLC0415 - slow, and the app may lack it

    def launch(self: Any, *_args: object, **_kwargs: object) -> tuple[Any, str, str]:
        return self, "", ""

    setattr(gradio.Blocks, "launch", launch)  # noqa: B010 - assigning to a method is what type checkers refuse


def load(job: dict[str, Any]) -> Any:
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
            raise NotAnAppError(f"there is no {attribute!r} in {target}{apps_in(module)}")
        found = getattr(found, part)
    return found


def import_module(name: str) -> Any:
    """Import a module by name; only a missing module of that very name is the user's slip, any other failure is the app's."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(error.name + ".")):
            raise NotAnAppError(
                f"there is no module {error.name!r}; it is looked for from the current directory and in this Python's environment"
            ) from None
        raise


def apps_in(module: Any) -> str:
    """The end of a message that names the Gradio apps of a module."""
    import gradio  # noqa: PLC0415

    contents: dict[str, Any] = dict(module.__dict__)
    names = [name for name, value in contents.items() if isinstance(value, gradio.Blocks)]
    return (
        f"; Gradio apps there: {', '.join(names)}"
        if names
        else "; there is no Gradio app in it at all (one made under `if __name__ == '__main__'` cannot be seen)"
    )


def describe(app: Any, job: dict[str, Any]) -> dict[str, Any]:
    """Return the description of an app, as its server would answer, and the user's own files that were imported for it."""
    import gradio  # noqa: PLC0415

    if not isinstance(app, gradio.Blocks):
        raise NotAnAppError(
            f"{job['target']}:{job['attribute']} is a {type(app).__name__}, not a Gradio app (gr.Blocks, gr.Interface, gr.ChatInterface, ...)"
        )
    info = app.get_api_info(all_endpoints=True) if job["undocumented"] else app.get_api_info()
    return {"info": info, "config": app.get_config_file(), "files": own_files()}


def own_files() -> list[str]:
    """The files of modules that are not part of an environment: those that somebody works on."""
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
    """What Gradio's own encoder makes of values that JSON lacks: lists of arrays, the content of its own JSON values, text of anything else."""
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    if type(value).__name__ == "JsonData" and hasattr(value, "model_dump"):
        return value.model_dump()
    return str(value)


def failure(error: BaseException) -> str:
    """One sentence about an app that could not be imported, with the line of the app that failed."""
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
        try:
            hold_back_launch()
        except ModuleNotFoundError:
            raise NotAnAppError(
                f"Gradio is not installed in {sys.executable}; install it there, or give the URL of the running app"
            ) from None
        result = describe(load(job), job)
    except NotAnAppError as error:
        result = {"error": str(error)}
    except BaseException as error:  # noqa: BLE001 - an app may raise anything, and the command has to say what
        result = {"error": failure(error)}
    Path(job["result"]).write_text(json.dumps(result, default=as_json), encoding="utf-8")
    sys.stdout.flush()
    os._exit(0)  # threads that the app started are not waited for


if __name__ == "__main__":
    main()
