"""What a storefront, a picker or an operator can ask for; one function each."""
