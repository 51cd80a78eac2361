import HeddleModel
package import JSON

/// `heddle benchmark activate`: first activations of a compiled extension in the sandbox.
package struct ActivateBenchmark: Sendable {
    private let executable: String
    private let scale: Double

    package init(executable: String, scale: Double) {
        self.executable = executable
        self.scale = scale
    }

    /// Runs everything; each part also tells its line to `report` when it is done.
    ///
    /// - Throws: ``HeddleError`` of the part that failed.
    package func run(report: (String) -> Void) async throws -> JSONValue {
        let folder = try BenchmarkFolder(executable: executable)
        let server = try ServerUnderTest(executable: executable, dataDirectory: folder.path + "/data")
        defer { server.stop() }
        report(LatencyRecord.heading)
        var rows: [JSONValue] = []
        for callers in [1, 4, 16] {
            let names = (0..<max(callers, Int(200 * scale))).map { "echo-\(callers)-\($0)" }
            let headers = ["Authorization: Bearer \(server.token)"]
            let registrations = try names.map {
                BenchmarkFolder.registration(try folder.writeExtension($0), activate: false)
            }
            _ = try HTTPLoad(
                port: server.port,
                headers: headers,
                requests: registrations,
                expected: #""state":"registered""#
            )
            .runAll(callers: 16)
            let load = try HTTPLoad(
                port: server.port,
                headers: headers,
                requests: names.map { ("/api/v1/extensions/\($0)/activate", "") },
                expected: #""state":"active""#
            )
            let record = try load.runAll(callers: callers)
            report(record.line("activate, sandboxed", callers: callers))
            rows.append(record.json("activate, sandboxed", callers: callers))
        }
        return ["suite": "activate", "calls": .array(rows)]
    }
}
