#!/usr/bin/env python3
"""The test bed: a real Kubernetes control plane and an AWS emulator, on loopback, for tests and for the demo.

    bed.py build [--all]      builds what the bed needs, once (Kubernetes takes minutes); or also what only some tests need
    bed.py python             prints the Python interpreter that has what demo and tests need
    bed.py up [--name NAME]   starts a bed in seconds, or does nothing where it runs
    bed.py env [--name NAME]  prints the shell exports that point kubectl, the AWS SDKs and pytest at it
    bed.py status             lists the beds
    bed.py down [--name NAME] ends it
"""

import argparse
import shlex
import sys
import time

import binaries
import gitops_build
import helm
import lifecycle
import pythonenv


def say(text: str) -> None:
    """To stderr: stdout is for what a script wants to read."""
    print(f"bed: {text}", file=sys.stderr, flush=True)


def build(arguments) -> None:
    """Prints the folder of the programs and the Python interpreter; with --all also helm, Flux and the judge."""
    print(binaries.folder(say))
    print(pythonenv.python(say))
    for more in (helm.program, gitops_build.flux, gitops_build.judge) if arguments.all else ():
        print(more(say))


def python(_arguments) -> None:
    """For scripts that run demo or tests."""
    print(pythonenv.python(say))


def up(arguments) -> None:
    """Prints the path of bed.json, which says everything else."""
    begun = time.monotonic()
    lifecycle.up(arguments.name, say)
    say(f"{arguments.name} is up after {time.monotonic() - begun:.1f} s")
    print(lifecycle.state_file(arguments.name))


def down(arguments) -> None:
    say(f"{arguments.name} is down" if lifecycle.down(arguments.name) else f"{arguments.name} was not there")


def status(_arguments) -> None:
    """One line for each bed, for people."""
    for name in lifecycle.names():
        state = lifecycle.running(name)
        print(f"{name}\t" + (f"up\t{state['apiserver']}\t{state['awsEndpoint']}" if state else "not running"))


def env(arguments) -> None:
    """For `eval "$(bed.py env)"`. The AWS keys are no secret: the emulator takes any."""
    state = lifecycle.running(arguments.name)
    if not state:
        start = f"{sys.argv[0]} up --name {arguments.name}"
        raise SystemExit(f"bed: {arguments.name} is not running; start it with: {start}")
    for name, value in _exports(state).items():
        print(f"export {name}={shlex.quote(value)}")


def _exports(state: dict) -> dict[str, str]:
    return {
        "FIREBREAK_BED": str(lifecycle.state_file(state["name"])),
        "FIREBREAK_PYTHON": state["python"],
        "KUBECONFIG": state["kubeconfig"],
        "KUBECTL": state["kubectl"],
        "AWS_ENDPOINT_URL": state["awsEndpoint"],
        "AWS_ACCESS_KEY_ID": "bed",
        "AWS_SECRET_ACCESS_KEY": "bed",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (build, python, up, down, status, env):
        sub = commands.add_parser(command.__name__)
        sub.set_defaults(run=command)
        if command in (up, down, env):
            sub.add_argument("--name", default="default")
        if command is build:
            sub.add_argument("--all", action="store_true", help="also helm, Flux's kustomize-controller and the judge of health rules")
    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except (binaries.BuildFailed, pythonenv.InstallFailed, lifecycle.PartFailed) as failure:
        raise SystemExit(f"bed: {failure}") from failure


if __name__ == "__main__":
    main()
