"""Revenge: a self-hosted media appliance."""

__version__ = "0.1.0"
