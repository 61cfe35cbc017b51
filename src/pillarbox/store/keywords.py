"""How are the keywords of an entry kept? Sorted, one space between, each once whatever its case. RFC 9051 §2.3.2."""

from collections.abc import Iterable

from .interface import StoreLimit

KEYWORDS_MAX = 64  # keywords of one message
KEYWORD_OCTETS = 64  # octets of one keyword


def in_order(keywords: str) -> str:
    """``keywords`` as they are kept; of two that differ in case only, the first."""
    kept: dict[str, str] = {}
    for keyword in keywords.split():
        kept.setdefault(keyword.lower(), keyword)
    return _joined(kept)


def changed(keywords: str, mode: str, given: Iterable[str]) -> str:
    """What STORE makes of ``keywords``: "+" adds ``given``, "-" takes them, "" replaces all.

    One that is there already stays as it was first written. StoreLimit when there are too many, or one is too long.
    """
    kept = {keyword.lower(): keyword for keyword in keywords.split()}
    wanted: dict[str, str] = {}
    for keyword in given:
        wanted.setdefault(keyword.lower(), keyword)
    if mode == "-":
        kept = {key: keyword for key, keyword in kept.items() if key not in wanted}
    elif mode == "+":
        kept = wanted | kept
    else:
        kept = {key: kept.get(key, keyword) for key, keyword in wanted.items()}
    if mode != "-":
        _check(kept)
    return _joined(kept)


def _joined(kept: dict[str, str]) -> str:
    return " ".join(kept[key] for key in sorted(kept))


def _check(kept: dict[str, str]) -> None:
    if len(kept) > KEYWORDS_MAX:
        raise StoreLimit(f"a message has at most {KEYWORDS_MAX} keywords")
    if any(len(keyword.encode("utf-8", "replace")) > KEYWORD_OCTETS for keyword in kept):
        raise StoreLimit(f"a keyword has at most {KEYWORD_OCTETS} octets")
