"""How nodes reach each other: proof of the secret, sealed frames, links, and names."""
