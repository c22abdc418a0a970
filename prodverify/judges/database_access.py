"""The suite reads the database as the role that the target names, which can do no more, over a protected connection."""

from __future__ import annotations

from prodverify.data.health.session import Session
from prodverify.judges.quotation import listed, quote
from prodverify.record.findings import Finding, fail, inconclusive, info, warn


def judge_role(session: Session, role: str) -> list[Finding]:
    """The role is ``role``; each right beyond reading is a warning, as a suite that only reads needs none of them."""
    found = []
    if session.role != role:
        observed = f"in database {quote(session.database, 63)} they are those of {quote(session.role, 63)}"
        step = "let the secret that dsn of [database] names log in as the role that is promised, or promise this one"
        if session.login != session.role:
            observed += f", although {quote(session.login, 63)} logged in"
            step = "a setting makes every session of that login act as another role: ALTER ROLE ... RESET role"
        found.append(
            fail("database-role-other", f"our rights to be those of role {quote(role, 63)}", observed, next_step=step)
        )
    if session.strengths:
        found.append(
            warn(
                "database-role-strong",
                "a role that can read, and no more",
                f"{quote(session.login, 63)} is {listed(session.strengths, 300)}",
                next_step="give the suite a role of its own, with pg_monitor and SELECT on what it is to read",
            )
        )
    if not session.sees_all:
        found.append(
            info(
                "database-role-blind",
                "a role that sees what other sessions do",
                f"{quote(session.role, 63)} does not",
                next_step=f"GRANT pg_monitor TO {quote(session.role, 63)}",
            )
        )
    return found


def judge_tls(session: Session, promised: str, refused: str | None) -> list[Finding]:
    """
    The connection is protected as ``promised``: ``require``, ``verify-full``, or ``none`` for one that never leaves the
    machine.

    ``refused`` is what libpq says where the certificate is verified by a second connection: empty where it is trusted,
    None where nobody asked. https://www.postgresql.org/docs/current/libpq-ssl.html
    """
    seen = _seen(session)
    if promised == "none":
        if session.local or session.encrypted or session.host in ("localhost", "127.0.0.1", "::1", ""):
            return [info("database-transport", "a connection that stays on the machine, or is encrypted", seen)]
        return [
            fail(
                "database-transport-open",
                "a connection that stays on the machine, or is encrypted",
                seen,
                next_step='use TLS, and promise it: tls = "verify-full"',
            )
        ]
    if not session.encrypted:
        return [
            fail(
                "database-transport-open",
                "a connection by TLS",
                seen,
                next_step='say tls = "none" in [database]: a unix socket has no TLS'
                if session.local
                else "let the server require it (hostssl in pg_hba.conf) and the DSN ask for it (sslmode)",
            )
        ]
    found = []
    if not session.encrypted_at_server:
        found.append(
            warn(
                "database-transport-half-open",
                "TLS as far as the server",
                "a pooler in between is reached by TLS and reaches the server without",
                next_step="have the pooler use TLS too (server_tls_sslmode), or keep both on one machine",
            )
        )
    if promised == "verify-full":
        found += _certificate(refused)
    return found or [info("database-transport", "a connection by TLS", seen)]


def _certificate(refused: str | None) -> list[Finding]:
    if refused is None:
        return [
            inconclusive(
                "database-certificate-unseen",
                "a certificate that libpq trusts for this host",
                "nobody verified it",
                next_step="add sslmode=verify-full and sslrootcert, the file of its authority, to the DSN",
            )
        ]
    if refused:
        return [
            fail(
                "database-certificate-untrusted",
                "a certificate that libpq trusts for this host",
                quote(refused),
                next_step="give the server a certificate for its name, and the DSN its authority (sslrootcert)",
            )
        ]
    return []


def _seen(session: Session) -> str:
    if session.local:
        return "a unix socket"
    return (
        f"TLS, {quote(session.protocol, 20) or 'version unknown'}"
        if session.encrypted
        else "plain text over the network"
    )
