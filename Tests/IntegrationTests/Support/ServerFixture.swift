import FoundationEssentials
import Glibc
import HeddleTestSupport
import JSON
import Testing

/// The real server with a data directory of its own.
final class ServerFixture {
    let scratch: ScratchDirectory
    private(set) var process: ChildProcess
    private(set) var port = 0
    private let environment: [String: String]
    private let arguments: [String]

    /// The folder with the built programs.
    static var products: String {
        ProcessInfo.processInfo.environment["HEDDLE_TEST_PRODUCTS"] ?? TestEnvironment.products
    }

    static var program: String { products + "/heddle" }

    var data: String { scratch.path + "/data" }
    var url: String { "http://127.0.0.1:\(port)" }
    var log: String { readText(scratch.path + "/server.log") }
    /// A copy of the echo extension under a path that no other test has.
    var echo: String { scratch.path + "/programs/heddle-echo" }
    var misbehave: String { scratch.path + "/programs/misbehave.py" }

    var token: String {
        environment["HEDDLE_TOKEN"] ?? readText(data + "/token").filter { !$0.isWhitespace }
    }

    private init(_ scratch: ScratchDirectory, environment: [String: String], arguments: [String]) throws {
        self.scratch = scratch
        self.environment = environment
        self.arguments = arguments
        let programs = scratch.path + "/programs"
        try FileManager.default.createDirectory(atPath: programs, withIntermediateDirectories: true)
        let fixtures = TestEnvironment.checkout + "/Tests/Fixtures"
        try FileManager.default.copyItem(atPath: Self.products + "/heddle-echo", toPath: programs + "/heddle-echo")
        for name in try FileManager.default.contentsOfDirectory(atPath: fixtures) where name.hasSuffix(".py") {
            try FileManager.default.copyItem(atPath: "\(fixtures)/\(name)", toPath: "\(programs)/\(name)")
        }
        process = try Self.spawn(scratch, environment, arguments)
        try awaitStart()
    }

    /// Runs a test with a server; when something fails, the end of the server's log is shown.
    ///
    /// - Throws: what the test throws, or what starting throws.
    static func with(
        environment: [String: String] = [:],
        arguments: [String] = [],
        prepare: (ScratchDirectory) throws -> [String: String] = { _ in [:] },
        _ body: (ServerFixture) async throws -> Void
    ) async throws {
        try await ScratchDirectory.with { scratch in
            let prepared = try prepare(scratch)
            let server = try ServerFixture(
                scratch,
                environment: environment.merging(prepared) { $1 },
                arguments: arguments
            )
            do {
                try await body(server)
            } catch {
                Issue.record("it threw \(error); the server's log ends with:\n\(server.log.suffix(3000))")
            }
            server.stop()
        }
    }

    private static func spawn(
        _ scratch: ScratchDirectory,
        _ environment: [String: String],
        _ arguments: [String]
    ) throws -> ChildProcess {
        try ChildProcess(
            [program, "serve", "--port", "0", "--data-dir", scratch.path + "/data"] + arguments,
            environment: environment,
            output: scratch.path + "/server.log"
        )
    }

    private func awaitStart() throws {
        let mark = "listening on http://127.0.0.1:"
        let path = scratch.path + "/server.log"
        let isThere = eventually(seconds: 30) { readText(path).contains(mark) || process.exitStatus != nil }
        let line = readText(path).split(separator: "\n").last { $0.hasPrefix(mark) }
        guard isThere, let line, let port = Int(line.dropFirst(mark.count)) else {
            throw ChildProcess.Failure(description: "the server does not start: \(readText(path).suffix(3000))")
        }
        self.port = port
    }

    // MARK: Its life

    private func stop() {
        if process.exitStatus == nil { process.kill(SIGTERM) }
        if process.wait(seconds: 10) == nil { Issue.record("the server did not end after SIGTERM") }
    }

    func kill(_ signal: Int32) { process.kill(signal) }

    /// Ends the server if it runs, and starts it on the same data.
    ///
    /// - Throws: when it does not start.
    func restart(signal: Int32 = SIGTERM, between: () throws -> Void = {}) throws {
        if process.exitStatus == nil { process.kill(signal) }
        guard process.wait(seconds: 10) != nil else { throw ChildProcess.Failure(description: "it does not end") }
        try between()
        try FileManager.default.moveItem(
            atPath: scratch.path + "/server.log",
            toPath: scratch.path + "/server.log.\(process.processID)"
        )
        process = try Self.spawn(scratch, environment, arguments)
        try awaitStart()
    }

    /// The processes that the server started.
    var children: [KnownProcess] { ProcessTable.descendants(of: process.processID) }

    // MARK: Requests

    /// The bytes of a request; a header given here replaces the usual one, and an empty one leaves it away.
    func bytes(_ method: String, _ path: String, body: [UInt8]?, headers: [String: String] = [:]) -> [UInt8] {
        var all = ["Host": "127.0.0.1:\(port)", "Authorization": "Bearer \(token)"]
        if let body {
            all["Content-Type"] = "application/json"
            all["Content-Length"] = String(body.count)
        }
        all.merge(headers) { _, new in new }
        let lines = all.filter { !$0.value.isEmpty }.map { "\($0.key): \($0.value)\r\n" }.joined()
        return Array("\(method) \(path) HTTP/1.1\r\n\(lines)\r\n".utf8) + (body ?? [])
    }

    /// Sends a request over a connection of its own and reads the answer.
    ///
    /// - Throws: when there is no answer.
    @discardableResult
    func request(
        _ method: String,
        _ path: String,
        body: String? = nil,
        headers: [String: String] = [:]
    ) throws -> HTTPAnswer {
        let answer = try exchange(method, path, body: body, headers: headers)
        try PublishedAnswers.check(method, path, answer) { try exchange("GET", "/openapi.json").json }
        return answer
    }

    private func exchange(
        _ method: String,
        _ path: String,
        body: String? = nil,
        headers: [String: String] = [:]
    ) throws -> HTTPAnswer {
        let connection = try HTTPConnection(port: port)
        connection.send(bytes(method, path, body: body.map { Array($0.utf8) }, headers: headers))
        return try connection.answer()
    }

    /// Runs a command of the command line against this server.
    ///
    /// - Throws: when it does not start or does not end.
    func command(_ arguments: String...) throws -> (status: Int32, output: String, error: String) {
        try command(arguments, seconds: 60)
    }

    /// Runs a command that may take longer than most.
    ///
    /// - Throws: when it does not start or does not end.
    func command(
        _ arguments: [String],
        seconds: Double,
        environment: [String: String] = [:]
    ) throws -> (status: Int32, output: String, error: String) {
        let base = scratch.path + "/command-\(UUID().uuidString)"
        let split = arguments.firstIndex(of: "--") ?? arguments.count
        let options = ["--server", url, "--data-dir", data]
        let child = try ChildProcess(
            [Self.program] + arguments[..<split] + options + arguments[split...],
            environment: environment,
            output: base + ".out",
            error: base + ".err"
        )
        guard let status = child.wait(seconds: seconds) else {
            throw ChildProcess.Failure(description: "\(arguments) does not end")
        }
        return (status, child.text, readText(base + ".err"))
    }
}
