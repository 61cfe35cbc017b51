"""Do the messages and keys of others (dkimpy's vectors, the examples of RFC 6376 and RFC 8463) end as they should?"""

import os
from pathlib import Path

import pytest

from pillarbox.senderauth.dkim import RecordError, read_record
from senderauth.letters import checked
from senderauth.zone import Zone

ROOT = Path(__file__).parents[2]
SUITES = Path(os.environ.get("PILLARBOX_SUITES") or ROOT.parent / "shared" / "suites")
FOLDER = SUITES / "dkim"
# The keys that the messages were signed with: RFC 8463 Appendix A.2, and what Gmail published in 2013.
ZONE = {
    "brisbane._domainkey.football.example.com": "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    "20120113._domainkey.gmail.com": (
        "k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA1Kd87/UeJjenpabgbFwh+eBCsSTrqmwIYYvywlbhbqoo2DymndFkbjOV"
        "IPIldNs/m40KF+yzMn1skyoxcTUGCQs8g3FgD2Ap3ZB5DekAo5wMmk4wimDO+U8QzI3SD07y2+07wlNWwIt8svnxgdxGkVbbhzY8i+RQ9DpS"
        "VpPbF7ykQxtKXkv/ahW3KjViiAH+ghvvIhkx4xYSIc9oSwVmAl5OctMEeWUwg8Istjqz8BZeTWbf41fbNhte7Y+YqZOwq1Sd0DbvYAD9NOZK"
        "9vlfuac0598HY+vtSBczUiKERHv1yRbcaQtZFh5wtiRrN04BLUTD21MycBX5jYchHjPY/wIDAQAB"
    ),
}
PUBLISHED = {
    "test._domainkey.football.example.com": "test.txt",
    "test._domainkey.example.com": "test.txt",
    "test._domainkey.legitimate.com(.attacker.com": "test.txt",
    "sed._domainkey.test.ex": "eximtest.dns",
}


def material(name: str) -> bytes:
    """A file of the suite."""
    file = FOLDER / name
    if not file.is_file():
        reason = f"the DKIM vectors are not in {FOLDER} (PILLARBOX_SUITES says where they are)"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    return file.read_bytes()


def message(name: str) -> bytes:
    """A message of the suite with the line ends of mail."""
    return material(name).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def names() -> Zone:
    zone = Zone()
    for name, text in ZONE.items():
        zone.add(name, "TXT", text)
    for name, file in PUBLISHED.items():
        zone.add(name, "TXT", material(file).strip())
    return zone


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("rfc6376.signed.msg", ["pass", "pass"]),  # RFC 8463 Appendix A.3
        ("rfc6376.signed.rsa.msg", ["pass"]),
        ("rfc6376.signed.no_t.msg", ["fail"]),  # x= was added after signing
        ("ed25519test2.msg", ["pass"]),
        ("test2.message", ["pass"]),  # h= folded before the colon
        ("test.message.baddomain", ["neutral"]),
        ("message.mbox", ["permerror"]),  # its key is long gone
        ("rfc6376.msg", []),
        ("rfc6376.w1258.msg", []),
        ("ed25519test.msg", []),
        ("test.message", []),
        ("test_extra.message", []),
        ("test_nofrom.message", []),
    ],
)
def test_messages(name: str, wanted: list[str]) -> None:
    assert [found.result.value for found in checked(message(name), names())] == wanted


@pytest.mark.parametrize("name", ["rfc6376.signed.rsa.msg", "ed25519test2.msg", "test2.message"])
def test_messages_that_were_changed(name: str) -> None:
    good = message(name)
    header, _, body = good.partition(b"\r\n\r\n")
    for bad in (good.replace(b"From: ", b"From: x"), header + b"\r\n\r\nx" + body, b"From: x@y.example\r\n" + good):
        assert [found.result.value for found in checked(bad, names())] in (["fail"], ["policy"]), bad


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("test.txt", 1024),
        ("test2.txt", 1024),
        ("1024_testkey_wo_markers.pub.rsa.txt", 1024),
        ("1024_testkey_wo_markers.pub.txt", 1024),
        ("2048_testkey_PKCS8.key.pub.txt", 2048),
        ("2048_testkey_wo_markers.pub.rsa.txt", 2048),
        ("2048_testkey_wo_markers.pub.txt", 2048),
        ("ed25519test.dns", 256),
        ("eximtest.dns", 256),
        ("test_bad.txt", None),
        ("badk.txt", None),
        ("badversion.txt", None),
        ("test_tlsrpt.txt", None),  # s=tlsrpt: not for mail
    ],
)
def test_keys(name: str, wanted: int | None) -> None:
    record = material(name).strip()
    if wanted is not None:
        assert read_record(record).bits == wanted
        return
    with pytest.raises(RecordError):
        read_record(record)
