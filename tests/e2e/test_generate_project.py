"""Configured clients over the years: generate, lock, removal, edits, interrupted and simultaneous
runs.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.command import COMMAND, app, files_of, run, save
from tests.support.patience import patience, wait_for
from tests.support.two_clients import CHAT, modules, reconfigure, two

__all__ = ["two"]


def test_everything_configured_is_generated_and_locked(two: Path) -> None:
    lock = json.loads((two / "gradio-codegen.lock").read_text("utf-8"))
    assert modules(two) == ["chat.py", "lab.py"]
    assert sorted(lock["clients"]) == ["chat", "lab"]
    assert lock["clients"]["lab"]["module"] == "clients/lab.py"
    assert "class AsyncChat" not in (two / "clients" / "chat.py").read_text("utf-8")
    assert set(files_of(two)) == {
        "pyproject.toml",
        "gradio-codegen.lock",
        "apps/lab.json",
        "apps/chat.json",
        "clients/lab.py",
        "clients/chat.py",
    }


def test_a_second_run_touches_nothing(two: Path) -> None:
    stamps = {path: path.stat().st_mtime_ns for path in two.rglob("*")}
    assert run(two, "generate").exit_code == 0
    assert {path: path.stat().st_mtime_ns for path in two.rglob("*")} == stamps


def test_it_works_from_a_directory_below(two: Path) -> None:
    before = files_of(two)
    (two / "deep" / "er").mkdir(parents=True)
    assert run(two / "deep" / "er", "generate").exit_code == 0
    assert files_of(two) == before


def test_a_name_generates_one_and_leaves_the_rest(two: Path) -> None:
    save(two / "apps" / "lab.json", app("Small Lab", other=([], [])))
    save(two / "apps" / "chat.json", app("Chat", other=([], [])))
    assert run(two, "generate", "lab").exit_code == 0
    assert "/other" in (two / "clients" / "lab.py").read_text("utf-8")
    assert "/other" not in (two / "clients" / "chat.py").read_text("utf-8")


def test_the_command_line_wins(two: Path) -> None:
    assert run(two, "generate", "lab", "--mode", "async", "--class-name", "Mine").exit_code == 0
    text = (two / "clients" / "lab.py").read_text("utf-8")
    assert "class AsyncMine(" in text
    assert "class Mine(" not in text


def test_a_copy_elsewhere_leaves_project_and_lock_alone(
    two: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = files_of(two)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert run(two, "generate", "lab", "-o", elsewhere).exit_code == 0
    assert run(two, "generate", "apps/chat.json", "-o", elsewhere / "talk.py").exit_code == 0
    assert files_of(two) == before
    assert sorted(path.name for path in elsewhere.iterdir()) == ["lab.py", "talk.py"]


def test_locked_needs_neither_network_nor_app_and_gives_the_same_bytes(two: Path) -> None:
    before = files_of(two)
    for path in (two / "apps").iterdir():
        path.unlink()
    (two / "clients" / "lab.py").unlink()
    result = run(two, "generate", "--locked")
    assert result.exit_code == 0, result.output
    assert files_of(two) == {
        name: content for name, content in before.items() if not name.startswith("apps/")
    }


def test_locked_without_an_entry_says_what_to_do(two: Path) -> None:
    (two / "gradio-codegen.lock").unlink()
    result = run(two, "generate", "--locked")
    assert result.exit_code == 2
    assert "run `gradio-codegen generate lab` once" in result.stderr


def test_what_is_no_longer_configured_is_removed(two: Path) -> None:
    reconfigure(
        two, '[tool.gradio-codegen.clients.chat]\nsource = "apps/chat.json"\nmode = "sync"', ""
    )
    result = run(two, "generate")
    assert result.exit_code == 0, result.output
    assert "removed" in result.stdout
    assert modules(two) == ["lab.py"]
    assert "chat" not in (two / "gradio-codegen.lock").read_text("utf-8")


def test_a_module_that_moved_leaves_nothing_behind(two: Path) -> None:
    reconfigure(
        two,
        'source = "apps/lab.json"',
        'source = "apps/lab.json"\noutput = "clients/sub/image_lab.py"',
    )
    assert run(two, "generate", "lab").exit_code == 0
    assert modules(two) == ["chat.py", "image_lab.py"]


def test_a_module_that_is_to_move_stays_until_it_is_generated_anew(two: Path) -> None:
    reconfigure(two, 'mode = "sync"', 'mode = "sync"\noutput = "clients/sub"')
    assert run(two, "generate", "lab").exit_code == 0
    assert modules(two) == ["chat.py", "lab.py"]
    (two / "apps" / "chat.json").write_text("{", encoding="utf-8")
    assert run(two, "generate").exit_code == 2
    assert (two / "clients" / "chat.py").is_file()
    save(two / "apps" / "chat.json", CHAT)
    assert run(two, "generate").exit_code == 0
    assert not (two / "clients" / "chat.py").exists()
    assert (two / "clients" / "sub" / "chat.py").is_file()


def test_an_edited_module_is_kept_whether_it_changes_or_goes(two: Path) -> None:
    for name in ("lab", "chat"):
        path = two / "clients" / f"{name}.py"
        path.write_text(path.read_text("utf-8") + "# mine\n", encoding="utf-8")
    save(two / "apps" / "lab.json", app("Small Lab", other=([], [])))
    reconfigure(
        two, '[tool.gradio-codegen.clients.chat]\nsource = "apps/chat.json"\nmode = "sync"', ""
    )
    result = run(two, "generate")
    assert result.exit_code == 1
    assert result.stderr.count("was edited") == 2
    assert all(
        (two / "clients" / f"{name}.py").read_text("utf-8").endswith("# mine\n")
        for name in ("lab", "chat")
    )
    forced = run(two, "generate", "--force")
    assert forced.exit_code == 0, forced.output
    assert modules(two) == ["lab.py"]
    assert "# mine" not in (two / "clients" / "lab.py").read_text("utf-8")


def test_a_strangers_file_in_the_place_of_a_module_is_kept(two: Path) -> None:
    (two / "clients" / "lab.py").write_text("print('mine')\n", encoding="utf-8")
    (two / "gradio-codegen.lock").unlink()
    result = run(two, "generate")
    assert result.exit_code == 1
    assert "was not generated by gradio-codegen" in result.stderr
    assert (two / "clients" / "lab.py").read_text("utf-8") == "print('mine')\n"
    assert "lab" not in json.loads((two / "gradio-codegen.lock").read_text("utf-8"))["clients"]


def test_a_dry_run_writes_nothing(two: Path) -> None:
    save(two / "apps" / "lab.json", app("Small Lab", other=([], [])))
    before = files_of(two)
    result = run(two, "generate", "--dry-run")
    assert result.exit_code == 0
    assert "would update" in result.stdout
    assert files_of(two) == before


def test_one_failing_app_does_not_stop_the_other(two: Path) -> None:
    (two / "apps" / "lab.json").write_text("{", encoding="utf-8")
    save(two / "apps" / "chat.json", app("Chat", other=([], [])))
    lab = (two / "clients" / "lab.py").read_bytes()
    result = run(two, "generate")
    assert result.exit_code == 2
    assert "apps/lab.json: not JSON" in result.stderr
    assert "/other" in (two / "clients" / "chat.py").read_text("utf-8")
    assert (two / "clients" / "lab.py").read_bytes() == lab
    assert "lab" in json.loads((two / "gradio-codegen.lock").read_text("utf-8"))["clients"]


@pytest.mark.parametrize("edit", [("6.31.0", "6.30.0"), ('"format": 1', '"format": 7')])
def test_a_lock_that_cannot_be_trusted_stops_everything(two: Path, edit: tuple[str, str]) -> None:
    path = two / "gradio-codegen.lock"
    path.write_text(path.read_text("utf-8").replace(*edit), encoding="utf-8")
    before = files_of(two)
    for command in (["generate"], ["generate", "--locked"], ["check", "--offline"]):
        result = run(two, *command)
        assert result.exit_code == 2
        assert "gradio-codegen.lock" in result.stderr
    assert files_of(two) == before


def test_a_lock_cannot_make_us_remove_what_we_did_not_write(two: Path) -> None:
    (two / "apps" / "precious.txt").write_text("mine", encoding="utf-8")
    from gradio_codegen.base.hashing import digest
    from gradio_codegen.project.lock import Lock, dump, read

    path = two / "gradio-codegen.lock"
    lock = read(path)
    assert lock is not None
    path.write_text(
        dump(Lock(lock.clients, {"apps/precious.txt": digest("other")})), encoding="utf-8"
    )
    assert run(two, "generate").exit_code == 1
    assert (two / "apps" / "precious.txt").read_text("utf-8") == "mine"


@pytest.mark.parametrize("survived", [0, 1, 2])
def test_a_run_killed_between_files_leaves_whole_files_and_the_next_repairs_the_rest(
    two: Path, survived: int
) -> None:
    old = files_of(two)
    save(two / "apps" / "lab.json", app("Small Lab", other=([], [])))
    save(two / "apps" / "chat.json", app("Chat", other=([], [])))
    killer = (
        "import os, pathlib, signal\n"
        f"left = {survived}\n"
        "replace = pathlib.Path.replace\n"
        "def replace_and_die(self, target):\n"
        "    global left\n"
        "    if left == 0: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    left -= 1\n"
        "    return replace(self, target)\n"
        "pathlib.Path.replace = replace_and_die\n"
        "from gradio_codegen.cli import main\n"
        "main(['generate'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", killer],
        cwd=two,
        capture_output=True,
        check=False,
        timeout=patience(60),
    )
    assert done.returncode == -signal.SIGKILL
    for path in (two / "clients").glob("*.py"):
        compile(path.read_text("utf-8"), str(path), "exec")
        assert path.read_bytes() == old[f"clients/{path.name}"] or b"/other" in path.read_bytes()
    assert run(two, "generate").exit_code == 0
    assert run(two, "check", "--offline").exit_code == 0
    assert modules(two) == ["chat.py", "lab.py"]
    assert all(b"/other" in (two / "clients" / name).read_bytes() for name in modules(two))


def test_two_runs_at_once_end_in_one_consistent_state(two: Path) -> None:
    save(two / "apps" / "lab.json", app("Small Lab", other=([], [])))
    save(two / "apps" / "chat.json", app("Chat", other=([], [])))
    names = (["lab"], ["chat"], [])
    running = [
        subprocess.Popen(
            [*COMMAND, "generate", *name], cwd=two, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for name in names
    ]
    ended = [
        (process.communicate(timeout=patience(100)), process.returncode) for process in running
    ]
    assert [code for _, code in ended] == [0, 0, 0], ended
    assert run(two, "check").exit_code == 0
    assert modules(two) == ["chat.py", "lab.py"]


@pytest.mark.slow
def test_ctrl_c_ends_reading_and_imported_apps_at_once(tmp_path: Path) -> None:
    for name in ("one", "two"):
        code = (
            "import os, pathlib, time\n"
            f"pathlib.Path('{name}.pid').write_text(str(os.getpid()))\n"
            "time.sleep(600)\n"
        )
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    process = subprocess.Popen(
        [*COMMAND, "generate", "one.py:demo", "two.py:demo", "-o", "out"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    pids = [tmp_path / "one.pid", tmp_path / "two.pid"]
    assert wait_for(
        lambda: all(path.exists() and path.read_text("utf-8") for path in pids), within=60
    )
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=patience(10))
    assert process.returncode == 130, errors
    assert b"Traceback" not in errors
    assert not [path for path in pids if psutil.pid_exists(int(path.read_text("utf-8")))]
