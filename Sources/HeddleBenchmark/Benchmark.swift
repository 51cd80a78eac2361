package import JSON

/// One suite of measurements, as `heddle benchmark` runs it.
package protocol Benchmark: Sendable {
    /// Runs everything; each part also tells its lines to `report` when it is done.
    ///
    /// - Throws: ``HeddleError`` of the part that failed.
    func run(report: @escaping (String) -> Void) async throws -> JSONValue
}
