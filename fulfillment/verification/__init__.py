"""What each country asks of addresses and phone numbers, from public data that is shipped along."""
