"""Do macros become what the examples of RFC 7208 §7.4 say, and do wrong ones say what is wrong?"""

import pytest

from pillarbox.senderauth.spf_macros import MacroError, is_name, parse, parse_domain, parse_explanation

# §7.4: <strong-bad@email.example.com> from 192.0.2.3.
VALUES = {
    "s": "strong-bad@email.example.com", "o": "email.example.com", "d": "email.example.com", "l": "strong-bad",
    "i": "192.0.2.3", "v": "in-addr", "h": "mx.example.org", "p": "mx.example.org", "c": "192.0.2.3", "r": "our.test",
    "t": "1400000000",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d3}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l}", "strong-bad"),
        ("%{l-}", "strong.bad"),
        ("%{lr}", "strong-bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
        ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
        ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"),
        ("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"),
        ("%%%_%-", "% %20"),
        ("%{S}", "strong-bad%40email.example.com"),
        ("%{L2R-+}", "bad.strong"),
        ("%{d128}", "email.example.com"),
        ("%{d" + "9" * 5000 + "}", "email.example.com"),
        ("%{d002}", "example.com"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_expansions(text: str, expanded: str) -> None:
    assert parse(text).expand(VALUES) == expanded


def test_what_a_url_cannot_hold_is_escaped() -> None:
    assert parse("%{L}").expand({"l": "~a/b?c=d&e_f-g.h+ü"}) == "~a%2Fb%3Fc%3Dd%26e_f-g.h%2B%C3%BC"


def test_explanations_may_tell_more_and_hold_spaces() -> None:
    words = parse_explanation("%{c} at %{t},  says %{r}.")
    assert words.expand(VALUES) == "192.0.2.3 at 1400000000,  says our.test."


@pytest.mark.parametrize(
    "text", ["%", "%a", "a%", "%{", "%{d", "%{}", "%{x}", "%{c}", "%{d0}", "%{d:}", "%(d)", "a b", "\x7f", "ü"]
)
def test_wrong_macro_strings(text: str) -> None:
    with pytest.raises(MacroError):
        parse(text)


@pytest.mark.parametrize(
    "text", ["a.org", "a.org.", "%{d}", "%%", "x.%{d2}", "_x.a-b.c-d", "a:b/c.d.e1", ".com", "%{h}.1-2", "x.xn--p1ai"]
)
def test_domain_specs(text: str) -> None:
    assert str(parse_domain(text)) == text


@pytest.mark.parametrize("text", ["", "org", "org.", "a.1", "a.-b", "a.b-", "%{d}a", "%{d}.", "a..", "a.b_c", "%{d}%"])
def test_wrong_domain_specs(text: str) -> None:
    with pytest.raises(MacroError):
        parse_domain(text)


def test_a_name_that_is_too_long_loses_labels_on_the_left() -> None:
    values = VALUES | {"l": ".".join(["label"] * 50)}
    name = parse("%{l}.%{d}").name(values)
    assert len(name) <= 253
    assert len("label." + name) > 253
    assert name.endswith(".label.email.example.com")
    # What cannot be cut stays a name that nobody is asked for.
    assert not is_name(parse("%{l}").name({"l": "x" * 300}))
    exact = "a" * 50 + ("." + "b" * 50) * 3 + "." + "c" * 49  # 253 exactly
    assert parse("%{l}").name({"l": exact}) == exact
    assert parse("%{l}").name({"l": "z." + exact}) == exact


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("example.org", True), ("a b.example.org", True), ("a" * 63 + ".org", True), ("a" * 64 + ".org", False),
        ("a..org", False), (".org", False), ("", False), ("a\\.org", False), ("ü.org", False), ("a\0.org", False),
        ("@", False), (".".join(["a"] * 127), True), (".".join(["a"] * 128), False),
    ],
)  # fmt: skip
def test_names_that_dns_can_be_asked_for(name: str, is_one: bool) -> None:
    assert is_name(name) is is_one
