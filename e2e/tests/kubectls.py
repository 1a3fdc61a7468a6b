"""kubectl on a bed, as its administrator."""

import json
import subprocess


def kubectl_on(bed: dict):
    """`kubectl("get", "pods")` gives the output; `give=` is the input, `fails=True` gives the complaint.

    With `fails=None` either will do: for a question that may be answered by no.
    """

    def run(*arguments: str, give=None, fails: bool | None = False) -> str:
        command = [bed["kubectl"], "--kubeconfig", bed["kubeconfig"], *arguments]
        given = json.dumps(give) if isinstance(give, (dict, list)) else give
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60)
        assert fails in (None, bool(done.returncode)), f"{' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stderr if fails else done.stdout

    return run
