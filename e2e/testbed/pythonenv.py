"""The Python environment of the emulator and of the tests, pinned by requirements.txt and built once."""

import pathlib
import subprocess
import sys

import cache


class InstallFailed(Exception):
    """The environment could not be made; the message carries what pip said."""


def python(say=lambda text: None) -> pathlib.Path:
    """The interpreter. Always `python -m NAME`: the scripts beside it name the folder in which they were made."""
    home = cache.root() / "venv" / f"{_interpreter()}-{cache.key('requirements.txt')}"
    return cache.made(home, lambda target: _install(target, say)) / "bin" / "python"


def _interpreter() -> str:
    return f"py{sys.version_info.major}.{sys.version_info.minor}"


def _install(target: pathlib.Path, say) -> None:
    say("installing the Python environment")
    _run([sys.executable, "-m", "venv", str(target)])
    requirements = str(cache.HERE / "requirements.txt")
    pip = [str(target / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "install", "--requirement", requirements])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise InstallFailed(f"{' '.join(command)}:\n{(done.stdout + done.stderr)[-4000:]}")
