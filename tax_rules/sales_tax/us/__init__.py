"""US sales tax: states, counties, cities and districts."""
