import Glibc
import HeddleModel

/// A program of PostgreSQL that Heddle runs.
enum PostgresTool: String {
    case dump = "pg_dump"
    case restore = "pg_restore"
    case shell = "psql"

    /// Where Debian keeps the programs of each version.
    private static let versions = "/usr/lib/postgresql"

    /// What such a program said when it failed; only logs see it.
    struct Failure: Error {
        let program: String
        let status: Int32
        let words: String
    }

    /// Runs the program to its end and gives what it wrote to its standard output.
    ///
    /// The password goes by the environment, which only the same user and root can read.
    ///
    /// - Parameters:
    ///   - arguments: Its arguments, without the database.
    ///   - address: The database; nil for a program that needs none.
    /// - Returns: What it wrote.
    /// - Throws: ``HeddleError`` with `.commandNotFound` when it is not installed, `.databaseUnavailable` with its last
    ///   words when it fails.
    @discardableResult
    func run(_ arguments: [String], on address: PostgresAddress?) throws(HeddleError) -> String {
        guard let program = Self.paths(of: rawValue).first(where: { access($0, X_OK) == 0 }) else {
            throw HeddleError(
                .commandNotFound,
                "\(rawValue) is not installed; Debian has it in the package postgresql-client",
                details: ["command": rawValue]
            )
        }
        var arguments = arguments
        var secret: String?
        if let address {
            // Words that come first are options; the file of an archive is the last.
            arguments.insert(contentsOf: ["--dbname=\(Self.words(address))", "--no-password"], at: 0)
            secret = address.parameters["password"].map { "PGPASSWORD=\($0)" }
        }
        let outcome = try Self.spawn([program] + arguments, secret)
        guard outcome.status == 0 else {
            let lines = outcome.error.split(separator: "\n")
            let words = (lines.first { $0.contains("ERROR:") } ?? lines.last).map(String.init) ?? "it says nothing"
            throw HeddleError(
                .databaseUnavailable,
                "\(rawValue) failed: \(words)",
                details: ["command": rawValue],
                cause: Failure(program: program, status: outcome.status, words: outcome.error)
            )
        }
        return outcome.output
    }

    /// Where a program may be: on the search path, and Debian's newest version first.
    private static func paths(of name: String) -> [String] {
        let search = getenv("PATH").map { String(cString: $0) } ?? ""
        return search.split(separator: ":").map { "\($0)/\(name)" }
            + stride(from: 40, to: 9, by: -1).map { "\(versions)/\($0)/bin/\(name)" }
    }

    /// What libpq calls a connection string, without the passwords.
    private static func words(_ address: PostgresAddress) -> String {
        address.parameters.filter { $0.key != "password" && $0.key != "sslpassword" }.sorted { $0.key < $1.key }
            .map { name, value in
                let escaped = value.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
                return "\(name)='\(escaped)'"
            }
            .joined(separator: " ")
    }
}

extension PostgresTool {
    private struct Outcome {
        let status: Int32
        let output: String
        let error: String
    }

    /// Starts a program with its output in files that nobody else sees, and waits for its end.
    private static func spawn(_ command: [String], _ secret: String?) throws(HeddleError) -> Outcome {
        let output = try unnamedFile()
        let error = try unnamedFile()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.raw, 1)
        posix_spawn_file_actions_adddup2(&actions, error.raw, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Threads of the store block every signal, and a child would inherit that.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var arguments = command.map { strdup($0) } + [nil]
        var variables = environment(secret).map { strdup($0) } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var child = pid_t()
        guard posix_spawn(&child, command[0], &actions, &attributes, &arguments, &variables) == 0 else {
            throw HeddleError(.commandNotFound, "\(command[0]) cannot be run", details: ["command": command[0]])
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return Outcome(status: status, output: contents(output), error: contents(error))
    }

    /// This program's own variables, with the words of PostgreSQL's programs in one language.
    private static func environment(_ secret: String?) -> [String] {
        var variables: [String] = []
        var cursor = environ
        while let entry = cursor.pointee {
            let text = String(cString: entry)
            if !text.hasPrefix("PGPASSWORD="), !text.hasPrefix("LC_ALL=") { variables.append(text) }
            cursor += 1
        }
        return variables + ["LC_ALL=C.UTF-8"] + [secret].compactMap(\.self)
    }

    private static func unnamedFile() throws(HeddleError) -> FileDescriptor {
        try FileDescriptor.open("/tmp", O_RDWR | unnamed, mode: 0o600)
    }

    private static func contents(_ file: borrowing FileDescriptor) -> String {
        var status = stat()
        guard fstat(file.raw, &status) == 0 else { return "" }
        return file.text(min(Int(status.st_size), 1 << 20))
    }

    /// The Glibc module lacks it, since it is made of two others.
    private static let unnamed: Int32 = 0o20000000 | O_DIRECTORY
}
