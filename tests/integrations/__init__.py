"""howdah under the libraries that programs already use."""
