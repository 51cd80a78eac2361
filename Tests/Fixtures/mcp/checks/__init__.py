"""Our own version of the server scenarios of the official MCP conformance suite, over raw HTTP."""
