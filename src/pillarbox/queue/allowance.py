"""How many connections may a destination have now, and when may it be tried again? Pure.

The policy, in words: begin with a few connections. While mail waits and every transaction goes well, allow one more for
each that went well. When the destination refuses one more connection, stay for a while with those that stand. When it
drops one or says 421, allow half. When it cannot be reached at all, everything that waits for it is put off together,
and it is left alone for a time that doubles with every failure in a row; then one connection tries, and the rest follow
when that went well.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AllowanceSettings:
    """``connections_per_destination``: the most. ``first_connections``: with how many to begin. ``brake_first`` and
    ``brake_longest``: seconds that an unreachable destination is left alone, at first and at most. ``losses``: fresh
    connections lost in a row without one completed transaction until it counts as unreachable. ``stay``: seconds after
    a refused connection in which no more are tried than stand."""

    connections_per_destination: int = 20
    first_connections: int = 3
    brake_first: float = 30.0
    brake_longest: float = 3600.0
    losses: int = 2
    stay: float = 60.0


class Allowance:
    """One destination's state."""

    __slots__ = ("_ceiling", "_losses", "_settings", "_stay_until", "brake_until", "connections", "failures", "reason")

    def __init__(self, settings: AllowanceSettings) -> None:
        self._settings = settings
        self._losses = 0
        self._ceiling = settings.connections_per_destination
        self._stay_until = 0.0
        self.connections = min(settings.first_connections, settings.connections_per_destination)
        self.failures = 0
        self.brake_until = 0.0
        self.reason = ""

    def is_braked(self, now: float) -> bool:
        """True while the destination is left alone; ``reason`` says why, ``brake_until`` until when."""
        return now < self.brake_until

    def succeeded(self, now: float, *, more_wait: bool) -> None:
        """A transaction was completed (whatever the remote said of the message)."""
        self._losses = 0
        self.failures = 0
        most = self._ceiling if now < self._stay_until else self._settings.connections_per_destination
        if more_wait and self.connections < most:
            self.connections += 1

    def refused(self, standing: int, now: float) -> None:
        """One more connection was refused while ``standing`` others stand."""
        self._ceiling = self.connections = max(1, standing)
        self._stay_until = now + self._settings.stay

    def shrink(self) -> None:
        """The destination has had enough: half as many connections, at least one."""
        self.connections = max(1, self.connections // 2)

    def lost(self) -> bool:
        """A fresh connection ended before anything was completed over it; True when it is time to brake."""
        self.shrink()
        self._losses += 1
        return self._losses >= self._settings.losses

    def brake(self, now: float, reason: str, chance: float) -> float:
        """Nothing gets through: leave the destination alone until the time returned. ``chance`` in [0, 1)."""
        pause = min(self._settings.brake_first * 2.0**self.failures, self._settings.brake_longest)
        self.failures = min(self.failures + 1, 16)
        self.brake_until = now + pause * (0.9 + 0.2 * chance)
        self.reason = reason
        self.connections = 1
        self._losses = 0
        return self.brake_until

    def release(self) -> None:
        """An administrator wants it tried now."""
        self.brake_until = 0.0
