"""What leaves the garage: the adapter with its model card, as a file or on the Hub."""
