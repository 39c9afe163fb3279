"""Files of networks and of golden data: network folders, ``.keras``, and arrays in them."""
