"""Accounts: who may sign in, as what, and under which name."""
