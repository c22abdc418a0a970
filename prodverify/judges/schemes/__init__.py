"""Signature schemes of webhooks: how the well-known senders sign, written and verified with hmac and hashlib alone."""
