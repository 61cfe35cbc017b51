"""What does a server do by itself so that others can trust its mail? It looks after its keys."""

import asyncio
from dataclasses import dataclass

from pillarbox.accounts.key_upkeep import KeyUpkeep
from pillarbox.accounts.keys import Keys
from pillarbox.net.dns_asking import Spawning


@dataclass(frozen=True, slots=True)
class Trust:
    """``keys`` sign; ``upkeep`` sees which of them DNS shows."""

    keys: Keys
    upkeep: KeyUpkeep
    spawn: Spawning

    def begin(self) -> None:
        """From now on."""
        self.spawn(self.upkeep.run(asyncio.sleep))

    def wake(self) -> None:
        """Another process changed the store: there may be new keys."""
        self.spawn(self.upkeep.look())
