"""Does a chapter come out of the store as it went in?"""

from pillarbox.observe.story import Chapter, Event, Evidence, decode


def chapter(**evidence: Evidence) -> Chapter:
    made = Chapter(lambda: 1_800_000_000.25, [Event(1_800_000_000.0, "connected", {"peer": "192.0.2.1"})])
    made.add("accepted", **evidence)
    return made


def test_events_keep_order_time_and_evidence() -> None:
    evidence: dict[str, Evidence] = {"size": 5, "ms": 0.5, "ok": True, "none": None, "fields": ["From", "Date"]}
    evidence["subject"] = 'ü "x"\n\x00\u2028'
    assert decode(chapter(**evidence).encode()) == [
        Event(1_800_000_000.0, "connected", {"peer": "192.0.2.1"}),
        Event(1_800_000_000.25, "accepted", evidence),
    ]


def test_half_a_surrogate_pair_harms_nothing() -> None:
    text = chapter(user="x\udcff").encode()
    assert text.isascii()
    assert decode(text)[1].evidence == {"user": "x\udcff"}


def test_an_empty_chapter() -> None:
    assert decode(Chapter(lambda: 0.0).encode()) == []
