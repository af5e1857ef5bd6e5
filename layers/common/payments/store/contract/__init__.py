"""What the use cases ask of the store, by noun. No method decides; each save is one transaction."""
