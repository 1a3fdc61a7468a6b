"""`kubectl firebreak` on the bed, as people type it, without a terminal.

Load it with `pytest_plugins = ["plugin_fixtures"]`.
"""

import json
import os
import subprocess

import controller
import pytest
import world as worlds
from plugin_answers import Answer

pytest_plugins = ["story_fixtures"]


@pytest.fixture(scope="session")
def plugin(bed):
    """`plugin(story, "bob", "approve", "name", "--yes")`; `give=` is the input."""

    def run(story, by: str, *arguments: str, give=None) -> Answer:
        command = [str(controller.program("kubectl-firebreak")), "--kubeconfig", bed["kubeconfig"], "-n", story.namespace,
                   "--as", by, *arguments]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FIREBREAK_"))}
        environment = kept | worlds.operator_environment(bed["awsEndpoint"]) | {"NO_COLOR": "1"}
        done = subprocess.run(command, input=json.dumps(give or {}), capture_output=True, text=True, timeout=60,
                              env=environment)
        return Answer(done.returncode, done.stdout, done.stderr)

    return run
