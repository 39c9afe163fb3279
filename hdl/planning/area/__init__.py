"""Area of planned decoders."""
