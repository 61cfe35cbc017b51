"""What is a subject without Re, Fwd and the like? RFC 5256 §2.1, the base subject for sorting and threading."""

import re

# subj-trailer = "(fwd)" / WSP
_TRAILER = re.compile(r"\(fwd\)\Z", re.IGNORECASE)
# subj-leader = (*subj-blob subj-refwd) / WSP; subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
# subj-blob = "[" *BLOBCHAR "]" *WSP
_BLOBS = re.compile(r"(?:\[[^\[\]]*+\]\s*+)*+")
_REFWD = re.compile(r"(?:re|fwd?)\s*+(?:\[[^\[\]]*+\]\s*+)?:\s*+", re.IGNORECASE)
# subj-fwd = subj-fwd-hdr subject subj-fwd-trl: "[fwd:" … "]"
_FORWARDED = re.compile(r"\[fwd:(.*)\]\Z", re.IGNORECASE | re.DOTALL)


def base_subject(text: str) -> tuple[str, bool]:
    """(base subject, whether it is a reply or forward) of a decoded subject."""
    text, is_reply = " ".join(text.split()), False
    while True:
        text, marked = _without_trailers(text)
        is_reply = is_reply or marked
        text, marked = _without_leaders(text)
        is_reply = is_reply or marked
        wrapped = _FORWARDED.match(text)
        if wrapped is None:
            return text, is_reply
        text, is_reply = wrapped[1].strip(), True


def _without_trailers(text: str) -> tuple[str, bool]:
    """Step 2. Places only, so that a thousand of them cost no more than their length."""
    end = len(text)
    while _TRAILER.match(text, max(0, end - 5), end):
        end -= 5
        if end and text[end - 1] == " ":
            end -= 1
    return text[:end], end < len(text)


def _without_leaders(text: str) -> tuple[str, bool]:
    """Steps 3 to 5: leaders, then blobs as long as something is left."""
    at, is_reply = 0, False
    while True:
        blobs = _BLOBS.match(text, at)
        behind = blobs.end() if blobs else at
        leader = _REFWD.match(text, behind)
        if leader is None:
            break
        at, is_reply = leader.end(), True
    return (text[behind:] if behind < len(text) else text[max(at, text.rfind("[", at)) :]), is_reply
