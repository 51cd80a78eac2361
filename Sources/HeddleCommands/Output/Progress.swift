/// Tells a person that something long is under way, and since when.
enum Progress {
    /// Runs an operation; on a terminal the seconds are counted, elsewhere one line is written.
    ///
    /// - Parameters:
    ///   - sentence: What is under way.
    ///   - detail: How far it is, looked at each second.
    ///   - operation: What takes long.
    /// - Returns: What `operation` returns.
    /// - Throws: what `operation` throws.
    static func during<Result: Sendable>(
        _ sentence: String,
        detail: @escaping @Sendable () -> String = { "" },
        _ operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        guard Terminal.error.isInteractive else {
            Terminal.error.line(sentence + " ...")
            return try await operation()
        }
        defer { Terminal.error.write("\r\u{1B}[K") }
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                let clock = ContinuousClock()
                let start = clock.now
                while !Task.isCancelled {
                    let seconds = (clock.now - start).components.seconds
                    Terminal.error.write("\r\(sentence) ... \(seconds) s\(detail())")
                    try? await clock.sleep(for: .seconds(1))
                }
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }
}
