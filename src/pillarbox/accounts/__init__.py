"""Whose mail is this? Domains, users, aliases, passwords and the throttle that guards them."""
