"""PostgreSQL: connections, transactions, columns every table has, keyset pages, migrations."""

from revenge.infra.database.columns import Texts, columns_of, identity, library_item, metadata
from revenge.infra.database.database import Database
from revenge.infra.database.given import given, rows
from revenge.infra.database.page import Listing, Sort

__all__ = ["Database", "Listing", "Sort", "Texts", "columns_of", "given", "identity", "library_item", "metadata", "rows"]
