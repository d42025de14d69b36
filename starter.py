"""Submits orders and follows them: `python starter.py samples/orders.json`, `-`, or `--sample 5`.

Exit codes: 0 every order is acknowledged; 1 an order or a file was refused; 2 nobody answers.
"""

from fulfillment.entrypoints.submit import main

if __name__ == "__main__":
    main()
