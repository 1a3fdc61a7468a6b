"""The credentials of one bed: made again for each, worth nothing outside it.

The kubeconfig is the administrator's. Everybody else is impersonated (`kubectl --as bob --as-group security`),
which is how tests let different people act without a password for each.
"""

import base64
import json
import os
import pathlib
import secrets
import subprocess

import cache
import parts


def new_token() -> str:
    return secrets.token_hex(16)


def write_secrets(site: parts.Site) -> None:
    """The admin's token and the key that signs service account tokens; readable by the user alone."""
    folder = site.folder / "secrets"
    folder.mkdir(parents=True, mode=0o700)
    _private(folder / "tokens.csv", f'{site.token},firebreak-admin,firebreak-admin,"system:masters"\n')
    command = [str(site.python), str(cache.HERE / "keypair.py"), str(folder / "service-account.key")]
    subprocess.run(command, check=True)


def write_kubeconfig(site: parts.Site) -> None:
    """After the API server has made its certificate: it is what clients trust. Written as JSON, which is YAML too."""
    authority = base64.b64encode((site.folder / "certs" / "apiserver.crt").read_bytes()).decode()
    cluster = {"server": site.apiserver, "certificate-authority-data": authority}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "bed",
        "clusters": [{"name": "bed", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": site.token}}],
        "contexts": [{"name": "bed", "context": {"cluster": "bed", "user": "admin", "namespace": "default"}}],
    }
    _private(site.folder / "kubeconfig", json.dumps(document, indent=2) + "\n")


def _private(path: pathlib.Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
