"""The parts of `Benchmarks/peers/gateways.py`: what is started, what loads it, and how the figures are shown."""
