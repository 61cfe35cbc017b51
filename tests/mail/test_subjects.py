"""Is the base subject the one of RFC 5256 §2.1?"""

from time import process_time

import pytest

from pillarbox.mail.subjects import base_subject


@pytest.mark.parametrize(
    ("subject", "base", "is_reply"),
    [
        ("hello", "hello", False),
        ("", "", False),
        ("  hello \t world ", "hello world", False),
        ("Re: hello", "hello", True),
        ("RE : FWD: Fw: hello", "hello", True),
        ("re[2]: hello", "hello", True),
        ("[list] Re: [list] hello", "hello", True),
        ("[list] hello", "hello", False),
        ("[a] [b] hello", "hello", False),
        ("[only]", "[only]", False),
        ("[a] [only]", "[only]", False),
        ("Re: [only]", "[only]", True),
        ("Re:", "", True),
        ("hello (fwd)", "hello", True),
        ("hello(FWD) (fwd) ", "hello", True),
        ("(fwd)", "", True),
        ("[Fwd: hello]", "hello", True),
        ("[fwd: Re: [list] hello (fwd)]", "hello", True),
        ("[Fwd: [Fwd: hello]] (fwd)", "hello", True),
        ("Re: [fwd: hello] world", "world", True),
        ("Report: hello", "Report: hello", False),
        ("re hello", "re hello", False),
        ("AW: hello", "AW: hello", False),
        ("[unclosed hello", "[unclosed hello", False),
        ("fwd hello (fwd", "fwd hello (fwd", False),
    ],
)
def test_base_subject(subject: str, base: str, is_reply: bool) -> None:
    assert base_subject(subject) == (base, is_reply)


@pytest.mark.parametrize("text", ["[] ", "Re: ", "(fwd) ", "[fwd:", "[", "re[", "[x] re"])
def test_cost_grows_with_the_size_alone(text: str) -> None:
    began = process_time()
    base_subject(text * 50_000)
    base_subject(text * 2_000 + "x" + "]" * 2_000)
    assert process_time() - began < 1.0
