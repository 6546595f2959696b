"""HTTP operations as flows: discovery, login, Spaces, download and the rest."""
