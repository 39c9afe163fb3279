"""Fork: one stream that several stages take from."""
