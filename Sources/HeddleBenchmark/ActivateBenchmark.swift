package import JSON

/// `heddle benchmark activate`: first activations of a compiled extension in the sandbox.
package struct ActivateBenchmark: Benchmark {
    private let executable: String
    private let scale: Double

    package init(executable: String, scale: Double) {
        self.executable = executable
        self.scale = scale
    }

    package func run(report tell: @escaping (String) -> Void) async throws -> JSONValue {
        let folder = try BenchmarkFolder(executable: executable)
        let server = try ServerUnderTest(executable: executable, dataDirectory: folder.path + "/data")
        defer { server.stop() }
        var report = BenchmarkReport(tell)
        for callers in [1, 4, 16] {
            let names = (0..<max(callers, Int(200 * scale))).map { "echo-\(callers)-\($0)" }
            let registrations = try names.map {
                BenchmarkFolder.registration(try folder.writeExtension($0), activate: false)
            }
            _ = try server.load(registrations, expecting: #""state":"registered""#).runAll(callers: 16)
            let activations = names.map { (path: "/api/v1/extensions/\($0)/activate", body: "") }
            let load = try server.load(activations, expecting: #""state":"active""#)
            report.add("activate, sandboxed", callers: callers, try load.runAll(callers: callers))
        }
        return report.json(suite: "activate")
    }
}
