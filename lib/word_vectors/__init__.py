"""Chapter 4: word vectors and alignment."""
