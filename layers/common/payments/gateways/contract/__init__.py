"""What every gateway does for us: five methods. What only some can is a small protocol in the module of its noun."""
