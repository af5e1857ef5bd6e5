"""The store's protocols, one module for each kind of record. Methods make no decisions; a save is one transaction."""
