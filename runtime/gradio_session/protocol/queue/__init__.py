"""The event stream of a session as a state machine: messages, calls, outcomes, payloads."""
