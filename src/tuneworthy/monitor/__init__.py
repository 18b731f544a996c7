"""What production traffic looks like against what was tested."""
