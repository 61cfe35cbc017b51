"""When is a certificate to be renewed? When its authority says (RFC 9773), else when a third of its life is left."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from .acme_keys import Json
from .acme_talk import AcmeError, Talk

LEFT = 1 / 3  # of its life
AGAIN = 6 * 3600.0  # seconds until the authority is asked again, where it does not say (§4.3.2)
AGAIN_LEAST, AGAIN_MOST = 60.0, 86_400.0  # §4.3.2 lets clients bound it


class Window(NamedTuple):
    """POSIX seconds; ``again``: seconds until this should be asked anew."""

    start: float
    end: float
    again: float

    def chosen(self, random: Callable[[], float]) -> float:
        """A moment within, so that not everybody comes at once (RFC 9773 §4.2)."""
        return self.start + (self.end - self.start) * random()


async def suggested(talk: Talk, certificate: str) -> Window | None:
    """What the authority suggests for ``certificate`` (its id of §4.1); None where it suggests nothing. AcmeError."""
    if "renewalInfo" not in await talk.directory():
        return None
    told = await talk.look(f"{(await talk.where('renewalInfo')).rstrip('/')}/{certificate}")
    window = told.value.get("suggestedWindow")
    if not isinstance(window, dict):
        raise AcmeError("the authority suggests no window")
    start, end = _moment(window.get("start")), _moment(window.get("end"))
    if end <= start:
        raise AcmeError("the authority's window ends before it begins")
    return Window(start, end, min(max(told.again or AGAIN, AGAIN_LEAST), AGAIN_MOST))


def by_life(begins: float, ends: float) -> Window:
    """Where nothing is suggested: a tenth of its life before and after the moment when a third is left."""
    life = ends - begins
    return Window(ends - life * (LEFT + 0.05), ends - life * (LEFT - 0.05), AGAIN)


def _moment(value: Json) -> float:
    """RFC 3339."""
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise AcmeError("the authority's window cannot be read") from error
