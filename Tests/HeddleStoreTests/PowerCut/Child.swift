import Foundation

/// A process that a test starts, listens to and ends.
final class Child {
    private let process = Process()
    private let output = Pipe()
    private let input = Pipe()
    private var pending: [UInt8] = []

    init(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:]
    ) throws {
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process.standardOutput = output
        process.standardInput = input
        try process.run()
    }

    var pid: Int32 {
        process.processIdentifier
    }

    /// The next line on its standard output, or nil at the end.
    func readLine() -> String? {
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeFirst(end + 1)
                return line
            }
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { return nil }
            pending += data
        }
    }

    /// Ends it without warning and waits until it is gone.
    func kill() {
        Foundation.kill(pid, SIGKILL)
        process.waitUntilExit()
    }

    /// Waits for its end.
    func exitStatus() -> Int32 {
        process.waitUntilExit()
        return process.terminationStatus
    }
}
