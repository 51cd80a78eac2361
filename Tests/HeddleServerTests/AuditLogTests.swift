import FoundationEssentials
import Glibc
import HeddleModel
import HeddleTestSupport
import JSON
import Testing

@testable import HeddleServer

@Suite("The audit log")
struct AuditLogTests {
    private struct StillClock: WallClock {
        let now = Timestamp(milliseconds: 1_700_000_000_000)
    }

    private func record(_ number: Int = 0) -> AuditRecord {
        var record = AuditRecord(principal: "ada", origin: "commandLine", action: "config.set", file: "/f\n")
        record.changes = [.init(ConfigurationOption.all[1], from: "1", to: "\(number)", .saved)]
        return record
    }

    private func lines(_ path: String) throws -> [JSONValue] {
        let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        #expect(text.hasSuffix("\n"))
        return try text.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
    }

    private func mode(_ path: String) -> UInt32 {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test("has a line for each record, which only its owner reads")
    func appends() async throws {
        try await ScratchDirectory.with { scratch in
            let log = AuditLog(directory: scratch.path, clock: StillClock())
            try log.append(record(2))
            var refused = record()
            refused.error = HeddleError(.invalidConfiguration, String(repeating: "x", count: 9000))
            try log.append(refused)
            let lines = try lines(scratch.path + "/audit.log")
            #expect(
                lines.first == [
                    "time": "2023-11-14T22:13:20.000Z", "action": "config.set", "principal": "ada",
                    "origin": "commandLine", "file": "/f\n", "result": "done",
                    "changes": [["key": "http.port", "old": "1", "new": "2", "result": "saved"]],
                ]
            )
            #expect(lines.count == 2 && lines.last?["result"] == "refused" && (lines.last?.bytes.count ?? 0) < 2000)
            #expect(mode(scratch.path + "/audit.log") == 0o600)
        }
    }

    @Test("begins a new file at its bound, keeps some, and loses nothing that it keeps")
    func rotates() async throws {
        try await ScratchDirectory.with { scratch in
            let log = AuditLog(directory: scratch.path, clock: StillClock(), bound: 1000)
            for number in 1...40 { try log.append(record(number)) }
            let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted()
            #expect(names == ["audit.log", "audit.log.1", "audit.log.2", "audit.log.3"])
            var numbers: [Int] = []
            for name in names.reversed() {
                let bytes = try Data(contentsOf: URL(filePath: "\(scratch.path)/\(name)")).count
                #expect(bytes <= 1000 && mode("\(scratch.path)/\(name)") == 0o600)
                for line in try lines("\(scratch.path)/\(name)") {
                    numbers.append(Int(line["changes"]?.array?.first?["new"]?.string ?? "") ?? 0)
                }
            }
            #expect(numbers == Array((41 - numbers.count)...40))
        }
    }

    @Test("keeps every line of writers at once")
    func together() async throws {
        try await ScratchDirectory.with { scratch in
            let log = AuditLog(directory: scratch.path, clock: StillClock(), bound: 8000)
            try await withThrowingTaskGroup { tasks in
                for writer in 0..<4 {
                    tasks.addTask { for number in 0..<15 { try log.append(record(writer * 100 + number)) } }
                }
                try await tasks.waitForAll()
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
            let all = try names.flatMap { try lines("\(scratch.path)/\($0)") }
            #expect(all.count == 60)
            #expect(Set(all.compactMap { $0["changes"]?.array?.first?["new"]?.string }).count == 60)
        }
    }

    @Test("goes on after a line that a crash cut off")
    func crash() async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write("audit.log", #"{"time":"20"#)
            try AuditLog(directory: scratch.path, clock: StillClock()).append(record(7))
            let text = String(decoding: try Data(contentsOf: URL(filePath: scratch.path + "/audit.log")), as: UTF8.self)
            let last = try #require(text.split(separator: "\n").last)
            #expect(try JSONValue(parsing: Array(last.utf8))["principal"] == "ada")
        }
    }

    @Test("writes into nothing that somebody put in its place")
    func traps() async throws {
        try await ScratchDirectory.with { scratch in
            let log = AuditLog(directory: scratch.path, clock: StillClock())
            let path = scratch.path + "/audit.log"
            try scratch.write("other", "kept\n")
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: scratch.path + "/other")
            #expect(throws: HeddleError.self) { try log.append(record()) }
            unlink(path)
            link(scratch.path + "/other", path)
            #expect(throws: HeddleError.self) { try log.append(record()) }
            unlink(path)
            mkfifo(path, 0o600)
            #expect(throws: HeddleError.self) { try log.append(record()) }
            unlink(path)
            mkdir(path, 0o700)
            #expect(throws: HeddleError.self) { try log.append(record()) }
            #expect(
                try String(decoding: Data(contentsOf: URL(filePath: scratch.path + "/other")), as: UTF8.self)
                    == "kept\n"
            )
            #expect(throws: HeddleError.self) {
                try AuditLog(directory: scratch.path + "/none", clock: StillClock()).append(record())
            }
        }
    }
}
