"""What does an error of the database or the file system mean for those who wait?

full          rolled back and over: works again when space is back         StoreFull
constraint    the unit itself was wrong; others are not touched            StoreError
a mistake     of ours in a unit; likewise                                  StoreError
busy          another process held the database too long                   StoreUnavailable
all others    nothing is known of the disk: reopen and verify before use   StoreUnavailable
"""

import errno

import apsw

from pillarbox.store.interface import StoreError, StoreFull, StoreUnavailable

_NO_SPACE = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_HARMLESS = (apsw.FullError, apsw.ConstraintError, apsw.BusyError, apsw.LockedError)


def explain(error: Exception) -> StoreError:
    """The error that those who wait get for ``error``."""
    if isinstance(error, StoreError):
        return error
    if isinstance(error, apsw.FullError) or (isinstance(error, OSError) and error.errno in _NO_SPACE):
        return StoreFull("no space is left for the store")
    if isinstance(error, apsw.ConstraintError):
        return StoreError(f"the store refused a row: {error}")
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return StoreUnavailable("another process holds the store")
    if isinstance(error, apsw.Error | OSError) and not isinstance(error, FileNotFoundError):
        return StoreUnavailable(f"the store failed: {type(error).__name__}: {error}")
    return StoreError(f"this could not be stored: {type(error).__name__}: {error}")


def needs_reopening(error: Exception) -> bool:
    """Whether the connection must not be used any more after ``error``."""
    return isinstance(error, apsw.Error) and not isinstance(error, _HARMLESS)


def is_own_fault(error: Exception) -> bool:
    """Whether a unit brought ``error`` about by itself, so that the rest of its group can be tried without it."""
    if isinstance(error, apsw.Error):
        return isinstance(error, apsw.ConstraintError)
    # A spool file that is not there is its owner's mistake; any other file error may be the disk's.
    return not isinstance(error, OSError) or isinstance(error, FileNotFoundError)
