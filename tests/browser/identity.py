"""A small OpenID Connect provider: `python -m tests.browser.identity PORT` lets anybody be one of its people."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import RSAKey

from stream_app.local.child import Child
from stream_app.local.ports import HOST, free_ports
from tests.integration.waiting import wait_for

CLIENT_ID, CLIENT_SECRET = "segstream-dashboard", "known-to-both-sides"
COOKIE_SECRET = "what signs the cookie of who is in"  # noqa: S105
CALLBACK = "/oauth2callback"
PEOPLE: dict[str, dict[str, object]] = {
    "ada": {"email": "Ada@shop.example", "email_verified": True},
    "mallory": {"email": "mallory@not-shop.example", "email_verified": True},
    "eve": {"email": "ada@shop.example", "email_verified": False},
    "forged": {"email": "ada@shop.example", "email_verified": True},
    "stale": {"email": "ada@shop.example", "email_verified": True},
}
"""`forged` gets a token that another key has signed, `stale` one of thirteen hours ago."""


@dataclass
class Provider:
    """What the provider knows: its key, and the codes that it has given out."""

    url: str
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "ours"}))
    other_key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "ours"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def metadata(self) -> dict[str, object]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "end_session_endpoint": f"{self.url}/end",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def code_for(self, person: str, asked: dict[str, str]) -> str:
        """Return a code that can be exchanged once for the person's token."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked | {"person": person}
        return code

    def token(self, form: dict[str, str], authorization: str) -> dict[str, object] | None:
        """Exchange a code; None for a client or a proof that is not the one that asked."""
        asked = self.codes.pop(form.get("code", ""), None)
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        if asked is None or proof != asked["code_challenge"] or authorization != f"Basic {expected}":
            return None
        person = asked["person"]
        issued_at = int(time.time()) - (13 * 3600 if person == "stale" else 0)
        claims = PEOPLE[person] | {
            "iss": self.url, "aud": CLIENT_ID, "sub": person, "nonce": asked["nonce"], "iat": issued_at,
            "exp": int(time.time()) + 600,
        }  # fmt: skip
        key = self.other_key if person == "forged" else self.key
        id_token = jwt.encode({"alg": "RS256", "kid": "ours"}, claims, key)
        return {
            "access_token": secrets.token_urlsafe(8),
            "token_type": "Bearer",
            "expires_in": 600,
            "id_token": id_token,
        }


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    provider: Provider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/.well-known/openid-configuration":
            self._json(self.provider.metadata())
        elif parts.path == "/jwks":
            self._json({"keys": [self.provider.key.as_dict(private=False)]})
        elif parts.path == "/authorize":
            again = urlencode(asked)
            links = "".join(f'<p><a href="/as/{person}?{again}">{person}</a></p>' for person in PEOPLE)
            self._send(200, "text/html", f"<h1>Who are you?</h1>{links}".encode())
        elif parts.path.startswith("/as/"):
            code = self.provider.code_for(parts.path.removeprefix("/as/"), asked)
            self._go(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")
        elif parts.path == "/end":
            self._go(asked["post_logout_redirect_uri"])
        else:
            self._send(404, "text/plain", b"no such page")

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        given = {name: values[0] for name, values in form.items()}
        found = self.provider.token(given, self.headers.get("Authorization", ""))
        self._json(found or {"error": "invalid_grant"}, 200 if found else 400)

    def _go(self, where: str) -> None:
        self.send_response(302)
        self.send_header("Location", where)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _json(self, found: dict[str, object], status: int = 200) -> None:
        self._send(status, "application/json", json.dumps(found).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def an_identity_provider(folder: Path) -> Iterator[str]:
    """Run the provider as a process, and yield its address."""
    port, said = free_ports(1)[0], folder / "identity.out"
    child = Child.start([sys.executable, "-m", "tests.browser.identity", str(port)], env=None, stdout=said)
    url = f"http://{HOST}:{port}"
    try:
        wait_for("the provider answers", lambda: _answers(f"{url}/jwks"), said=said.read_text)
        yield url
    finally:
        child.kill()


def sign_in_settings(provider: str, port: int) -> dict[str, object]:
    """Return the settings of a dashboard at a port, into which only the shop's people are let."""
    return {
        "dashboard_oidc_metadata_url": f"{provider}/.well-known/openid-configuration",
        "dashboard_oidc_client_id": CLIENT_ID,
        "dashboard_oidc_client_secret": CLIENT_SECRET,
        "dashboard_oidc_redirect_uri": f"http://{HOST}:{port}{CALLBACK}",
        "dashboard_oidc_cookie_secret": COOKIE_SECRET,
        "dashboard_oidc_allowed": "@shop.example",
    }


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def main() -> None:
    """Serve until this process is ended."""
    port = int(sys.argv[1])
    Handler.provider = Provider(f"http://{HOST}:{port}")
    ThreadingHTTPServer((HOST, port), Handler).serve_forever()


if __name__ == "__main__":
    main()
