"""How does the load speak IMAP? Over bare sockets, reading no more of an answer than where it ends.

A client library would cost more than the servers do, and the client runs on the same cores.
"""

import selectors
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Final

from peers.process import Endpoint, PeerFailure

CHUNK: Final = 1 << 20
# Stands at the beginning of no line of the measured mail.
TAG: Final = b"zq"
SECONDS: Final = 120.0
# How much of an answer's end is looked at: the tagged line is shorter, also with all capabilities in it.
TAIL: Final = 4_096


class Connection:
    """One connection, signed in. ``ask`` is a command and its whole answer."""

    def __init__(self, endpoint: Endpoint, user: str, password: str) -> None:
        self._socket = socket.create_connection(endpoint, timeout=SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read(_greeted)
        self.ask(f'LOGIN "{user}" "{password}"')

    def ask(self, command: str) -> bytes:
        """All lines up to the tagged one; PeerFailure when that is not OK."""
        self._socket.sendall(b"%b %b\r\n" % (TAG, command.encode()))
        return self._read(succeeded)

    def timed(self, command: str) -> float:
        """Seconds that the command took, to the last octet of its answer."""
        begin = time.perf_counter()
        self.ask(command)
        return time.perf_counter() - begin

    def idle(self) -> None:
        """Begin IDLE, and see that it has begun."""
        self._socket.sendall(TAG + b" IDLE\r\n")
        self._read(lambda tail: tail.startswith(b"+") and tail.endswith(b"\r\n"))

    def close(self) -> None:
        """Without LOGOUT."""
        self._socket.close()

    def _read(self, whole: Callable[[bytes], bool]) -> bytes:
        parts: list[bytes] = []
        tail = b""
        while not whole(tail):
            data = self._socket.recv(CHUNK)
            if not data:
                raise PeerFailure("the server closed the connection")
            parts.append(data)
            tail = (tail + data)[-TAIL:]
        return b"".join(parts)


def ended(tail: bytes) -> bool:
    """Whether the tagged line is there; ``tail`` is the end of what came, longer than that line."""
    if not tail.endswith(b"\r\n"):
        return False
    at = tail.rfind(b"\n", 0, -2) + 1
    return tail.startswith(TAG + b" ", at)


class Visit:
    """One connection that says ``steps`` in turn, each when the answer to the one before is whole."""

    def __init__(self, endpoint: Endpoint, steps: Sequence[bytes]) -> None:
        self.socket = socket.create_connection(endpoint, timeout=SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._steps = iter(steps)
        self._whole = _greeted
        self._tail = b""

    def go_on(self) -> bool:
        """Take what came, and say what is next; False when all is said and answered."""
        data = self.socket.recv(CHUNK)
        if not data:
            raise PeerFailure("the server closed the connection")
        self._tail = (self._tail + data)[-TAIL:]
        if not self._whole(self._tail):
            return True
        step = next(self._steps, None)
        if step is None:
            return False
        self._tail, self._whole = b"", succeeded
        self.socket.sendall(step)
        return True


def play(endpoint: Endpoint, clients: int, scripts: Iterable[Sequence[bytes]]) -> None:
    """Make the visits, ``clients`` of them at a time, all in one thread: threads would wait for each other."""
    waiting = iter(scripts)
    with selectors.DefaultSelector() as selector:
        for steps in islice(waiting, clients):
            _join(selector, endpoint, steps)
        while selector.get_map():
            for key, _ in selector.select(SECONDS):
                if not key.data.go_on():
                    selector.unregister(key.data.socket)
                    key.data.socket.close()
                    for steps in islice(waiting, 1):
                        _join(selector, endpoint, steps)


def _join(selector: selectors.BaseSelector, endpoint: Endpoint, steps: Sequence[bytes]) -> None:
    visit = Visit(endpoint, steps)
    selector.register(visit.socket, selectors.EVENT_READ, visit)


def _greeted(tail: bytes) -> bool:
    return tail.endswith(b"\r\n")


def succeeded(tail: bytes) -> bool:
    """Whether the tagged line is there, at the end of ``tail``; PeerFailure when it is not OK."""
    if not tail.endswith(b"\r\n"):
        return False
    last = tail[tail.rfind(b"\n", 0, -2) + 1 :]
    if last.startswith(TAG + b" ") and not last.startswith(TAG + b" OK"):
        raise PeerFailure(f"the server answered: {last.decode(errors='replace')}")
    return last.startswith(TAG + b" OK")
