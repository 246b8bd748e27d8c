"""What it adds up to, for programs."""
