"""What is told of an attempt to hand a message to another host?"""

DELIVERY: dict[str, str] = {
    "route": "The way to {domain}: {why}.",
    "dns": "DNS says: {answer}[ (an older answer, because no server gave a new one{stale|flag})]",
    "dns_failed": "DNS gave no answer. {reason}",
    "target_forbidden": "Passed over, because no other machine can be there: {targets}.",
    "reached": "Reached {host} ({address}) on port {port} in {ms} ms.",
    "not_reached": "Could not reach {host} ({address}) on port {port}: {reason}.",
    "greeted": "{host} greeted: {reply}",
    "dane": "{base} has published in signed DNS (DANE) which certificate {host} must show: {records}.",
    "dane_unusable": "{base} has TLSA records in signed DNS, but none that mail can use ({records}): {host} is sent "
    "mail with TLS only, whoever it is.",
    "sts": "{domain} has an MTA-STS policy ({mode}): mail goes with TLS to {hosts|list}.",
    "sts_not_fetched": "The MTA-STS policy of {domain} could not be fetched: {reason}.",
    "sts_other_host": "The MTA-STS policy of {domain} does not name the mail host {host}[, so nothing is sent there"
    "{enforced|flag}][; that does not stand in the way{tested|flag}].",
    "sts_only_testing": "Trying {host} once more: the policy is only being tested.",
    "remote_tls": "The connection to {host} is encrypted with {tls}[; {proof}].",
    "tls_refused": "{host} did not want to encrypt: {reply}",
    "tls_failed": "Encrypting the connection to {host} failed: {reason}.",
    "plain_again": "Trying {host} once more without encryption.",
    "remote_auth": "Signing in to {host} as {user} with {mechanism} was answered with: {reply}",
    "remote_lost": "The conversation with {host} ({address}) broke off: {reason}.",
}
