"""How people and programs reach the operations: commands now, later an API and pages."""
