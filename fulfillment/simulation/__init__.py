"""Seeded robots for staff, carriers, suppliers and customers; they own the demo."""
