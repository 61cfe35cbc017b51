"""What is told of an attempt to hand a message to another host?"""

DELIVERY: dict[str, str] = {
    "route": "The way to {domain}: {why}.",
    "dns": "DNS says: {answer}[ (an older answer, because no server gave a new one{stale|flag})]",
    "dns_failed": "DNS gave no answer. {reason}",
    "target_forbidden": "Passed over, because no other machine can be there: {targets}.",
    "reached": "Reached {host} ({address}) on port {port} in {ms} ms.",
    "not_reached": "Could not reach {host} ({address}) on port {port}: {reason}.",
    "greeted": "{host} greeted: {reply}",
    "remote_tls": "The connection to {host} is encrypted with {tls}[; its certificate was checked{verified|flag}].",
    "tls_refused": "{host} did not want to encrypt: {reply}",
    "tls_failed": "Encrypting the connection to {host} failed: {reason}.",
    "plain_again": "Trying {host} once more without encryption.",
    "remote_auth": "Signing in to {host} as {user} with {mechanism} was answered with: {reply}",
    "remote_lost": "The conversation with {host} ({address}) broke off: {reason}.",
}
