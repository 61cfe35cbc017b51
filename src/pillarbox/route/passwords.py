"""Where does the password for a smart host come from? A file or the environment, read at each sign-in."""

import os
from collections.abc import Callable
from pathlib import Path


class NoPassword(ValueError):
    """The password cannot be had; ``str(error)`` says why and what to do."""


def from_file(path: Path) -> Callable[[], str]:
    """The first line of ``path``."""

    def read() -> str:
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise NoPassword(f"the password file {path} cannot be read: {error}") from error
        password = text.split("\n", 1)[0].removesuffix("\r")
        if not password:
            raise NoPassword(f"the first line of the password file {path} is empty: write the password there")
        return password

    return read


def from_environment(name: str) -> Callable[[], str]:
    """The variable ``name``."""

    def read() -> str:
        password = os.environ.get(name, "")
        if not password:
            raise NoPassword(f"the environment variable {name}, which should hold the password, is not set")
        return password

    return read
