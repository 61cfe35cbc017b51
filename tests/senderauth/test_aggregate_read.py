"""Are the reports of others read, odd as they are, and hostile ones refused at a small price?"""

import pytest

from pillarbox.senderauth.aggregate import AggregateReport, Override
from pillarbox.senderauth.aggregate_read import AggregateLimits, read
from pillarbox.senderauth.report_packing import ReportFault

# The shape of RFC 7489 Appendix C.
OLD = """<?xml version="1.0" encoding="UTF-8" ?>
<feedback>
  <version>1.0</version>
  <report_metadata>
    <org_name>Receiver Inc.</org_name><email>noreply@receiver.example</email>
    <extra_contact_info>https://receiver.example/dmarc</extra_contact_info>
    <report_id> 9391651994964116463 </report_id>
    <date_range><begin>1700000000</begin><end>1700086399</end></date_range>
  </report_metadata>
  <policy_published>
    <domain>Bank.Example</domain><adkim>r</adkim><aspf>r</aspf><p>none</p><sp>none</sp><pct>100</pct>
  </policy_published>
  <record>
    <row><source_ip>192.0.2.1</source_ip><count>2</count>
      <policy_evaluated><disposition>none</disposition><dkim>fail</dkim><spf>pass</spf>
        <reason><type>mailing_list</type><comment>looks like one</comment></reason></policy_evaluated></row>
    <identifiers><header_from>bank.example</header_from></identifiers>
    <auth_results>
      <dkim><domain>list.example</domain><result>fail</result><human_result/></dkim>
      <spf><domain>bank.example</domain><result>pass</result></spf>
    </auth_results>
  </record>
</feedback>
"""


def odd(old: str, new: str) -> AggregateReport:
    changed = OLD.replace(old, new)
    assert changed != OLD
    return read(changed.encode())


def test_an_old_report() -> None:
    report = read(OLD.encode())
    assert (report.metadata.org_name, report.metadata.report_id) == ("Receiver Inc.", "9391651994964116463")
    assert (report.metadata.begin, report.metadata.end) == (1_700_000_000, 1_700_086_399)
    assert (report.policy.domain, report.policy.p, report.policy.percent) == ("bank.example", "none", "100")
    [row] = report.rows
    assert (row.source_ip, row.count, row.dkim, row.spf) == ("192.0.2.1", 2, False, True)
    assert row.overrides == (Override("mailing_list", "looks like one"),)
    assert [(one.domain, one.selector, one.result) for one in row.dkim_results] == [("list.example", "", "fail")]
    assert [(one.domain, one.scope, one.result) for one in row.spf_results] == [("bank.example", "mfrom", "pass")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<feedback>", '<feedback xmlns="http://dmarc.org/dmarc-xml/0.1">'),
        ("<feedback>", '<ns0:feedback xmlns:ns0="urn:x"><ns0:version>1</ns0:version>'),
        ("<feedback>", '<feedback xmlns:xsi="urn:xsi" xsi:noNamespaceSchemaLocation="x">'),
        ("<version>1.0</version>", ""), ('<?xml version="1.0" encoding="UTF-8" ?>', "\r\n"),
        ('<?xml version="1.0" encoding="UTF-8" ?>', '\ufeff<?xml version="1.0"?>'),
        ("  <record>", "<extension><x:y xmlns:x='u'>z</x:y></extension><record>"),
        ("</auth_results>", "</auth_results><x:y xmlns:x='u'><record/></x:y>"),
        ("<human_result/>", "<human_result>&lt;b&gt; &#65;</human_result>"),
    ],
)  # fmt: skip
def test_other_writings_say_the_same(old: str, new: str) -> None:
    text = OLD.replace(old, new, 1)
    if "ns0" in new:
        text = text.replace("</feedback>", "</ns0:feedback>")
    [row] = read(text.encode()).rows
    assert (row.count, row.spf, row.header_from) == (2, True, "bank.example")


@pytest.mark.parametrize(
    ("old", "new", "spf", "disposition"),
    [
        ("<result>pass</result>", "<result>HardFail</result>", "fail", "none"),
        ("<result>pass</result>", "<result>unknown</result>", "temperror", "none"),
        ("<result>pass</result>", "<result>error</result>", "permerror", "none"),
        ("<result>pass</result>", "<result>whatever</result>", "permerror", "none"),
        ("<result>pass</result>", "<result> Pass\n</result>", "pass", "none"),
        ("<disposition>none<", "<disposition>Reject<", "pass", "reject"),
        ("<disposition>none<", "<disposition>burn<", "pass", "none"),
        ("<disposition>none</disposition>", "", "pass", "none"),
    ],
)
def test_words_that_nobody_defined(old: str, new: str, spf: str, disposition: str) -> None:
    [row] = odd(old, new).rows
    assert (row.spf_results[0].result, row.disposition) == (spf, disposition)


def test_numbers_and_addresses_that_are_none() -> None:
    assert odd("<count>2<", "<count>-2<").rows[0].count == 0
    assert odd("<count>2<", "<count>٢<").rows[0].count == 0
    assert odd("<count>2<", f"<count>{'9' * 5_000}<").rows[0].count == 0
    assert odd("1700000000", "1700000000.0").metadata.begin == 1_700_000_000
    assert odd("192.0.2.1", "2001:DB8:0::1").rows[0].source_ip == "2001:db8::1"
    assert odd("192.0.2.1", "x" * 500).rows[0].source_ip == "x" * 45


def test_other_encodings() -> None:
    latin = OLD.replace("UTF-8", "ISO-8859-1").replace("Receiver Inc.", "Empfänger").encode("latin-1")
    assert read(latin).metadata.org_name == "Empfänger"
    cyrillic = OLD.replace("UTF-8", "windows-1251").replace("Receiver Inc.", "Почта").encode("cp1251")
    assert read(cyrillic).metadata.org_name == "Почта"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "no XML"), (b"hello", "no XML"), (OLD.encode()[:-30], "no XML"), (b"<feedback/>", "no DMARC report"),
        (b"<html><report_metadata/><policy_published/></html>", "no DMARC report"),
        (OLD.replace("UTF-8", "x-nothing").encode(), "no XML"), (b"\xff\xfe<\0", "no XML"),
        (OLD.replace("<feedback>", "<!DOCTYPE feedback><feedback>").encode(), "document type"),
        (b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><feedback>&b;</feedback>', "document type"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><feedback/>', "document type"),
        (b"<a>" * 10_000, "deep"), (b"<feedback><report_metadata>" + b"<x/>" * 5_000, "elements"),
        (OLD.replace("Receiver Inc.", "A & B").encode(), "no XML"),
    ],
)  # fmt: skip
def test_what_is_refused(document: bytes, reason: str) -> None:
    with pytest.raises(ReportFault, match=reason):
        read(document)


def test_rows_and_texts_are_bounded() -> None:
    record = OLD[OLD.index("  <record>") : OLD.index("</feedback>")]
    many = OLD.replace(record, record * 20)
    report = read(many.encode(), AggregateLimits(rows=5))
    assert (len(report.rows), report.truncated) == (5, True)
    assert len(odd("Receiver Inc.", "x" * 100_000).metadata.org_name) == AggregateLimits().text
