import Testing

/// Tests with the real programs, one after the other, because they look at processes and at time.
@Suite("The whole server", .serialized)
enum WholeServer {}
