import HeddleModel

/// How much more is written when many write at the same time: they share the syncs of the disk.
struct GroupCommits {
    private static let writers = 64

    let executable: String
    let folder: BenchmarkFolder
    let seconds: Double

    /// Measures one writer and many on a server of its own.
    ///
    /// - Parameters:
    ///   - delay: What delays syncs; nil for the disk as it is.
    ///   - told: Gets the callers and the record of each measurement when it is over.
    /// - Returns: How many times as much the many write.
    /// - Throws: ``HeddleError`` with `startFailed`, `serverUnreachable`.
    func run(_ delay: SyncDelay?, _ told: (Int, LatencyRecord) -> Void) throws(HeddleError) -> Double {
        let server = try ServerUnderTest(
            executable: executable,
            dataDirectory: folder.path + (delay == nil ? "/undelayed" : "/delayed"),
            variables: delay?.variables ?? []
        )
        defer { server.stop() }
        let target = ContextTarget(port: server.port, headers: server.headers)
        let load = try target.load(0..<1000) { number throws(HeddleError) in
            try target.request("POST", ContextTarget.path, ContextWorkload.body(number))
        }
        _ = try load.run(callers: 8, seconds: seconds / 4)
        var rates: [Double] = []
        for writers in [1, Self.writers] {
            let record = try load.run(callers: writers, seconds: seconds)
            told(writers, record)
            rates.append(record.rate)
        }
        return rates[0] > 0 ? rates[1] / rates[0] : 0
    }
}
