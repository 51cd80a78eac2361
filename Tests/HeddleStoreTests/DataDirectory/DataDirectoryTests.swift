import Foundation
import HeddleModel
import Testing

@testable import HeddleStore

@Suite("The data directory")
struct DataDirectoryTests {
    private static func withScratch(_ body: (String) async throws -> Void) async throws {
        let scratch = try TemporaryDirectory()
        defer { scratch.remove() }
        try await body("\(scratch.path)/a/b/data")
    }

    private static func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test("is created for its owner alone, with its parents")
    func creation() async throws {
        try await Self.withScratch { path in
            let directory = try DataDirectory.open(path: path)
            #expect(directory.path == path)
            #expect(try Self.mode(path) == 0o700)
            #expect(try Self.mode("\(path)/lock") == 0o600)
            let pid = try String(contentsOfFile: "\(path)/lock", encoding: .utf8)
            #expect(pid == "\(getpid())\n")
        }
    }

    @Test("has one holder at a time")
    func lock() async throws {
        try await Self.withScratch { path in
            var holder: DataDirectory? = try DataDirectory.open(path: path)
            let error = #expect(throws: HeddleError.self) { try DataDirectory.open(path: path) }
            #expect(error?.code == .dataDirectoryLocked)
            #expect(error?.details["pid"] == String(getpid()))
            #expect(holder != nil)
            holder = nil
            _ = try DataDirectory.open(path: path)
        }
    }

    @Test("knows a holder in another process")
    func otherProcess() async throws {
        try await Self.withScratch { path in
            _ = try DataDirectory.open(path: path)
            let script = """
                import fcntl, os, sys
                lock = open(sys.argv[1], 'r+')
                fcntl.flock(lock, fcntl.LOCK_EX)
                lock.truncate(); lock.write(str(os.getpid())); lock.flush()
                print('held', flush=True)
                sys.stdin.read()
                """
            let other = try Child("/usr/bin/python3", ["-c", script, "\(path)/lock"])
            #expect(other.readLine() == "held")
            let error = #expect(throws: HeddleError.self) { try DataDirectory.open(path: path) }
            #expect(error?.code == .dataDirectoryLocked)
            #expect(error?.details["pid"] == String(other.pid))
            other.kill()
            _ = try DataDirectory.open(path: path)
        }
    }

    @Test("does not hand its lock to children")
    func closesOnExec() async throws {
        try await Self.withScratch { path in
            let directory = try DataDirectory.open(path: path)
            let child = try Child("/bin/sh", ["-c", "echo up; read line"])
            #expect(child.readLine() == "up")
            let links = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(child.pid)/fd")
                .map {
                    try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(child.pid)/fd/\($0)")
                }
            #expect(!links.contains("\(directory.path)/lock"))
            child.kill()
        }
    }

    @Test("writes small files whole")
    func files() async throws {
        try await Self.withScratch { path in
            let directory = try DataDirectory.open(path: path)
            try directory.writeFile("token", Array("one".utf8))
            try directory.writeFile("token", Array("two and more".utf8))
            try directory.writeFile("public", [], mode: 0o644)
            #expect(try String(contentsOfFile: "\(path)/token", encoding: .utf8) == "two and more")
            #expect(try Self.mode("\(path)/token") == 0o600)
            #expect(try Self.mode("\(path)/public") == 0o644)
            let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
            #expect(names == ["lock", "public", "token"])
        }
    }

    @Test("says when it cannot be one", arguments: ["/dev/null/data", "/proc/nowhere/data", ""])
    func impossible(path: String) {
        let error = #expect(throws: HeddleError.self) { try DataDirectory.open(path: path) }
        #expect(error?.code == .internalError)
        #expect(error?.message.contains("/") == false)
    }
}
