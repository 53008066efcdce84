"""Other people's registers of tax IDs behind one Protocol, and a double of them to work with offline."""
