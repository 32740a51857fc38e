"""How many examples a property is tried on."""

import os

# Fewer on the second PostgreSQL of a CI run: what they look for is hardly ever a matter of version.
EXAMPLES = int(os.environ.get("ACTIVITY_SQL_EXAMPLES", "200"))
