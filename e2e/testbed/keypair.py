"""Writes a fresh P-256 private key to the path given. Runs in the bed's environment, which has the library for it."""

import os
import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


def main(path: str) -> None:
    """SEC1 PEM, the form that the API server reads as both the signing and the verifying key."""
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        handle.write(pem)


if __name__ == "__main__":
    main(sys.argv[1])
