"""What the audience sees: each command as it would be typed, and what it really answers."""

import json
import os
import pathlib
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import controller

PATIENCE = 600  # seconds that a command may take
ROOT = pathlib.Path(__file__).resolve().parents[2]
BOLD, DIM, GREEN, RED, PLAIN = "\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[0m"


class Unexpected(Exception):
    """Something did not happen as the story says; the message says what."""


class Shell:
    """Runs commands in the root of the project."""

    def __init__(self) -> None:
        self._coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._environment: dict[str, str] = {}
        self.path = ""

    def uses(self, bed: dict, world: dict) -> None:
        """From now on commands talk to this bed, and to no AWS account of the user's."""
        self.path = f"{pathlib.Path(bed['kubectl']).parent}:{controller.program('kubectl-firebreak').parent}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self._environment = kept | world["operatorEnv"] | {
            "KUBECONFIG": bed["kubeconfig"], "PATH": f"{self.path}:{os.environ['PATH']}"}

    def chapter(self, title: str) -> None:
        print("\n" + self._paint(BOLD, f"── {title} " + "─" * max(0, 96 - len(title))), flush=True)

    def say(self, text: str) -> None:
        print(self._paint(DIM, f"# {text}"), flush=True)

    def complain(self, text: str) -> None:
        print(self._paint(RED, f"✘ {text}"), flush=True)

    def output(self, text: str) -> None:
        print(text.rstrip("\n"), flush=True)

    def run(self, command: str, fails: bool | None = False, contains: str = "") -> str:
        """Shows the command, and its output as it comes; the output comes back. With fails=None either end will do."""
        print(self._paint(GREEN, "$ ") + self._paint(BOLD, command), flush=True)
        answer, code = self._run(command, self.output)
        expected = {None: "", True: "to be refused", False: "to succeed"}[fails]
        if fails is not None and fails != bool(code):
            raise Unexpected(f"expected `{command}` {expected}; it ended with exit code {code}")
        self.expect(contains in answer, f"`{command}` to say {contains!r}")
        return answer

    def quietly(self, command: str, seconds: float = 20, contains: str = "") -> str:
        """Asks until the answer contains that, without showing it."""
        deadline = time.monotonic() + seconds
        while True:
            answer, code = self._run(command)
            if not code and contains in answer:
                return answer
            if time.monotonic() > deadline:
                raise Unexpected(f"expected `{command}` to say {contains!r} within {seconds} s; it says: {answer}")
            time.sleep(0.2)

    def object(self, what: str) -> dict:
        """One Kubernetes object, without showing how it was asked for."""
        return json.loads(self.quietly(f"kubectl get {what} -o json"))

    def expect(self, holds: bool, what: str) -> None:
        if not holds:
            raise Unexpected(f"expected {what}")

    def _run(self, command: str, shown: Callable[[str], None] = lambda line: None) -> tuple[str, int]:
        """Standard output and errors in the order in which they came, as on a terminal, each line shown when it comes; nobody answers
        questions."""
        with subprocess.Popen(shlex.split(command), env=self._environment, cwd=ROOT, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            overdue = threading.Timer(PATIENCE, process.kill)
            overdue.daemon = True  # an interrupted demo does not wait for it
            overdue.start()
            lines = []
            for line in process.stdout:
                shown(line)
                lines.append(line)
            overdue.cancel()
        return "".join(lines), process.returncode

    def _paint(self, colour: str, text: str) -> str:
        return f"{colour}{text}{PLAIN}" if self._coloured else text
