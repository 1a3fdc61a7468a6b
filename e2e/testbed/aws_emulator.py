#!/usr/bin/env python3
"""AWS for the test bed: moto's server with Firebreak's extensions, on loopback, in the foreground.

Started by bed.py. What it adds to moto is in emulator/, one file per matter.
"""

import argparse
import signal
import sys

import emulator
from emulator.cbor import Cbor
from emulator.front import Front
from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    emulator.install()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    application = Cbor(Front(DomainDispatcherApplication(create_backend_app)))
    server = make_server("127.0.0.1", arguments.port, application, threaded=True, request_handler=MotoRequestHandler)
    server.serve_forever()


if __name__ == "__main__":
    main()
