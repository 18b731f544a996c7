"""The tables of the ring of keys. They lie apart from the ledger's, and no backup holds both."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

FORM = 1
"""The form of these tables; a release refuses one that it does not know."""

_NAME = Text().with_variant(Text(collation="C"), "postgresql")

metadata = MetaData()

ring = Table(
    "tuneworthy_ring",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("id", _NAME, nullable=False),
    Column("form", Integer, nullable=False),
    Column("lookup", LargeBinary, nullable=False),
    Column("epoch", BigInteger, nullable=False),
)

data_keys = Table(
    "tuneworthy_data_keys",
    metadata,
    Column("id", _NAME, primary_key=True),
    # An opaque id of a person, or "day 2026-03-01".
    Column("ref", _NAME, nullable=False, unique=True),
    Column("secret", LargeBinary, nullable=False),
    Column("used_on", _NAME, nullable=False),
    Index("tuneworthy_data_keys_idle", "used_on"),
)

destroyed_keys = Table("tuneworthy_destroyed_keys", metadata, Column("id", _NAME, primary_key=True))
