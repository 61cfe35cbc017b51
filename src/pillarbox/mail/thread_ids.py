"""Which conversation does a message belong to, by itself alone? A THREADID that never changes. RFC 8474 §5.2.

A mail program that answers copies the References it finds and adds to them, so all messages of a conversation have the
same first reference: the message that began it (RFC 5322 §3.6.4). A program that only gives In-Reply-To names the one
before it instead; such an answer to an answer begins a conversation of its own here. In return the id needs no look at
other messages: every copy of a message has the same one, in whatever order they come, and it stays when others go.
"""

from base64 import b32encode
from hashlib import blake2b

_DIGEST_OCTETS = 10


def thread_id(message_id: int, own: str, references: str) -> str:
    """The id of a message with the Message-ID ``own`` and ``references`` (both as store.digests.Digest has them).

    A message without either is alone: then ``message_id``, our own name for it, makes the id.
    """
    root = references.partition(" ")[0] or own or f"/{message_id}"
    digest = blake2b(root.encode("utf-8", "replace"), digest_size=_DIGEST_OCTETS).digest()
    return "T" + b32encode(digest).decode("ascii").lower()
