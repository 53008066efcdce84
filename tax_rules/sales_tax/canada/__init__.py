"""Canada: GST, HST and the taxes of the provinces."""
