"""The contract between use cases and gateway adapters: protocols, the records they exchange, and errors."""
