"""The stores on SQL, one file each."""
