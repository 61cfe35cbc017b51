"""How is a command spelled? RFC 5321 §4.1, each expression under its rule, and as lenient as real programs need.

The expressions take time linear in the line: no two alternatives of a repetition begin with the same character.
"""

import re

# Mail-parameters = SP esmtp-param *(SP esmtp-param); read word by word, so that what is wrong can be said.
_PARAMETERS = r"(?P<parameters>(?:[ \t].*)?)\Z"

# Path = "<" [ A-d-l ":" ] Mailbox ">"; lenient: white space around it, and no brackets at all (old scripts).
_PATH = r"""[ \t]*:[ \t]*(?:<[ \t]*(?:@[^:<>"]*:)?(?P<path>(?:[^"<>]|"(?:[^"\\]|\\.)*+")*+)>|(?P<bare>[^\s<>"]+))"""

# mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF
FROM = re.compile(r"FROM" + _PATH + _PARAMETERS, re.IGNORECASE)

# rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path ) [SP Rcpt-parameters] CRLF
TO = re.compile(r"TO" + _PATH + _PARAMETERS, re.IGNORECASE)

# esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-"); esmtp-value without controls, with UTF-8 (RFC 6531 §3.3)
PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\x00-\x20\x7f]+))?\Z")

# size-value = 1*20DIGIT (RFC 1870 §4); chunk-size = 1*DIGIT, bounded for the machine's sake (RFC 3030 §2)
SIZE = re.compile(r"[0-9]{1,20}\Z")
CHUNK = re.compile(r"([0-9]{1,20})(?:[ \t]+(LAST))?[ \t]*\Z", re.IGNORECASE)

# auth-command = "AUTH" SP sasl-mech [SP initial-response]; "=" is an empty one (RFC 4954 §4)
AUTH = re.compile(r"([A-Za-z0-9_-]{1,20})(?:[ \t]+(\S+))?[ \t]*\Z")

# xtext = *( xchar / "+" 2HEXDIG ), xchar = %d33-42 / %d44-60 / %d62-126 (RFC 3461 §4); lenient: "=" is let through
XTEXT = re.compile(r"(?:[!-*,-~]|\+[0-9A-F]{2})*\Z")
XTEXT_OCTET = re.compile(r"\+([0-9A-F]{2})")

# utf-8-addr-xtext and utf-8-addr-unitext: EmbeddedUnicodeChar = "\x{" HEXPOINT "}" (RFC 6533 §3)
UNITEXT = re.compile(r"(?:[!-*,-\[\]-~\u0080-\U0010ffff]|\\x\{[0-9A-F]{2,6}\})*\Z")
UNITEXT_CHARACTER = re.compile(r"\\x\{([0-9A-F]{2,6})\}")

# A command line holds no control character but the tab that some write for a space.
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

# Verbs of other protocols, whose first lines browsers and scanners bring here (RFC 9110 §9, RFC 9112 §3, RFC 3261).
FOREIGN = re.compile(
    r"(?:GET|POST|HEAD|PUT|DELETE|OPTIONS|CONNECT|TRACE|PATCH|PRI|PROPFIND|INVITE|REGISTER)\b|SSH-|[^\w\s]",
    re.IGNORECASE,
)
