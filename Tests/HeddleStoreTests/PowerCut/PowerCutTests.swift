import Foundation
import Testing

@testable import HeddleStore

/// Shows that the shim in `Tests/Fixtures/powercut` loses what was not synced and nothing else.
@Suite("The power-cut shim")
struct PowerCutTests {
    private struct Failure: Error {}

    /// The built shim, a data directory and a journal directory.
    private struct Bench {
        let scratch: TemporaryDirectory

        var data: String { "\(scratch.path)/data" }
        var journal: String { "\(scratch.path)/journal" }
        var database: String { "\(data)/a.sqlite" }

        init() throws {
            scratch = try TemporaryDirectory()
            let source = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../Fixtures/powercut").path(percentEncoded: false)
            for path in [data, journal] {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            }
            let strict = ["-Wall", "-Wextra", "-Werror", "-O2"]
            let shim = ["-shared", "-fPIC", "-o", "\(scratch.path)/powercut.so", "\(source)/powercut.c"]
            let recover = ["-o", "\(scratch.path)/powercut-recover", "\(source)/powercut-recover.c"]
            for arguments in [shim, recover] {
                guard try Child("/usr/bin/cc", strict + arguments).exitStatus() == 0 else { throw Failure() }
            }
        }

        func python(
            _ script: String,
            _ arguments: [String] = [],
            shimmed: Bool
        ) throws -> Child {
            let environment = [
                "POWERCUT_DIR": data, "POWERCUT_JOURNAL": journal, "LD_PRELOAD": "\(scratch.path)/powercut.so",
            ]
            return try Child(
                "/usr/bin/python3",
                ["-c", script, data] + arguments,
                environment: shimmed ? environment : [:]
            )
        }

        func recover() throws {
            let child = try Child("\(scratch.path)/powercut-recover", [data, journal])
            while child.readLine() != nil {}
            guard child.exitStatus() == 0 else { throw Failure() }
        }
    }

    private static let writer = """
        import sqlite3, sys
        db = sqlite3.connect(sys.argv[1] + '/a.sqlite', isolation_level=None)
        db.execute('PRAGMA journal_mode=WAL')
        db.execute('PRAGMA synchronous=' + sys.argv[2])
        db.execute('PRAGMA wal_autocheckpoint=20')
        db.execute('CREATE TABLE IF NOT EXISTS t (i INTEGER PRIMARY KEY, x TEXT)')
        start = db.execute('SELECT coalesce(max(i), 0) FROM t').fetchone()[0]
        while True:
            start += 1
            db.execute('INSERT INTO t VALUES (?, ?)', (start, 'x' * 500))
            print(start, flush=True)
        """

    private static let reader = """
        import sqlite3, sys
        db = sqlite3.connect(sys.argv[1] + '/a.sqlite')
        print(db.execute('PRAGMA integrity_check').fetchone()[0])
        try:
            print(*db.execute('SELECT count(*), coalesce(max(i), 0) FROM t').fetchone())
        except sqlite3.OperationalError:
            print(0, 0)
        """

    /// Writes until so many rows were acknowledged, cuts the power, and returns the last acknowledged and what is left.
    private static func cut(
        _ bench: Bench,
        synchronous: String,
        after rows: Int
    ) throws -> (acknowledged: Int, integrity: String?, left: [Int]) {
        let child = try bench.python(writer, [synchronous], shimmed: true)
        var acknowledged = 0
        for _ in 0..<rows {
            acknowledged = child.readLine().flatMap { Int($0) } ?? 0
        }
        child.kill()
        while let line = child.readLine() {
            acknowledged = Int(line) ?? acknowledged
        }
        try bench.recover()
        let check = try bench.python(reader, shimmed: false)
        let integrity = check.readLine()
        let left = check.readLine()?.split(separator: " ").compactMap { Int($0) } ?? []
        guard check.exitStatus() == 0 else { throw Failure() }
        return (acknowledged, integrity, left)
    }

    @Test("keeps every acknowledged row of synchronous=FULL, cut after cut")
    func full() throws {
        let bench = try Bench()
        defer { bench.scratch.remove() }
        for _ in 0..<3 {
            let result = try Self.cut(bench, synchronous: "FULL", after: 300)
            #expect(result.acknowledged >= 300)
            #expect(result.integrity == "ok")
            #expect((result.left.last ?? 0) >= result.acknowledged)
            #expect(result.left.first == result.left.last)
        }
    }

    @Test("loses acknowledged rows of synchronous=OFF, so that it proves something", arguments: ["OFF", "NORMAL"])
    func negativeControl(synchronous: String) throws {
        let bench = try Bench()
        defer { bench.scratch.remove() }
        let result = try Self.cut(bench, synchronous: synchronous, after: 305)
        #expect(result.integrity == "ok")
        #expect((result.left.last ?? 0) < result.acknowledged)
    }

    @Test("undoes every kind of write since the last sync")
    func kinds() throws {
        let bench = try Bench()
        defer { bench.scratch.remove() }
        let script = """
            import os, sys
            d = sys.argv[1]
            def fresh(name, content=b'0123456789'):
                fd = os.open(d + '/' + name, os.O_RDWR | os.O_CREAT)
                os.write(fd, content); os.fsync(fd); return fd
            os.pwrite(fresh('pwrite'), b'XX', 3)
            os.write(fresh('write'), b'XX')
            os.writev(fresh('writev'), [b'X', b'Y'])
            os.pwritev(fresh('pwritev'), [b'X', b'Y'], 9)
            os.ftruncate(fresh('shorter'), 4)
            os.ftruncate(fresh('longer'), 400)
            os.truncate(d + '/bypath' if fresh('bypath') else '', 1)
            os.posix_fallocate(fresh('allocated'), 0, 400)
            fresh('emptied'); os.write(os.open(d + '/emptied', os.O_WRONLY | os.O_TRUNC), b'X')
            fresh('appended'); os.write(os.open(d + '/appended', os.O_WRONLY | os.O_APPEND), b'X')
            os.write(fresh('renamed'), b'X'); os.rename(d + '/renamed', d + '/moved')
            many = fresh('many')
            for i in range(20): os.pwrite(many, bytes([65 + i]) * 5, i)
            os.ftruncate(many, 2); os.pwrite(many, b'Z' * 9, 40)
            synced = fresh('synced'); os.pwrite(synced, b'SYNC', 0); os.fdatasync(synced); os.pwrite(synced, b'X', 9)
            never = os.open(d + '/never', os.O_RDWR | os.O_CREAT); os.write(never, b'X')
            old = fresh('gone'); os.write(old, b'X'); os.unlink(d + '/gone'); os.close(old); fresh('reused', b'abc')
            print('done', flush=True)
            sys.stdin.read()
            """
        let child = try bench.python(script, shimmed: true)
        #expect(child.readLine() == "done")
        child.kill()
        try bench.recover()
        var found: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: bench.data) {
            found[name] = try String(contentsOfFile: "\(bench.data)/\(name)", encoding: .utf8)
        }
        let untouched = [
            "pwrite", "write", "writev", "pwritev", "shorter", "longer", "bypath", "allocated", "emptied", "appended",
            "moved", "many",
        ]
        let expected = Dictionary(uniqueKeysWithValues: untouched.map { ($0, "0123456789") })
            .merging(["synced": "SYNC456789", "never": "", "reused": "abc"]) { _, new in new }
        #expect(found == expected)
        let journals = try FileManager.default.contentsOfDirectory(atPath: bench.journal)
        #expect(journals == ["lock"])
    }
}
