"""The record of things on SQL: tables, migrations, stores, unit of work, database."""
