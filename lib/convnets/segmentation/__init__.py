"""Which pixels: what masks are worth, and a U-Net that makes them."""
