import Glibc
import HeddleModel
import Testing

@testable import HeddleSandbox

/// A scratch directory and what runs in it, for one test.
struct Fixture {
    /// How a command ended and what it said.
    struct Outcome {
        let output: String
        let error: String
        let exit: SandboxedProcess.Exit
        let wasKilledForMemory: Bool
    }

    let mode: Mode
    /// A directory of the host that everybody may enter.
    let scratch: String
    var policy: SandboxPolicy

    /// Makes the directory, runs `body` and removes the directory.
    static func with(_ mode: Mode, _ body: (inout Fixture) async throws -> Void) async throws {
        var name = Array("/var/tmp/heddle-sandbox-XXXXXX".utf8CString)
        let scratch = try #require(mkdtemp(&name).map { String(cString: $0) })
        chmod(scratch, 0o755)
        defer { _ = Glibc.system("rm -rf \(scratch)") }
        let data = scratch + "/heddle/data/own"
        for directory in [scratch + "/heddle", scratch + "/heddle/data", data] { mkdir(directory, 0o755) }
        chown(data, mode.userID, mode.userID)
        chmod(data, 0o700)
        var fixture = Fixture(
            mode: mode,
            scratch: scratch,
            policy: SandboxPolicy(
                dataDirectory: data,
                environment: ["PATH": "/usr/bin:/bin"],
                limits: ResourceLimits(memoryBytes: 256 << 20, temporaryBytes: 4 << 20),
                userID: mode.userID
            )
        )
        try await body(&fixture)
    }

    func launch(_ command: [String], in sandbox: Sandbox? = nil) async throws -> SandboxedProcess {
        try await (sandbox ?? mode.sandbox).launch(command, policy: policy)
    }

    /// Runs a command to its end.
    func run(_ command: [String], input: String = "", in sandbox: Sandbox? = nil) async throws -> Outcome {
        let process = try await launch(command, in: sandbox)
        write(process.standardInput, input, input.utf8.count)
        close(process.standardInput)
        async let output = Self.readToEnd(process.standardOutput)
        async let error = Self.readToEnd(process.standardError)
        return Outcome(
            output: await output,
            error: await error,
            exit: await process.exit,
            wasKilledForMemory: process.wasKilledForMemory
        )
    }

    func shell(_ script: String, in sandbox: Sandbox? = nil) async throws -> Outcome {
        try await run(["/bin/sh", "-c", script], in: sandbox)
    }

    /// Runs a Python program, of which Debian has one everywhere.
    func python(_ source: String, in sandbox: Sandbox? = nil) async throws -> Outcome {
        try await run(["/usr/bin/python3", "-I", "-S", "-c", source], in: sandbox)
    }

    /// Makes a file or, without text, a directory below the scratch directory.
    func make(_ name: String, text: String? = nil, mode: UInt32 = 0o755, owner: UInt32? = nil) throws -> String {
        let path = scratch + "/" + name
        if let text {
            let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode)
            try #require(descriptor >= 0)
            write(descriptor, text, text.utf8.count)
            close(descriptor)
        } else {
            try #require(mkdir(path, mode) == 0)
        }
        chmod(path, mode)
        if let owner { chown(path, owner, owner) }
        return path
    }

    /// Reads on a thread of its own: the cooperative pool has few.
    static func readToEnd(_ descriptor: Int32) async -> String {
        await withCheckedContinuation { continuation in
            startThread {
                let owned = Descriptor(descriptor)
                var bytes: [UInt8] = []
                while true {
                    let part = owned.read()
                    if part.isEmpty { break }
                    bytes += part
                }
                owned.close()
                continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
            }
        }
    }

    /// Reads one line, byte by byte.
    static func readLine(_ descriptor: Int32) async -> String {
        await withCheckedContinuation { continuation in
            startThread {
                var line: [UInt8] = []
                var byte: UInt8 = 0
                while read(descriptor, &byte, 1) == 1, byte != 0x0A { line.append(byte) }
                continuation.resume(returning: String(decoding: line, as: UTF8.self))
            }
        }
    }

    static func closeStreams(_ process: SandboxedProcess) {
        for stream in [process.standardInput, process.standardOutput, process.standardError] { close(stream) }
    }

    /// The command lines of everything that runs on the machine.
    static func commandLines() -> [String] {
        ProcessTree.entries("/proc").filter { Int32($0) != nil }
            .compactMap { ProcessTree.text("/proc/\($0)/cmdline") }
            .map { $0.split(separator: "\0").joined(separator: " ") }
    }
}
