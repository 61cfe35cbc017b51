"""A whole server inside a test: the same code as the real one, on loopback ports of its own. Public."""

from .names import FakeResolver
from .server import Box, server

__all__ = ["Box", "FakeResolver", "server"]
