"""How does a command run, and how does it end? With an exit code of sysexits, and its troubles told in three parts."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from pillarbox.accounts.names import ManagementError
from pillarbox.store.interface import StoreError, StoreFull, StoreUnavailable

from .trouble import Exit, Trouble

T = TypeVar("T")


def go(work: Coroutine[object, object, T]) -> T:
    """Run ``work`` to its end. What the floors below raise comes out as Trouble."""
    try:
        return asyncio.run(work)
    except ManagementError as error:
        code = Exit.NO_USER if error.what.startswith("there is no") else Exit.DATA
        raise Trouble(error.what, error.why, error.todo, code) from error
    except StoreFull as error:
        raise Trouble("the disk is full", str(error), "make room, then try again", Exit.IO) from error
    except StoreUnavailable as error:
        raise Trouble("the store cannot be used now", str(error), "try again in a moment", Exit.TEMPORARY) from error
    except StoreError as error:
        raise Trouble("the store refused", str(error), "see `pillarbox doctor`", Exit.DATA) from error
