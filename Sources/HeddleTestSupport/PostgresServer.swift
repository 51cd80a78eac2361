import Foundation
import Glibc
import Synchronization

/// A throw-away PostgreSQL cluster for tests; it ends with the test process, however that ends.
///
/// A supervising shell reads from a pipe whose other end only this process has: when the process is gone, the shell
/// stops the server and removes its files.
package final class PostgresServer: Sendable {
    /// The cluster could not be made or started.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// The folder of everything: data, sockets, logs.
    package let root: String
    /// The port on 127.0.0.1, and the number in the name of the socket.
    package let port: Int
    private let data: String
    private let lifeline: Lifeline

    private static let binaries = newestBinaries()
    private static let one = Mutex<Result<PostgresServer, any Error>?>(nil)

    /// Whether PostgreSQL's server is installed.
    package static var isInstalled: Bool { binaries != nil }

    /// Whether tests with a server run: where it is absent they are skipped, but not with `CI=true`.
    package static var isExpected: Bool { isInstalled || TestEnvironment.isCI }

    /// The server that tests of this process share, started by the first of them.
    ///
    /// - Throws: ``Failure``.
    package static func shared() throws -> PostgresServer {
        try one.withLock { stored in
            let result = stored ?? Result { try PostgresServer() }
            stored = result
            return try result.get()
        }
    }

    /// Makes and starts a cluster of its own, for tests that stop it or need it to be set otherwise.
    ///
    /// - Parameters:
    ///   - settings: Lines of `postgresql.conf`.
    ///   - authentication: How clients over the network prove who they are; over its socket nobody has to.
    ///   - host: The name in the certificate that the server gets, if it gets one.
    /// - Throws: ``Failure``.
    package convenience init(
        settings: [String] = [],
        authentication: String = "trust",
        withCertificateFor host: String? = nil
    ) throws {
        let (root, lifeline) = try Self.makeRoot()
        let data = "\(root)/data"
        try Self.shell(
            """
            initdb -D '\(data)' -U heddle --auth-local=trust --auth-host=\(authentication) -E UTF8 --locale=C.UTF-8 \
                --no-sync --no-instructions
            """,
            in: root
        )
        var settings = settings
        if let host {
            try Self.shell(
                """
                cd '\(data)' && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
                    -keyout server.key -out server.crt -subj /CN=test -addext subjectAltName=DNS:\(host)
                """,
                in: root
            )
            settings.append("ssl = on")
        }
        try self.init(root: root, data: data, lifeline: lifeline, settings: settings)
    }

    /// The file of the server's certificate, which is its own authority.
    package var certificate: String { "\(data)/server.crt" }

    private init(root: String, data: String, lifeline: Lifeline, settings: [String]) throws {
        self.root = root
        self.data = data
        self.lifeline = lifeline
        port = try Self.freePort()
        let lines =
            [
                "listen_addresses = '127.0.0.1'", "port = \(port)", "unix_socket_directories = '\(root)'",
                "max_connections = 200", "fsync = on", "logging_collector = off", "wal_level = replica",
                "shared_buffers = 64MB",
            ] + settings
        let file = try FileHandle(forWritingTo: URL(filePath: "\(data)/postgresql.conf"))
        try file.seekToEnd()
        try file.write(contentsOf: Data((lines.joined(separator: "\n") + "\n").utf8))
        try file.close()
        try start()
    }

    deinit {
        lifeline.cut()
    }

    /// Starts the server again after ``stop()`` or ``kill()``.
    ///
    /// - Throws: ``Failure``.
    package func start() throws {
        // After a crash the last children of the old server may still be about to notice.
        let line = "pg_ctl start -w -t 60 -D '\(data)' -l '\(data).log'"
        try Self.shell("for turn in 1 2 3 4 5 6 7 8 9 10; do \(line) && exit; sleep 0.3; done; exit 1", in: root)
    }

    /// Stops the server as an operator would: clients are cut off, and what was committed is in its files.
    ///
    /// - Throws: ``Failure``.
    package func stop() throws {
        try Self.shell("pg_ctl stop -w -t 60 -m fast -D '\(data)'", in: root)
    }

    /// Ends the server's first process without warning, as a crash would.
    ///
    /// - Throws: ``Failure``.
    package func kill() throws {
        let pid = try process()
        Glibc.kill(pid, SIGKILL)
        // A process that nobody has waited for yet is gone too.
        while let state = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), !state.contains(") Z ") {
            usleep(1_000)
        }
        // It is this process's child where the sandbox has made that the parent of orphans, and would be in the way of the
        // next server until it is collected.
        _ = waitpid(pid, nil, WNOHANG)
    }

    /// The server's first process.
    ///
    /// - Throws: ``Failure`` when it does not run.
    package func process() throws -> Int32 {
        let text = try? String(contentsOfFile: "\(data)/postmaster.pid", encoding: .utf8)
        guard let pid = text?.split(separator: "\n").first.flatMap({ Int32($0) }) else {
            throw Failure(description: "the server does not run")
        }
        return pid
    }

    /// Makes a database and returns its URL.
    ///
    /// - Parameter options: What follows `CREATE DATABASE name`.
    /// - Returns: The URL, for clients on this machine.
    /// - Throws: ``Failure``.
    package func makeDatabase(_ options: String = "") throws -> String {
        let name = "test_" + UUID().uuidString.lowercased().replacing("-", with: "_")
        try run("CREATE DATABASE \(name) \(options)", database: "postgres")
        return url(database: name)
    }

    /// The URL of a database.
    package func url(database: String, port: Int? = nil) -> String {
        "postgres://heddle@127.0.0.1:\(port ?? self.port)/\(database)"
    }

    /// Runs a statement as an operator would, and returns what it answers as text.
    ///
    /// - Throws: ``Failure``.
    @discardableResult
    package func run(_ sql: String, database: String = "postgres") throws -> String {
        let file = "\(root)/\(UUID().uuidString)"
        try Data(sql.utf8).write(to: URL(filePath: "\(file).sql"))
        try Self.shell(
            "psql -X -q -A -t -v ON_ERROR_STOP=1 -h '\(root)' -p \(port) -U heddle -d '\(database)' -f '\(file).sql' -o '\(file).out'",
            in: root
        )
        return ((try? String(contentsOfFile: "\(file).out", encoding: .utf8)) ?? "")
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The transactions a second that PostgreSQL's own load generator makes of a script with prepared statements.
    ///
    /// - Throws: ``Failure``.
    package func pgbench(_ script: String, url: String, clients: Int, seconds: Int) throws -> Double {
        let file = "\(root)/\(UUID().uuidString)"
        try Data(script.utf8).write(to: URL(filePath: "\(file).sql"))
        try Self.shell(
            "pgbench -n -M prepared -c \(clients) -j 2 -T \(seconds) -f '\(file).sql' '\(url)' >'\(file).out' 2>&1",
            in: root
        )
        let output = (try? String(contentsOfFile: "\(file).out", encoding: .utf8)) ?? ""
        let line = output.split(separator: "\n").first { $0.hasPrefix("tps = ") } ?? ""
        return Double(line.dropFirst(6).prefix { $0 != " " }) ?? 0
    }

    /// Makes a streaming replica of the server; it ends with this process too.
    ///
    /// - Throws: ``Failure``.
    package func makeReplica() throws -> PostgresServer {
        let (root, lifeline) = try Self.makeRoot()
        let data = "\(root)/data"
        try Self.shell(
            "pg_basebackup -D '\(data)' -R -X stream -c fast --no-sync -h '\(self.root)' -p \(port) -U heddle",
            in: root
        )
        return try PostgresServer(root: root, data: data, lifeline: lifeline, settings: ["hot_standby = on"])
    }
}

// MARK: Processes

extension PostgresServer {
    /// The end of the pipe that keeps the supervising shell waiting.
    private final class Lifeline: Sendable {
        private let pipe = Pipe()

        init(root: String) throws {
            let handle = pipe.fileHandleForWriting
            _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC)
            let process = Process()
            process.executableURL = URL(filePath: "/bin/sh")
            let end = """
                cat >/dev/null
                for file in '\(root)'/*/postmaster.pid; do
                    [ -f "$file" ] || continue
                    pid=$(head -n 1 "$file")
                    kill -QUIT "$pid" 2>/dev/null
                    for turn in 1 2 3 4 5 6 7 8 9 10; do
                        grep -qs ') [^Z] ' "/proc/$pid/stat" || break
                        sleep 0.2
                    done
                    kill -KILL "$pid" 2>/dev/null
                done
                rm -rf '\(root)'
                """
            process.arguments = ["-c", "exec setsid sh -c \"$0\" >/dev/null 2>&1", end]
            process.standardInput = pipe.fileHandleForReading
            try process.run()
            try pipe.fileHandleForReading.close()
        }

        func cut() {
            try? pipe.fileHandleForWriting.close()
        }
    }

    /// A short path, since that of a socket has a bound, which the server's user owns.
    private static func makeRoot() throws -> (String, Lifeline) {
        let root = "/tmp/hpg-\(UUID().uuidString.prefix(8).lowercased())"
        guard mkdir(root, 0o777) == 0 else { throw Failure(description: "no folder at \(root)") }
        chmod(root, 0o777)
        let lifeline = try Lifeline(root: root)
        return (root, lifeline)
    }

    /// Runs a line with the server's programs, as a user that the server agrees to run as.
    private static func shell(_ line: String, in root: String) throws {
        guard let binaries else { throw Failure(description: "no PostgreSQL is installed") }
        let log = "\(root)/\(UUID().uuidString).log"
        let script = "cd '\(root)' && umask 077 && PATH='\(binaries)':$PATH && \(line)"
        let asUser =
            geteuid() == 0
            ? "setpriv --reuid=postgres --regid=postgres --clear-groups sh -c" : "sh -c"
        let quoted = script.replacing("'", with: "'\\''")
        guard system("\(asUser) '\(quoted)' >'\(log)' 2>&1 </dev/null") == 0 else {
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            throw Failure(description: "\(line): \(text)")
        }
        try? FileManager.default.removeItem(atPath: log)
    }

    private static func newestBinaries() -> String? {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        return versions.compactMap { Int($0) }.sorted().reversed().map { "/usr/lib/postgresql/\($0)/bin" }
            .first { TestEnvironment.isExecutable("\($0)/initdb") }
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard isBound else { throw Failure(description: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
