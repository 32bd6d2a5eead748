"""What every chapter uses: demos, exercises, figures, data sets, input checks. It imports no chapter."""
