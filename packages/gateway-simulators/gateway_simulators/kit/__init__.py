"""What every gateway simulator shares."""
