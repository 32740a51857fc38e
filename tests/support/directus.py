"""The databases the tests make: names that are hard to quote, tables as Directus makes them."""

from importlib.resources import files
from pathlib import Path

ROLE = "directus"
ODD_SCHEMA = "Dir\"ectus '12' {{ü}} %s"
QUOTED_ODD_SCHEMA = '"' + ODD_SCHEMA.replace('"', '""') + '"'
ACTIVITY_TABLES = Path(str(files("activity_sql") / "demo" / "directus_tables.sql"))
