"""What the functions need of their environment: Lambda, AWS clients, settings, clock and logs."""

VERSION = "0.1.0"
