"""Join: several streams that one stage takes beside each other."""
