import NIOPosix

/// Calls that wait for a disk, kept away from event loops and from tasks.
enum Blocking {
    /// Runs a body on a thread that may wait; once begun it is never given up, so nobody writes after it returned.
    ///
    /// - Throws: what the body throws, and ``DownloadError/Code/cancelled`` when the process is about to end.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            NIOThreadPool.singleton.submit { state in
                guard case .active = state else {
                    continuation.resume(throwing: DownloadError(.cancelled, "the process is about to end"))
                    return
                }
                continuation.resume(with: Result(catching: body))
            }
        }
    }
}
