"""How the suite probes who gets in: where, with what, and which tokens say who bears them."""

from __future__ import annotations

from pydantic import Field

from prodverify.target.section import Name, SecretName, Section


class Identity(Section):
    """``[identity]``: what the probes of credentials need to know; without it they take what the endpoints say."""

    endpoints: tuple[Name, ...] = Field(
        (), description="protected endpoints to probe; empty: the first that is read by each set of roles that gets in"
    )
    schemes: tuple[str, ...] = Field(
        (),
        description="schemes of Authorization besides the roles' own by which credentials are taken too; an empty text is none",
    )
    one_credential: bool = Field(
        False, description="two credentials in one request are refused, whichever of them comes first"
    )
    cookies: tuple[str, ...] = Field(
        ("api_key", "access_token", "token"), description="cookies in which a key or token must open nothing"
    )
    query_parameters: tuple[str, ...] = Field(
        ("api_key", "access_token"), description="query parameters in which a key must open nothing"
    )
    edge_headers: dict[str, str] = Field(
        {}, description="further header lines that only an edge of yours may set, and that must open nothing"
    )


class Callback(Section):
    """``[tokens.callback]``: a listener of ours that no token may make the service call."""

    listen: str = Field("127.0.0.1:0", description="address and port that our listener of keys listens on")
    public_url: str = Field(
        "", description="address under which the service would reach that listener; its host must be allowed"
    )


class Tokens(Section):
    """One of ``[[tokens]]``: a role whose credential is a signed JWT (RFC 7519), to be forged upon."""

    role: str = Field(description="role that presents the token")
    jwks: str = Field(
        "", description="path or address of the issuer's public keys (RFC 7517), for the probe that confuses them"
    )
    expired: SecretName | None = Field(None, description="secret that holds a token that was good and has expired")
    not_yet_valid: SecretName | None = Field(
        None, description="secret that holds a signed token whose nbf lies in the future"
    )
    other_audience: SecretName | None = Field(
        None, description="secret that holds a signed token that is good, for another service"
    )
    other_issuer: SecretName | None = Field(
        None, description="secret that holds a token that names another issuer, or is signed by one"
    )

    callback: Callback | None = Field(
        None, description="our listener of keys, for the tokens that say where their key lies; absent: none is sent"
    )

    @property
    def worthless(self) -> dict[str, str | None]:
        """The secrets that hold real tokens which must open nothing, by what is wrong with each."""
        return {key: getattr(self, key) for key in WORTHLESS}


WORTHLESS = ("expired", "not_yet_valid", "other_audience", "other_issuer")
