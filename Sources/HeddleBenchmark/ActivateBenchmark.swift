import HeddleModel
package import JSON

/// `heddle benchmark activate`: first activations of a compiled extension in the sandbox.
package struct ActivateBenchmark: Benchmark {
    /// Extensions that are alike.
    private struct Kind {
        let name: String
        let count: Int
        let callers: Int
        var type = "capability"
        var tools = 1
        /// How many others each of them needs, which are activated with it.
        var needs = 0
    }

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
        let (many, some) = (Int(200 * scale), max(1, Int(50 * scale)))
        func measure(_ kind: Kind) throws -> LatencyRecord {
            let record = try activate(kind, folder, server)
            report.add("activate, \(kind.name)", callers: kind.callers, record)
            return record
        }
        let alone = try measure(Kind(name: "sandboxed", count: max(1, many), callers: 1))
        _ = try measure(Kind(name: "sandboxed", count: max(4, many), callers: 4))
        let targets = Self.targets(
            busy: try measure(Kind(name: "sandboxed", count: max(16, many), callers: 16)),
            alone: alone,
            intelligent: try measure(Kind(name: "type ai", count: some, callers: 1, type: "ai")),
            capable: try measure(Kind(name: "10 tools", count: some, callers: 1, tools: 10)),
            needingOne: try measure(Kind(name: "needs 1", count: some, callers: 1, needs: 1)),
            needingFive: try measure(Kind(name: "needs 5", count: some, callers: 1, needs: 5)),
            complex: try measure(Kind(name: "10 tools, needs 5", count: some, callers: 1, tools: 10, needs: 5))
        )
        report.add(targets)
        return report.json(suite: "activate")
    }

    /// Registers extensions with what they need, and activates each of them.
    private func activate(
        _ kind: Kind,
        _ folder: BenchmarkFolder,
        _ server: ServerUnderTest
    ) throws -> LatencyRecord {
        let base = kind.name.filter { $0.isLetter || $0.isNumber }
        let names = (0..<kind.count).map { "\(base)-by-\(kind.callers)-\($0)" }
        func register(_ name: String, _ more: [JSONObject.Member]) throws -> (path: String, body: String) {
            BenchmarkFolder.registration(try folder.writeExtension(name, adding: more), activate: false)
        }
        func load(_ requests: [(path: String, body: String)]) throws {
            guard !requests.isEmpty else { return }
            let record = try server.load(requests, expecting: #""state":"registered""#).runAll(callers: 16)
            guard record.failures == 0 else { throw HeddleError(.internalError, "a registration was refused") }
        }
        let needed = names.map { name in (0..<kind.needs).map { "\(name)-needs-\($0)" } }
        try load(needed.joined().map { try register($0, []) })
        try load(
            zip(names, needed)
                .map { name, needed in
                    let dependencies = JSONObject(members: needed.map { .init(name: $0, value: "^1.0") })
                    let command = [folder.echo] + (kind.tools > 1 ? ["--tools", String(kind.tools)] : [])
                    return try register(
                        name,
                        [
                            .init(name: "type", value: .string(kind.type)),
                            .init(name: "runtime", value: ["command": .array(command.map(JSONValue.string))]),
                            .init(name: "dependencies", value: .object(dependencies)),
                        ]
                    )
                }
        )
        let activations = names.map { (path: "/api/v1/extensions/\($0)/activate", body: "") }
        return try server.load(activations, expecting: #""state":"active""#).runAll(callers: kind.callers)
    }
}
