"""How do digests come into derived.db, and how do they leave it?"""

import json
from collections.abc import Sequence

from apsw import Connection

from pillarbox.mail.thread_ids import thread_id
from pillarbox.store.digests import Digest

from .derived_sql import DERIVED
from .derived_words import indexed, pack
from .statements import Value, insert_rows, single, text

_BY_NUMBER = ("remove_in_fields", "remove_in_text", "remove_words")
_BY_MESSAGE = ("remove_digest", "remove_ordering", "remove_wire")


def keep(connection: Connection, digests: Sequence[Digest]) -> None:
    """Keep digests, and index their words; those of messages that have one already are left out."""
    by_id = {digest.message_id: digest for digest in digests}
    new = [by_id[message_id] for message_id in json.loads(text(connection, DERIVED["new_ones"], json.dumps([*by_id])))]
    if not new:
        return
    first = single(connection, DERIVED["last_number"])
    assert isinstance(first, int)
    numbered = list(enumerate(new, first + 1))
    for name, made in _rows(numbered).items():
        insert_rows(connection, DERIVED[name], made)


def _rows(numbered: list[tuple[int, Digest]]) -> dict[str, list[tuple[Value, ...]]]:
    return {
        "add_digest": [_digest_row(number, digest) for number, digest in numbered],
        "add_ordering": [_ordering_row(digest) for _, digest in numbered],
        "add_wire": [
            (d.message_id, d.envelope, d.body, d.structure, d.sections, d.preview.encode("utf-8", "replace"))
            for _, d in numbered
        ],
        "add_words": [(number, pack(digest.fields), pack(digest.text)) for number, digest in numbered],
        "index_fields": [(number, indexed(digest.fields)) for number, digest in numbered],
        "index_text": [(number, indexed(digest.text)) for number, digest in numbered],
    }


def _digest_row(number: int, digest: Digest) -> tuple[Value, ...]:
    thread = thread_id(digest.message_id, digest.thread_id, digest.references)
    names = (digest.sender, digest.subject, digest.to, digest.cc, digest.bcc)
    return (digest.message_id, number, int(digest.cut), digest.sent_day, thread, *map(_clean, names))


def _ordering_row(digest: Digest) -> tuple[Value, ...]:
    texts = (
        digest.thread_id,
        digest.references,
        digest.sort_subject,
        digest.sort_from,
        digest.sort_to,
        digest.sort_cc,
        digest.sort_display_from,
        digest.sort_display_to,
    )
    return (digest.message_id, digest.sent, int(digest.is_reply), *map(_clean, texts))


def _clean(value: str) -> str:
    """A text that SQLite takes: lone surrogates have no UTF-8."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def remove(connection: Connection, message_ids: Sequence[int]) -> None:
    """Remove the digests of some messages, and their words from the index."""
    messages = json.dumps(list(message_ids))
    numbers = text(connection, DERIVED["numbers"], messages)
    for name in _BY_NUMBER:
        connection.execute(DERIVED[name], (numbers,))
    for name in _BY_MESSAGE:
        connection.execute(DERIVED[name], (messages,))
