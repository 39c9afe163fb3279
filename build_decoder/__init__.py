"""The command line and the flow from a trained network to a bitstream."""
