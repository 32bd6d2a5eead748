"""What a network looks at: slopes down to the pixels, maps that explain an answer, and what tests them."""
