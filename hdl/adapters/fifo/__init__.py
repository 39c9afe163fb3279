"""FIFO: transfers that wait."""
