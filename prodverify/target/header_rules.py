"""
The rules that a header policy may ask for, and what each may find.

Policies weigh these findings, and exceptions of a target file name them; a test holds them equal to what the judges say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Profile = Literal["html", "api", "redirect", "error", "static", "preflight"]
PROFILES: tuple[Profile, ...] = get_args(Profile)
"""Kinds of answer that are judged apart: what a page needs is not demanded of JSON."""

RULES: Mapping[str, tuple[str, ...]] = {
    "hsts": (
        "hsts-missing",
        "hsts-invalid",
        "hsts-lines-differ",
        "hsts-max-age-zero",
        "hsts-max-age-short",
        "hsts-max-age-under-a-year",
        "hsts-max-age-over-ten-years",
        "hsts-subdomains-left-out",
        "hsts-preload-ineligible",
        "hsts-over-http",
        "hsts-not-applicable",
    ),
    "csp": (
        "csp-missing",
        "csp-report-only",
        "csp-script-unrestricted",
        "csp-script-inline",
        "csp-script-broad",
        "csp-script-data",
        "csp-strict-dynamic-alone",
        "csp-object-unrestricted",
        "csp-object-broad",
        "csp-object-data",
        "csp-object-allowed",
        "csp-base-uri-missing",
        "csp-base-uri-broad",
        "csp-base-uri-allowed",
        "csp-form-action-missing",
        "csp-form-action-broad",
        "csp-eval",
        "csp-style-inline",
        "csp-style-broad",
        "csp-source-insecure",
        "csp-image-insecure",
        "csp-directive-repeated",
        "csp-directive-not-ascii",
        "csp-keyword-unquoted",
    ),
    "nonces": ("csp-nonce-repeated", "csp-nonce-absent"),
    "framing": (
        "framing-allowed",
        "framing-ancestors-broad",
        "framing-ancestors-missing",
        "framing-options-missing",
        "framing-options-invalid",
        "framing-options-overridden",
    ),
    "nosniff": ("nosniff-missing", "nosniff-invalid", "nosniff-repeated"),
    "referrer-policy": ("referrer-policy-missing", "referrer-policy-invalid", "referrer-policy-unsafe"),
    "permissions-policy": (
        "permissions-policy-missing",
        "permissions-policy-invalid",
        "permissions-policy-member-ignored",
        "permissions-policy-broad",
    ),
    "isolation": (
        "opener-policy-missing",
        "opener-policy-invalid",
        "opener-policy-open",
        "embedder-policy-missing",
        "embedder-policy-invalid",
        "resource-policy-missing",
        "resource-policy-invalid",
        "resource-policy-miscased",
    ),
    "content-type": (
        "content-type-missing",
        "content-type-invalid",
        "content-type-lines-differ",
        "content-type-charset-missing",
        "content-type-charset-unknown",
    ),
    "obsolete": ("obsolete-header", "obsolete-filter", "obsolete-pins"),
    "caching": (
        "cache-control-shared",
        "cache-control-hit",
        "cache-control-missing",
        "cache-control-kept",
        "cache-control-contradictory",
        "cache-serves-strangers",
        "cache-open-to-strangers",
        "cache-unproven",
    ),
    "cors": (
        "cors-echo-with-credentials",
        "cors-null-with-credentials",
        "cors-star-with-credentials",
        "cors-star-on-private",
        "cors-echo",
        "cors-origin-several",
        "cors-allowed-refused",
        "cors-credentials-refused",
        "cors-credentials-undeclared",
        "cors-preflight-needs-credential",
        "cors-preflight-refused",
        "cors-header-refused",
        "cors-headers-star",
        "cors-vary-missing",
        "cors-limited",
        "cors-unanswered",
    ),
    "disclosure": (
        "disclosure-debug",
        "disclosure-software",
        "disclosure-source",
        "disclosure-product",
        "disclosure-gateway",
        "disclosure-realm",
        "disclosure-server",
        "disclosure-server-version",
    ),
}
"""Rule and the names of its findings."""
