"""Exact analytics on Directus's activity log: the tool that deploys the SQL."""
