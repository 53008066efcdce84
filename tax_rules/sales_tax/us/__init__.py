"""United States: the sales taxes of states and their localities, and what they rest on."""
