"""How are durations, sizes and addresses written in the configuration? "5m", "50MiB", "127.0.0.1:1025", "[::1]:25"."""

import re
from typing import NamedTuple

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(b|kb|mb|gb|tb|kib|mib|gib|tib|k|m|g|t)?\Z", re.IGNORECASE)
_OCTETS = {
    "": 1, "b": 1,
    "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4,
    "kib": 1024, "mib": 1024**2, "gib": 1024**3, "tib": 1024**4,
    "kb": 1000, "mb": 1000**2, "gb": 1000**3, "tb": 1000**4,
}  # fmt: skip
_PORT_MAX = 65535


class Seconds(float):
    """A duration in seconds that is written as people write it."""

    @classmethod
    def parse(cls, value: object) -> "Seconds":
        """From "1m30s", "5 d", a number of seconds, or "never"; ValueError when it is none."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return cls._checked(float(value), value)
        text = str(value).strip().lower()
        if text == "never":
            return cls("inf")
        if re.fullmatch(r"\d+(\.\d+)?", text):
            return cls(text)
        if not re.fullmatch(rf"(?:{_DURATION.pattern}\s*)+", text):
            raise ValueError(f'{value!r} is no duration; write it like "30s", "5m", "4h" or "5d"')
        return cls(sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(text)))

    @classmethod
    def _checked(cls, seconds: float, written: object) -> "Seconds":
        if not seconds >= 0:
            raise ValueError(f"{written!r} is no duration: it must not be negative")
        return cls(seconds)

    def __str__(self) -> str:
        if self == float("inf"):
            return "never"
        for unit in ("w", "d", "h", "m", "s"):
            count = self / _SECONDS[unit]
            if count >= 1 and count == int(count):
                return f"{int(count)}{unit}"
        return f"{float(self):g}s" if self < 1 else f"{float(self):g}"


class Octets(int):
    """A size in octets that is written as people write it."""

    @classmethod
    def parse(cls, value: object) -> "Octets":
        """From "50MiB", "10 MB", "1G" or a number of octets; ValueError when it is none."""
        match = _SIZE.match(str(value).strip())
        if match is None or isinstance(value, bool):
            raise ValueError(f'{value!r} is no size; write it like "64KiB", "50MiB" or "2GiB"')
        return cls(float(match[1]) * _OCTETS[(match[2] or "").lower()])

    def __str__(self) -> str:
        for power, unit in ((4, "TiB"), (3, "GiB"), (2, "MiB"), (1, "KiB")):
            count, rest = divmod(int(self), 1024**power)
            if count and not rest:
                return f"{count}{unit}"
        return str(int(self))


class Endpoint(NamedTuple):
    """A host (name or IP without brackets, "" for all interfaces) and a TCP or UDP port."""

    host: str
    port: int

    @classmethod
    def parse(cls, value: object, port: int | None = None) -> "Endpoint":
        """From "127.0.0.1:1025", "[::1]:25", "*:25"; ``port`` where none is written. ValueError when it is none."""
        text = str(value).strip()
        match = re.fullmatch(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::(\d+))?", text)
        if match is None or (match[2] is None and port is None) or not (match[1] or match[2]):
            raise ValueError(f'{value!r} is no address; write it like "127.0.0.1:1025", "[::1]:25" or "*:25"')
        number = int(match[2]) if match[2] is not None else port or 0
        if number > _PORT_MAX:
            raise ValueError(f"{value!r}: a port is at most {_PORT_MAX}")
        host = match[1].strip("[]")
        return cls("" if host == "*" else host, number)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host or "*"
        return f"{host}:{self.port}"
