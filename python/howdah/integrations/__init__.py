"""howdah under the libraries that programs already use. Each part imports its library when used."""
