import HeddleModel

extension VectorCollection {
    /// Batches that are under way at once.
    private static let batchesInFlight = 5

    /// How many points make about a megabyte, 10...1,000.
    ///
    /// - Parameter bytes: Bytes of one point beside its vector.
    /// - Returns: The count.
    package func batchSize(bytesBeside bytes: Int = 100) -> Int {
        max(10, min((1 << 20) / (settings.dimension * 8 + bytes), 1_000))
    }

    /// Stores points that are made one by one, in batches of about a megabyte.
    ///
    /// - Parameters:
    ///   - count: How many there are.
    ///   - progress: Is told after each batch how many are stored.
    ///   - point: Makes a point by its number.
    /// - Throws: ``HeddleError`` as ``upsert(_:)``; batches that were stored before stay.
    package func upsert(
        count: Int,
        progress: @Sendable (Int) -> Void = { _ in },
        point: @escaping @Sendable (Int) throws -> VectorPoint
    ) async throws {
        let size = batchSize()
        try await withThrowingTaskGroup(of: Int.self) { group in
            var next = 0
            var stored = 0
            while next < count || stored < count {
                if next < count, next - stored < size * Self.batchesInFlight {
                    let range = next..<min(next + size, count)
                    group.addTask {
                        try await self.upsert(range.map(point))
                        return range.count
                    }
                    next = range.upperBound
                } else if let done = try await group.next() {
                    stored += done
                    progress(stored)
                }
            }
        }
    }
}
