"""What howdah has for the tests of programs: `howdah.testing`, and the plugin of pytest."""
