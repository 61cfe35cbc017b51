"""What does the small web door show of the settings? The MTA-STS policy, and the names that a certificate needs."""

from collections.abc import Sequence

from pillarbox.doors.web.policy import PREFIX, PolicySettings, policy, policy_id

from .settings import Settings


def serves_policy(settings: Settings) -> bool:
    """Whether some listener can show a policy: one for the web, with TLS."""
    return any(part.kind == "web" and part.tls == "implicit" for part in settings.listener)


def policy_settings(settings: Settings) -> PolicySettings | None:
    """The policy of our domains; None when nobody shows it."""
    if not serves_policy(settings):
        return None
    part = settings.mta_sts
    return PolicySettings(part.mode, int(part.max_age), (settings.hostname, *part.more_hosts))


def id_of(settings: Settings) -> str:
    """The id of the policy; "" when nobody shows it."""
    found = policy_settings(settings)
    return "" if found is None else policy_id(policy(found))


def certificate_names(settings: Settings, domains: Sequence[str]) -> list[str]:
    """The names that a certificate is asked for: the host's first, then those that serve policies, then others."""
    policies = [f"{PREFIX}{domain}" for domain in sorted(domains)] if serves_policy(settings) else []
    return list(dict.fromkeys([settings.hostname, *policies, *settings.acme.hosts]))
