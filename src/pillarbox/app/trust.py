"""What does a server do by itself so that others can trust its mail, and it theirs? It looks after keys and reports."""

import asyncio
from dataclasses import dataclass

from pillarbox.accounts.key_upkeep import KeyUpkeep
from pillarbox.intake.counting import Counting
from pillarbox.intake.reporting import Reporting
from pillarbox.net.dns_asking import Spawning


@dataclass(frozen=True, slots=True)
class Trust:
    """``upkeep`` sees which keys DNS shows; ``counting`` counts for the reports that ``reporting`` sends."""

    upkeep: KeyUpkeep
    counting: Counting
    reporting: Reporting
    spawn: Spawning

    def begin(self) -> None:
        """From now on."""
        for work in (self.upkeep, self.counting, self.reporting):
            self.spawn(work.run(asyncio.sleep))

    def wake(self) -> None:
        """Another process changed the store: there may be new keys."""
        self.spawn(self.upkeep.look())

    async def close(self) -> None:
        """Keep what was counted."""
        await self.counting.flush()
