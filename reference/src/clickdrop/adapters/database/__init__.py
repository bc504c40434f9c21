"""The database, by SQLAlchemy: tables, transactions, and a store for each kind of object."""
