"""How is a Mozilla program driven from outside? By Marionette: numbered commands and answers in JSON over TCP."""

import json
import socket
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from peers.process import PeerFailure

Value: TypeAlias = bool | int | float | str | Sequence["Value"] | Mapping[str, "Value"] | None
_SECONDS = 60.0


class Marionette:
    """A session with the program that listens on a port of this machine, inside its own window (context "chrome")."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)
        self._stream = self._socket.makefile("rb")
        self._number = 0
        self._read()  # its greeting
        self._command("WebDriver:NewSession", capabilities={})
        self._command("Marionette:SetContext", value="chrome")
        self._command("WebDriver:SetTimeouts", script=int(_SECONDS * 1000))

    def run(self, script: str, *arguments: Value) -> Value:
        """What the body of an async function returns; it finds ``arguments`` in ``arguments``. PeerFailure when it
        throws."""
        body = (
            f"const answer = arguments[arguments.length - 1]; (async function () {{ {script} }})"
            "(...[...arguments].slice(0, -1))"
            ".then(value => answer({ value: value ?? null }), error => answer({ error: String(error) }));"
        )
        given = self._command("WebDriver:ExecuteAsyncScript", script=body, args=arguments, newSandbox=True)
        assert isinstance(given, dict)
        assert isinstance(given["value"], dict)
        if "error" in given["value"]:
            raise PeerFailure(f"the script fails: {given['value']['error']}")
        value: Value = given["value"]["value"]
        return value

    def quit(self) -> None:
        """Let the program end as if its user had ended it."""
        self._command("Marionette:Quit", flags=["eForceQuit"])
        self._stream.close()
        self._socket.close()

    def _command(self, name: str, **parameters: Value) -> Value:
        self._number += 1
        packet = json.dumps([0, self._number, name, parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(packet), packet))
        answer = self._read()
        assert isinstance(answer, list)
        _, _, error, value = answer
        if error is not None:
            raise PeerFailure(f"{name}: {error}")
        given: Value = value
        return given

    def _read(self) -> Value:
        size = b""
        while (octet := self._stream.read(1)) != b":":
            if not octet:
                raise PeerFailure("the program has ended the session")
            size += octet
        value: Value = json.loads(self._stream.read(int(size)))
        return value
