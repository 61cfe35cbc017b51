"""`sendmail -bs`: how does a program speak SMTP on standard input and output? Its octets go to the server and back."""

import json
import os
import socket
import sys
import threading
from pathlib import Path

from .calling import NotRunning, connect
from .trouble import Exit

_PIECE = 65536


def converse(data: Path) -> int:
    """Carry octets both ways until the server closes; the exit code."""
    with connect(data) as connection:
        connection.settimeout(None)
        connection.sendall(json.dumps({"command": "smtp"}).encode() + b"\n")
        if not _is_welcome(connection):
            raise NotRunning(data, "the server does not take SMTP here")
        # Two directions, and a standard input that not every system can wait for beside a socket: hence a thread. It
        # may still wait for input when the server has closed, so the process does not wait for it.
        threading.Thread(target=_send, args=(connection,), daemon=True).start()
        while piece := connection.recv(_PIECE):
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
    return Exit.OK


def _is_welcome(connection: socket.socket) -> bool:
    """Read the answer line octet by octet: what follows it is SMTP already."""
    line = b""
    while not line.endswith(b"\n"):
        octet = connection.recv(1)
        if not octet:
            return False
        line += octet
    return bool(json.loads(line).get("ok"))


def _send(connection: socket.socket) -> None:
    descriptor = sys.stdin.fileno()
    try:
        while piece := os.read(descriptor, _PIECE):
            connection.sendall(piece.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        return  # the server closed first; the other direction ends for the same reason
