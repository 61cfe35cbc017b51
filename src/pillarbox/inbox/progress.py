"""How far did an import come? Kept in a small file, so that one that was stopped goes on without doubling a message.

Before each batch the file notes where in the archive the batch begins, and the UID that the folder would give next.
Whatever a crash leaves undecided therefore lies behind that UID, and is found there by its octets.
"""

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mark:
    """``place`` in the archive behind which is still to do; what is done of it has UIDs from ``uid`` in the folder."""

    place: str = ""
    uid: int = 1
    uidvalidity: int = 0


class Progress:
    """The marks of imports by name, in one JSON file. Without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def mark(self, name: str) -> Mark | None:
        """Where the import ``name`` stands; None when it never began. ValueError when the file is damaged."""
        kept = self._load().get(name)
        try:
            return None if kept is None else Mark(str(kept["place"]), int(kept["uid"]), int(kept["uidvalidity"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"{self._path} is damaged: remove it to begin the import anew") from error

    def note(self, name: str, mark: Mark) -> None:
        """Keep where ``name`` stands; durable when it returns."""
        if self._path is None:
            return
        marks = self._load()
        marks[name] = asdict(mark)
        fresh = self._path.with_name(f"{self._path.name}.new")
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(marks, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)

    def _load(self) -> "dict[str, dict[str, str | int]]":
        text = ""
        if self._path is not None:
            with contextlib.suppress(FileNotFoundError):
                text = self._path.read_text("utf-8")
        try:
            marks = json.loads(text or "{}")
        except ValueError as error:
            raise ValueError(f"{self._path} is damaged: remove it to begin the import anew") from error
        return marks if isinstance(marks, dict) else {}
