"""Stand-ins for the gateways: they run on this machine and never ship."""
