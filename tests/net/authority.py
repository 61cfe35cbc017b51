"""A certificate authority in memory, as strict as RFC 8555 is: signatures, nonces, states, proofs."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from pillarbox.net.acme_keys import b64
from pillarbox.net.https import Answer

HOME = "https://ca.test"
DAY = 86_400.0
Proof = Callable[[str, str], bytes | None]


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Request:
    """What was signed, when the signature is good and the nonce fresh."""

    url: str
    account: str
    jwk: Mapping[str, str]
    payload: Mapping[str, object] | None


class FakeAuthority:
    """``proof`` is asked what is shown for (name, token). ``lives``: days that a certificate is valid from ``now``.

    ``refuse`` maps a path to an answer that is given instead; ``window``: what is suggested, in seconds from now.
    """

    def __init__(self, proof: Proof, now: Callable[[], float], lives: float = 90.0) -> None:
        self.refuse: dict[str, Answer] = {}
        self.window: tuple[float, float] | None = None
        self.bad_nonces = 0
        self.replaced: list[object] = []
        self.orders: list[list[str]] = []
        self.asked: list[str] = []
        self.chains: list[bytes] = []
        self._proof, self._now, self._lives = proof, now, lives
        self._nonces: set[str] = set()
        self._count = 0
        self._accounts: dict[str, Mapping[str, str]] = {}
        self._valid: set[str] = set()
        self._ready: dict[str, str] = {}
        self._key = ec.generate_private_key(ec.SECP256R1())

    async def ask(self, method: str, url: str, content: bytes = b"", kind: str = "") -> Answer:
        path = url.removeprefix(HOME)
        self.asked.append(path)
        if path in self.refuse:
            return self.refuse[path]
        self._count += 1
        nonce = f"nonce{self._count}"
        self._nonces.add(nonce)
        answer = self._look(path) if method in {"GET", "HEAD"} else self._post(path, self._checked(url, content, kind))
        return Answer(answer.status, {"replay-nonce": nonce, **answer.fields}, answer.content)

    def _look(self, path: str) -> Answer:
        names = ("newNonce", "newAccount", "newOrder")
        if path == "/directory":
            extra = {"renewalInfo": f"{HOME}/renewal"} if self.window else {}
            return said(200, {name: f"{HOME}/{name}" for name in names} | extra)
        if path.startswith("/renewal/") and self.window is not None:
            start, end = (datetime.fromtimestamp(self._now() + at, UTC).isoformat() for at in self.window)
            return said(200, {"suggestedWindow": {"start": start, "end": end}}, retry="7200")
        return said(200, {})

    def _checked(self, url: str, content: bytes, kind: str) -> Request | Answer:
        assert kind == "application/jose+json"
        jws = json.loads(content)
        header = json.loads(unb64(jws["protected"]))
        assert (header["alg"], header["url"], "jwk" in header) == ("ES256", url, "kid" not in header)
        jwk = header.get("jwk") or self._accounts[header["kid"]]
        x, y = (int.from_bytes(unb64(jwk[part]), "big") for part in "xy")
        numbers = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1())
        raw = unb64(jws["signature"])
        signature = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        signed = f"{jws['protected']}.{jws['payload']}".encode()
        numbers.public_key().verify(signature, signed, ec.ECDSA(hashes.SHA256()))
        fresh = header["nonce"] in self._nonces
        self._nonces.discard(header["nonce"])
        if not fresh or self.bad_nonces:
            self.bad_nonces = max(0, self.bad_nonces - 1)
            return problem(400, "badNonce", "used up")
        payload = json.loads(unb64(jws["payload"])) if jws["payload"] else None
        return Request(url, str(header.get("kid", "")), jwk, payload)

    def _post(self, path: str, request: Request | Answer) -> Answer:
        if isinstance(request, Answer):
            return request
        what, _, rest = path.strip("/").partition("/")
        handler: Callable[[str, Request], Answer] = getattr(self, f"_{what.lower()}")
        return handler(rest, request)

    def _newaccount(self, _rest: str, request: Request) -> Answer:
        assert request.payload is not None
        if not request.payload["termsOfServiceAgreed"]:
            return problem(403, "userActionRequired", "agree first")
        kid = f"{HOME}/account/{request.jwk['x']}"
        self._accounts[kid] = request.jwk
        return said(200, {"status": "valid"}, location=kid)

    def _neworder(self, _rest: str, request: Request) -> Answer:
        assert request.payload is not None
        identifiers = request.payload["identifiers"]
        assert isinstance(identifiers, list)
        self.orders.append([each["value"] for each in identifiers])
        self.replaced.append(request.payload.get("replaces"))
        self._valid.clear()
        return self._order(str(len(self.orders) - 1), request)

    def _order(self, number: str, _request: Request) -> Answer:
        names = self.orders[int(number)]
        ready = set(names) <= self._valid
        status = "valid" if number in self._ready else "ready" if ready else "pending"
        value: dict[str, object] = {
            "status": status,
            "authorizations": [f"{HOME}/authorization/{name}" for name in names],
            "finalize": f"{HOME}/finalize/{number}",
        }
        if number in self._ready:
            value["certificate"] = f"{HOME}/certificate/{self._ready[number]}"
        return said(200, value, location=f"{HOME}/order/{number}")

    def _authorization(self, name: str, _request: Request) -> Answer:
        status = "valid" if name in self._valid else "invalid" if f"!{name}" in self._valid else "pending"
        challenge: dict[str, object] = {
            "type": "http-01",
            "url": f"{HOME}/challenge/{name}",
            "token": f"token-{name.replace('.', '-')}",
        }
        if status == "invalid":
            challenge["error"] = {"type": "urn:ietf:params:acme:error:connection", "detail": "nothing was to be seen"}
        identifier = {"type": "dns", "value": name}
        return said(200, {"status": status, "identifier": identifier, "challenges": [challenge]})

    def _challenge(self, name: str, request: Request) -> Answer:
        token = f"token-{name.replace('.', '-')}"
        canonical = json.dumps(dict(sorted(request.jwk.items())), separators=(",", ":")).encode()
        wanted = f"{token}.{b64(sha256(canonical).digest())}".encode()
        self._valid.add(name if self._proof(name, token) == wanted else f"!{name}")
        return said(200, {"status": "processing"})

    def _finalize(self, number: str, request: Request) -> Answer:
        assert request.payload is not None
        wish = x509.load_der_x509_csr(unb64(str(request.payload["csr"])))
        names = wish.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == self.orders[int(number)]
        start = datetime.fromtimestamp(self._now(), UTC)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test CA")]))
            .public_key(wish.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=self._lives))
            .add_extension(names, critical=False)
            .add_extension(identifier, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.chains.append(made.public_bytes(serialization.Encoding.PEM))
        self._ready[number] = str(len(self.chains) - 1)
        return said(200, {"status": "processing"}, location=f"{HOME}/order/{number}")

    def _certificate(self, number: str, _request: Request) -> Answer:
        return Answer(200, {"content-type": "application/pem-certificate-chain"}, self.chains[int(number)])


def said(status: int, value: Mapping[str, object], *, location: str = "", retry: str = "") -> Answer:
    fields = {"content-type": "application/json"}
    fields |= {"location": location} if location else {}
    fields |= {"retry-after": retry} if retry else {}
    return Answer(status, fields, json.dumps(value).encode())


def problem(status: int, kind: str, detail: str, retry: str = "") -> Answer:
    """RFC 9457."""
    value = {"type": f"urn:ietf:params:acme:error:{kind}", "detail": detail}
    fields = {"content-type": "application/problem+json"} | ({"retry-after": retry} if retry else {})
    return Answer(status, fields, json.dumps(value).encode())


@dataclass
class Pauses:
    """Waits that take no time."""

    taken: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
