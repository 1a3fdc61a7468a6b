"""CloudWatch's own protocol, RPC v2 CBOR, in which the AWS SDK for Rust speaks to it; moto knows only JSON and the query form.

Stands before everything else: behind it a request is one in JSON, which the journal and the faults read like any other, and the
answer goes back in CBOR. Of CBOR (RFC 8949) it has what the protocol allows.
"""

import io
import json
import re
import struct

from moto.core.utils import get_service_model

OPERATION = re.compile(r"/service/(?P<service>\w+)/operation/(?P<action>\w+)")
SERVICES = {"GraniteServiceVersion20100801": "cloudwatch"}
ENDLESS, BREAK = 31, 0xFF
TIME = 1
PLAIN = {20: False, 21: True, 22: None, 23: None}


class Cbor:
    """A WSGI application before another one."""

    def __init__(self, application) -> None:
        self._application = application

    def __call__(self, environ, start_response):
        found = OPERATION.fullmatch(environ.get("PATH_INFO", ""))
        if not found or environ.get("HTTP_SMITHY_PROTOCOL") != "rpc-v2-cbor":
            return self._application(environ, start_response)
        return self._translated(environ, start_response, found["service"], found["action"])

    def _translated(self, environ, start_response, service: str, action: str):
        body = json.dumps(decode(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))).encode()
        asked = environ | {
            "PATH_INFO": "/", "CONTENT_TYPE": "application/x-amz-json-1.0", "CONTENT_LENGTH": str(len(body)),
            "HTTP_X_AMZ_TARGET": f"{service}.{action}", "wsgi.input": io.BytesIO(body)}
        begun = []
        parts = self._application(asked, lambda *head: begun.append(head))
        answered = json.loads(b"".join(parts) or b"{}")
        status, headers = begun[-1][:2]
        shape = get_service_model(SERVICES[service]).operation_model(action).output_shape
        content = encode(answered, shape if status.startswith("200") else None)
        kept = [(name, value) for name, value in headers if name.lower() not in ("content-type", "content-length")]
        start_response(status, [*kept, ("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"),
                                ("Content-Length", str(len(content)))])
        return [content]


def decode(content: bytes):
    """The value in it; a time is its seconds."""
    return _item(io.BytesIO(content)) if content else {}


def _item(stream: io.BytesIO):
    first = stream.read(1)[0]
    if first == BREAK:
        return StopIteration
    major, info = first >> 5, first & 31
    if major == 7:
        return _plain(stream, info)
    length = None if info == ENDLESS else _length(stream, info)
    if major in (0, 1):
        return length if major == 0 else -1 - length
    if major in (2, 3):
        content = _joined(stream) if length is None else stream.read(length)
        return content.decode() if isinstance(content, bytes) and major == 3 else content
    if major == 4:
        return list(_items(stream, length))
    if major == 5:
        flat = list(_items(stream, None if length is None else 2 * length))
        return dict(zip(flat[::2], flat[1::2], strict=True))
    return _item(stream)  # a tag says what kind of value follows: a time


def _length(stream: io.BytesIO, info: int) -> int:
    return info if info < 24 else int.from_bytes(stream.read(1 << (info - 24)), "big")


def _plain(stream: io.BytesIO, info: int):
    form = {25: ">e", 26: ">f", 27: ">d"}.get(info)
    return struct.unpack(form, stream.read(struct.calcsize(form)))[0] if form else PLAIN[info]


def _items(stream: io.BytesIO, count: int | None):
    while count is None or count > 0:
        item = _item(stream)
        if item is StopIteration:
            return
        yield item
        count = None if count is None else count - 1


def _joined(stream: io.BytesIO):
    parts = list(_items(stream, None))
    return (b"" if parts and isinstance(parts[0], bytes) else "").join(parts)


def encode(value, shape=None) -> bytes:
    """A value of JSON; where the shape says that it is a time, as one."""
    if value is None or isinstance(value, bool):
        return bytes([{None: 0xF6, False: 0xF4, True: 0xF5}[value]])
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, int | float):
        return _number(value, shape)
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(encode(item, getattr(shape, "member", None)) for item in value)
    members = getattr(shape, "members", {})
    fields = (encode(name) + encode(inner, members.get(name)) for name, inner in value.items())
    return _head(5, len(value)) + b"".join(fields)


def _number(value: float, shape) -> bytes:
    kind = getattr(shape, "type_name", None)
    if kind == "timestamp":
        return _head(6, TIME) + b"\xfb" + struct.pack(">d", value)
    if kind in ("integer", "long") or (kind is None and isinstance(value, int)):
        return _head(0, int(value)) if value >= 0 else _head(1, -1 - int(value))
    return b"\xfb" + struct.pack(">d", value)


def _head(major: int, length: int) -> bytes:
    return bytes([major << 5 | length]) if length < 24 else bytes([major << 5 | 27]) + length.to_bytes(8, "big")
