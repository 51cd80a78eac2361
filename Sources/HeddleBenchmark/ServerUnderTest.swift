import FoundationEssentials
import Glibc
import HeddleClient
import HeddleModel
import JSON

/// A server of the same executable, on a free port, with data of its own.
final class ServerUnderTest {
    let port: UInt16
    let token: String
    /// From the start of the process to the line that says it is ready, in nanoseconds.
    let readyAfter: UInt64
    private let process: PlainProcess

    /// Starts a server on a data directory.
    ///
    /// - Parameters:
    ///   - executable: The program.
    ///   - dataDirectory: Where its data are; it is made when it is missing.
    ///   - options: Further options of `serve`.
    ///   - variables: Further variables, each as `NAME=value`.
    /// - Throws: ``HeddleError`` with `startFailed`.
    init(
        executable: String,
        dataDirectory: String,
        options: [String] = [],
        variables: [String] = []
    ) throws(HeddleError) {
        let began = MonotonicClock.now
        process = try PlainProcess(
            [executable, "serve", "--port", "0", "--data-dir", dataDirectory, "--log-level", "error"] + options,
            variables: variables
        )
        var text = ""
        var chunk = [UInt8](repeating: 0, count: 256)
        while !text.contains("\n") {
            let count = read(process.output, &chunk, chunk.count)
            guard count > 0 else { throw HeddleError(.startFailed, "the benchmark's server ended: \(text)") }
            text += String(decoding: chunk[..<count], as: UTF8.self)
        }
        readyAfter = MonotonicClock.now - began
        let line = text.prefix { $0 != "\n" }
        guard let colon = line.lastIndex(of: ":"), let port = UInt16(line[line.index(after: colon)...]) else {
            throw HeddleError(.startFailed, "the benchmark's server said '\(line)'")
        }
        self.port = port
        token = (try? String(contentsOf: URL(filePath: dataDirectory + "/token"), encoding: .utf8)) ?? ""
    }

    /// Stops the server; returns how long that took, in nanoseconds.
    @discardableResult
    func stop() -> UInt64 {
        let start = MonotonicClock.now
        process.stop(SIGTERM)
        return MonotonicClock.now - start
    }

    /// Memory that is not backed by files, in bytes.
    var anonymousMemory: Int { kilobytes("Anonymous:", in: "smaps_rollup") << 10 }

    /// All memory that it has now, in bytes.
    var residentMemory: Int { kilobytes("VmRSS:", in: "status") << 10 }

    /// The time that processors have spent on it, in seconds.
    var processorTime: Double {
        let fields = text("stat").split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12 else { return 0 }
        return fields[11...12].reduce(0) { $0 + (Double($1) ?? 0) } / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private func kilobytes(_ name: String, in file: String) -> Int {
        let line = text(file).split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split { $0 == " " || $0 == "\t" }.dropFirst().first.flatMap { Int($0) } ?? 0
    }

    private func text(_ file: String) -> String {
        (try? String(contentsOf: URL(filePath: "/proc/\(process.processID)/\(file)"), encoding: .utf8)) ?? ""
    }
}

extension ServerUnderTest {
    /// Prepares requests to it, each to be sent once; an answer counts when it holds the expected bytes.
    ///
    /// - Throws: nothing that a benchmark's own requests could cause.
    func load(_ requests: [(path: String, body: String)], expecting expected: String) throws(HeddleError) -> HTTPLoad {
        try HTTPLoad(port: port, headers: headers, requests: requests.map { ($0.path, $0.body, expected) })
    }

    /// The headers of each request.
    var headers: [String] { ["Authorization: Bearer \(token)"] }

    var address: String { "http://127.0.0.1:\(port)" }

    /// Runs a body with a client of it.
    ///
    /// - Throws: what the body throws.
    func withClient<Value>(_ body: (HeddleClient) async throws -> Value) async throws -> Value {
        try await HeddleClient.withClient(server: address, token: token, body)
    }
}
