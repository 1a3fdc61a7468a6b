"""`make demo`, or `python -m demo` in e2e/: starts everything, tells the stories, and ends everything.

With KEEP=1 it all keeps running afterwards. The exit code is 0 only if every expectation of the stories held.
"""

import os
import sys
import time

import controller  # makes the modules of testbed/ known
import lifecycle
import world as worlds

from demo import failover, finding, story
from demo.shell import Shell, Unexpected

BED = "demo"
FLAGS = ("--resync", "15")  # drift is looked for every 15 s instead of every 5 min; the settling times are the real ones


def main() -> int:
    begun, shell = time.monotonic(), Shell()
    keep = os.environ.get("KEEP", "") not in ("", "0")
    _end()
    try:
        told = _tell(shell)
    except (Unexpected, controller.NotThere, lifecycle.PartFailed) as problem:
        shell.complain(str(problem))
        told = False
    finally:
        _farewell(shell) if keep else _end()
    shell.say(f"{'Every expectation held' if told else 'The demo FAILED'}, after {time.monotonic() - begun:.0f} s.")
    return 0 if told else 1


def _tell(shell: Shell) -> bool:
    shell.chapter("A Kubernetes API server, an AWS emulator, and the operator")
    bed = lifecycle.up(BED, lambda text: shell.say(text))
    made = worlds.seed(bed["awsEndpoint"])
    shell.uses(bed, made)
    shell.say(f"AWS account {made['accountId']}: ECS service {made['cluster']}/{made['service']} behind an ALB, "
              f"with the task role {made['taskRoleName']}.")
    operator = controller.start(bed, *FLAGS)
    shell.say(f"The operator runs (pid {operator.process.pid}); its log is {operator.process.log}")
    try:
        story.tell(shell, bed, made)
        finding.tell(shell, made)
        failover.tell(shell, made)
    except Unexpected:
        shell.say("The operator's log ends with:")
        shell.output("\n".join(operator.log().splitlines()[-15:]))
        raise
    return True


def _end() -> None:
    """Ends what this demo, or one that was kept, has started."""
    bed = lifecycle.running(BED)
    if bed:
        controller.stop(bed)
    lifecycle.down(BED)


def _farewell(shell: Shell) -> None:
    bed = lifecycle.running(BED)
    if not bed:
        return
    shell.chapter("It keeps running (KEEP=1)")
    here = lifecycle.cache.HERE
    shell.output("\n".join([
        f"export KUBECONFIG={bed['kubeconfig']}",
        f"export PATH={shell.path}:$PATH        # kubectl, and its plugin firebreak",
        f'eval "$({here}/bed.py env --name {BED})"   # AWS_ENDPOINT_URL and keys, for the aws command line',
        "kubectl firebreak status -n payments",
        "",
        f"$({here}/bed.py python) {here.parent}/controller.py stop --bed {BED} && {here}/bed.py down --name {BED}    # ends it",
    ]))


if __name__ == "__main__":
    sys.exit(main())
