"""What a user may ask for: options, their checks and forms, and profiles of the configuration."""
