"""Does reading what people wrote into header fields survive it? Encoded words, dates, subjects, addresses, parameters.

Nothing may be raised, no half characters come out, and what was read costs no more than its length allows.
"""

import random

from fuzz.rounds import mutate
from pillarbox.mail import correspondents, dates, encoded_words, folding, parameters, subjects
from pillarbox.mail.mailboxes import MailboxError
from pillarbox.mail.mailboxes import parse as mailboxes

GOOD = (
    b"=?utf-8?q?Gr=C3=BC=C3=9Fe?= and =?iso-2022-jp?B?GyRCRnxLXBsoQg==?= =?x*en?b?w6k?=",
    b"Mon, 1 Jan 2024 10:00:00 +0100 (CET)", b"Mon Jan  1 05:00:00 EST 2024", b"2024-01-01T11:00:00+01:00",
    b"[List] Re: [fwd: Re[2]: [x] hello (fwd)] (fwd)",
    b'"Ann \\"A\\" E." <ann@x.test>, Friends (all): c@x.test (C (c)), <@r,@s:"d e"@[192.0.2.1]>;, bob',
    b"multipart/mixed; boundary=\"a \\\" b\" (why) ; name*0*=utf-8''%C3%A9; name*1=\".png\"; x*=us-ascii'en'a%20b; y=z",
)  # fmt: skip
SPICE = (
    b'"', b"\\", b"(", b")", b"<", b">", b"[", b"]", b",", b";", b":", b"@", b"*", b"%", b"'", b"=?", b"?=", b"?q?",
    b"\xff", b"\0", b"\r\n ", b"+9999", b"99999999999", b"Jan", b"0", b"re:", b"[fwd:", b"(fwd)", b'"\\' * 500,
    b"(" * 500, b"<" * 500, b" " * 500, b"[] " * 300, b"=?utf-7?q?+2AA-?=", b"*0*=", b"; x*99=", b"\xe2\x84\xab",
    b"\xcc\x80\xcc\x95" * 100,
)  # fmt: skip


def one_case(seed: int) -> None:
    """A mutated field value, read in every way."""
    dice = random.Random(seed)
    value = mutate(dice.choice(GOOD), dice, SPICE)
    text = encoded_words.decode(value)
    text.encode("utf-8")
    folded = folding.fold(text)
    assert folding.fold(folded) == folded
    base, _ = subjects.base_subject(text)
    assert len(base) <= len(text)
    sent = dates.parse(text)
    assert sent is None or abs(sent.moment / 86_400 + 719_163 - sent.day) < 3
    for each in correspondents.parse(value):
        assert each.host is not None or each.name is None
    media = parameters.media_type(value)
    for name, found in media[2] if media is not None else ():
        found.encode("utf-8", "surrogateescape")
        parameters.readable(parameters.parameters(value), name.rstrip("*")).encode("utf-8")
    try:
        mailboxes(text)
    except MailboxError:
        pass
