"""Performs the effects of the protocol, in threads or on a loop; the only room with httpx."""
