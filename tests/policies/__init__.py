"""Rules, facts, columns and the gate."""
