"""Ways to hand messages over, behind the one port: for now a folder of .eml files."""
