"""A Runtime API of bare sockets that says of each chunk when it came."""

from __future__ import annotations

import queue
import socketserver
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCEPTED = b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n{}"
ENOUGH = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"
NEXT = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
    b"lambda-runtime-aws-request-id: request-1\r\nlambda-runtime-invocation-id: invocation-1\r\n"
    b"lambda-runtime-deadline-ms: 99999999999999\r\nlambda-runtime-invoked-function-arn: arn\r\n\r\n%b"
)


@dataclass
class Post:
    """One request of the runtime to the API."""

    path: str
    headers: dict[str, str]
    """Names in lower case; trailers are added at the end."""
    body: bytes = b""
    arrivals: queue.SimpleQueue[tuple[float, bytes]] = field(default_factory=queue.SimpleQueue)
    """Chunks, each with its moment on the monotonic clock; an empty one is the end."""


class StampingApi(socketserver.ThreadingTCPServer):
    """Answers ``next`` with ``event`` once, and takes what is posted."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, event: bytes = b"{}") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.events.put(event)
        self.posts: queue.SimpleQueue[Post] = queue.SimpleQueue()
        self.has_enough_after = 10**9
        """So many chunks are read of a reply; then it is answered, as one that nobody reads any more."""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Handler(socketserver.StreamRequestHandler):
    server: StampingApi

    def handle(self) -> None:
        while line := self.rfile.readline():
            method, path, _ = line.decode().split()
            headers = self._headers()
            if method == "GET":
                event = self.server.events.get()  # the next one never comes, and the runtime waits
                self.wfile.write(NEXT % (len(event), event))
                continue
            post = Post(path, headers)
            if headers.get("transfer-encoding") == "chunked":
                self.server.posts.put(post)
                if not self._read_chunks(post):
                    self.wfile.write(ENOUGH)
                    return
            else:
                post.body = self.rfile.read(int(headers.get("content-length", 0)))
                self.server.posts.put(post)
            self.wfile.write(ACCEPTED)

    def _headers(self) -> dict[str, str]:
        lines = iter(lambda: self.rfile.readline().decode().strip(), "")
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def _read_chunks(self, post: Post) -> bool:
        """Whether the body came to its end."""
        for _ in range(self.server.has_enough_after):
            size = int(self.rfile.readline(), 16)
            if size == 0:
                post.headers |= self._headers()
                post.arrivals.put((time.monotonic(), b""))
                return True
            data = self.rfile.read(size + 2)[:-2]
            post.body += data
            post.arrivals.put((time.monotonic(), data))
        return False


@contextmanager
def stamping_api(event: bytes = b"{}") -> Iterator[StampingApi]:
    """A running one."""
    with StampingApi(event) as api:
        thread = threading.Thread(target=api.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield api
        finally:
            api.shutdown()
            thread.join()
