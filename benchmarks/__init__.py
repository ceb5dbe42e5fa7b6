"""What the table in README.md is made with: each number is a ratio to a named peer, measured in the same run on the same machine."""
