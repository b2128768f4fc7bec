"""A laboratory of real LNbits servers: started, scripted, stopped and broken on loopback."""
