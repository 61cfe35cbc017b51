"""How does a command ask the running server? The other end of ``control``, without asyncio: it starts in a blink."""

import contextlib
import hmac
import json
import os
import socket
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from .trouble import Exit, Trouble

FILE = "control.json"
GREETING = "PILLARBOX 1 "
_TIMEOUT = 600.0
_CONNECT_TIMEOUT = 5.0
_LINE = 256

Json: TypeAlias = dict[str, Any]


class NotRunning(Trouble):
    """No server answers for this data folder."""

    def __init__(self, data: Path, why: str) -> None:
        super().__init__(
            f"no server is running for {data}",
            why,
            f"start it with `pillarbox run --data {data}`, or name the right folder with --data",
            Exit.TEMPORARY,
        )


def connect(data: Path) -> socket.socket:
    """A connection to the server of the folder ``data``, which proved itself. NotRunning; Trouble without rights."""
    file = data / FILE
    try:
        about = json.loads(file.read_bytes())
        port, token = int(about["port"]), str(about["token"])
    except FileNotFoundError:
        raise NotRunning(data, f"{file} is not there") from None
    except PermissionError as error:
        raise Trouble(
            f"you may not give orders to the server of {data}",
            f"{file} can be read only by the user that runs it",
            "run the command as that user",
            Exit.NO_PERMISSION,
        ) from error
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise NotRunning(data, f"{file} cannot be used: {error}") from error
    try:
        connection = socket.create_connection(("127.0.0.1", port), _CONNECT_TIMEOUT)
    except OSError as error:
        raise NotRunning(data, f"nothing answers on port {port}: {error}") from error
    connection.settimeout(_TIMEOUT)
    try:
        _prove(connection, token)
    except (OSError, ValueError) as error:
        connection.close()
        raise NotRunning(data, f"another program answers on port {port}; the control file is an old one") from error
    return connection


def _prove(connection: socket.socket, token: str) -> None:
    """Let the server prove itself, then do so; ValueError when it is not the one that wrote the control file."""
    nonce = os.urandom(16).hex()
    connection.sendall(f"{GREETING}{nonce}\n".encode())
    theirs, _, shown = _short_line(connection).partition(" ")
    if not hmac.compare_digest(shown, proof(token, "server", nonce)):
        raise ValueError("the proof is wrong")
    connection.sendall(f"{proof(token, 'caller', theirs)}\n".encode())


def _short_line(connection: socket.socket) -> str:
    """A line, octet by octet: what follows it is for others to read."""
    line = b""
    while not line.endswith(b"\n") and len(line) < _LINE:
        octet = connection.recv(1)
        if not octet:
            break
        line += octet
    return line.decode("ascii").rstrip("\n")


def proof(token: str, side: str, nonce: str) -> str:
    """What only who knows ``token`` can say about ``nonce``; ``side`` keeps an answer from serving as a question."""
    return hmac.new(token.encode(), f"{side} {nonce}".encode(), "sha256").hexdigest()


def ask(data: Path, command: str, content: Iterable[bytes] = (), **fields: object) -> Json:
    """The server's answer to ``command``; ``content`` follows the request (say its size as ``octets``)."""
    with connect(data) as connection:
        return exchange(connection, data, command, content, **fields)


def exchange(
    connection: socket.socket, data: Path, command: str, content: Iterable[bytes] = (), **fields: object
) -> Json:
    """One request over ``connection``, and its answer. Trouble when the server refuses."""
    try:
        connection.sendall(json.dumps({"command": command, **fields}).encode() + b"\n")
        _send(connection, content)
        answer = _line(connection)
    except OSError as error:
        raise NotRunning(data, f"the connection to it broke: {error}") from error
    if not answer:
        raise NotRunning(data, "the server closed the connection; the control file may be an old one")
    result: Json = json.loads(answer)
    if not result.get("ok"):
        _refused(result)
    return result


def _send(connection: socket.socket, content: Iterable[bytes]) -> None:
    try:
        for piece in content:
            connection.sendall(piece)
    except (BrokenPipeError, ConnectionResetError):
        return  # the server wants no more of it, and has said why


def _line(connection: socket.socket) -> bytes:
    parts = []
    while piece := connection.recv(65536):
        parts.append(piece)
        if piece.endswith(b"\n"):
            break
    return b"".join(parts)


def _refused(result: Json) -> NoReturn:
    code = Exit(result["code"]) if result.get("code") in set(Exit) else Exit.SOFTWARE
    raise Trouble(str(result.get("what")), str(result.get("why", "")), str(result.get("cure", "")), code)


class Nudge:
    """Tells a running server what was done to the store; when none runs, nobody needs to know.

    This is ``queue.control.Nudge`` for another process.
    """

    _AT_ONCE = 10_000

    def __init__(self, data: Path) -> None:
        self._data = data

    def recall(self, message_ids: Sequence[int]) -> None:
        """Let go of what waits in memory of these messages."""
        for start in range(0, len(message_ids), self._AT_ONCE):
            self._tell("recall", messages=list(message_ids[start : start + self._AT_ONCE]))

    def retry(self) -> None:
        """Rows are due now, and somebody wants them tried."""
        self._tell("retry")

    def wake(self) -> None:
        """The store changed: what is remembered of it is old."""
        self._tell("wake")

    def _tell(self, command: str, **fields: object) -> None:
        with contextlib.suppress(NotRunning):
            ask(self._data, command, (), **fields)
