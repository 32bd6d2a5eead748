"""Models that make pictures: a variational autoencoder, and a field that carries noise to data."""
