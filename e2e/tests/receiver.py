"""A provider on loopback behind HTTPS: it keeps what it is sent, and answers as it is told."""

import dataclasses
import datetime
import http.server
import ipaddress
import json
import pathlib
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)
LOST = 0  # the answer that never arrives


@dataclasses.dataclass
class Receiver:
    """What was sent to each path, oldest first; `answers` are given before 200."""

    port: int
    certificate: pathlib.Path
    sent: list[tuple[str, dict, str]]
    answers: list[int]

    def url(self, path: str) -> str:
        return f"https://127.0.0.1:{self.port}{path}"

    def at(self, path: str) -> list[tuple[dict, str]]:
        """Headers in lower case, and bodies."""
        return [(headers, body) for where, headers, body in list(self.sent) if where == path]

    def bodies(self, path: str) -> list[dict]:
        return [json.loads(body) for _, body in self.at(path)]


def receive(folder: pathlib.Path) -> Receiver:
    """Serves until the process ends."""
    certificate, key = _self_signed(folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver = Receiver(server.server_port, certificate, [], [])
    server.RequestHandlerClass = _handler(receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return receiver


def _handler(receiver: Receiver) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        """One provider for all paths."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.sent.append((self.path, headers, body))
            answer = receiver.answers.pop(0) if receiver.answers else 200
            if answer == LOST:
                self.close_connection = True
                return
            said = json.dumps({"ok": True, "ts": f"{len(receiver.sent)}.0"}).encode()
            self.send_response(answer)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """What was sent is in `sent`."""

    return Handler


def _self_signed(folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """A certificate for 127.0.0.1 and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - DAY).not_valid_after(now + DAY)
    certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    paths = folder / "receiver.pem", folder / "receiver.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return paths
