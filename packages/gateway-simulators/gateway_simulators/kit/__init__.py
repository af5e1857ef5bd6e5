"""The parts that all gateway simulators share."""
