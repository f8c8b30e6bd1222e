"""People prove who they are, and say what an application may do in their name.

Accounts with password, one-time code, passkey or a clinic's own identity provider; sessions;
consent. Pages work without a script, passkeys excepted.
"""
