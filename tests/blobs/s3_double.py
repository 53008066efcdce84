"""A small S3: buckets of objects over real HTTP, with checksums and ``If-None-Match`` as S3 has them."""

import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


class S3Double(ThreadingHTTPServer):
    """Keeps objects in memory; ``failures`` are statuses that the next requests get instead of an answer."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.objects: dict[str, bytes] = {}
        self.failures: list[int] = []
        self.puts = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Request(BaseHTTPRequestHandler):
    server: S3Double
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        content = self._body()
        if self._fails():
            return
        wanted = self.headers.get("x-amz-checksum-sha256")
        if wanted and wanted != base64.b64encode(hashlib.sha256(content).digest()).decode():
            self._answer(400, _error("BadDigest"))
            return
        with self.server.lock:
            self.server.puts += 1
            if self.headers.get("If-None-Match") == "*" and self._key in self.server.objects:
                status, answer = 412, _error("PreconditionFailed")
            else:
                self.server.objects[self._key] = content
                status, answer = 200, b""
        self._answer(status, answer)

    def do_GET(self) -> None:
        if self._fails():
            return
        content = self.server.objects.get(self._key)
        self._answer(404, _error("NoSuchKey")) if content is None else self._answer(200, content)

    def do_HEAD(self) -> None:
        if self._fails():
            return
        self._answer(200 if self._key in self.server.objects else 404, b"")

    def do_DELETE(self) -> None:
        if self._fails():
            return
        self.server.objects.pop(self._key, None)
        self._answer(204, b"")

    @property
    def _key(self) -> str:
        return unquote(urlsplit(self.path).path)

    def _fails(self) -> bool:
        with self.server.lock:
            status = self.server.failures.pop(0) if self.server.failures else 0
        if status:
            self._answer(status, _error("InternalError"))
        return bool(status)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Content-Encoding", "") + self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        content = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return content

    def _answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _error(code: str) -> bytes:
    return f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{code}</Message></Error>'.encode()


@contextmanager
def serve_s3() -> Iterator[S3Double]:
    """The double, serving."""
    with S3Double() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
