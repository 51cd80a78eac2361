import Glibc
import HeddleClient
import HeddleModel

/// Starts `heddle serve` in the background when no server answers.
struct ServerLauncher: Sendable {
    let settings: ClientSettings
    let isVerbose: Bool
    /// `POSIX_SPAWN_SETSID`, which Swift's Glibc module does not show.
    private static let newSession: Int16 = 0x80
    private let patience = Duration.seconds(10)

    init(settings: ClientSettings, isVerbose: Bool) {
        self.settings = settings
        self.isVerbose = isVerbose
    }

    /// Comes back when a server answers.
    ///
    /// - Throws: ``HeddleError`` with `serverUnreachable` when none does and none can be started.
    func ensureRunning() async throws {
        try await HeddleClient.withClient(server: settings.server.description, token: "") { client in
            if await client.isAnswering() { return }
            guard settings.server.isLoopback, settings.server.scheme == .http else {
                throw HeddleError(.serverUnreachable, "no Heddle answers at \(settings.server)")
            }
            let process = try launch()
            if isVerbose { Terminal.error.line("started 'heddle serve' as process \(process)") }
            let clock = ContinuousClock()
            var deadline = clock.now + patience
            var hasEnded = false
            while clock.now < deadline {
                if await client.isAnswering() { return }
                if !hasEnded, waitpid(process, nil, WNOHANG) == process {
                    // Another server, started at the same moment, may hold the data directory and answer soon.
                    hasEnded = true
                    deadline = min(deadline, clock.now + .seconds(2))
                }
                try await clock.sleep(for: .milliseconds(50))
            }
            throw HeddleError(
                .serverUnreachable,
                hasEnded
                    ? "'heddle serve' ended at once; its log, \(logFile), tells why"
                    : "'heddle serve' did not answer within \(patience.components.seconds) s; its log is \(logFile)"
            )
        }
    }

    private var logFile: String { settings.dataDirectory + "/serve.log" }

    /// The arguments of the server that will answer at the address.
    var arguments: [String] {
        [
            "heddle", "serve", "--host", settings.server.host, "--port", String(settings.server.port),
            "--data-dir", settings.dataDirectory,
        ]
    }

    /// A token that was given to this program is the server's too; on its command line all users could read it.
    private var environment: [String: String] {
        var variables = ProcessEnvironment.variables
        if let token = settings.givenToken { variables["HEDDLE_TOKEN"] = token }
        return variables
    }

    /// Starts the server in a session of its own, so that it outlives this program and its terminal.
    private func launch() throws(HeddleError) -> pid_t {
        makeDataDirectory()
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        // Threads of the concurrency runtime block signals, which the server would inherit and never hear SIGTERM.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Self.newSession | Int16(POSIX_SPAWN_SETSIGMASK))
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, logFile, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        // Whatever this program inherited, a client's pipe perhaps, must not stay open as long as the server runs.
        for descriptor in Int32(3)..<1024 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        words.append(nil)
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0.key + "=" + $0.value) }
        variables.append(nil)
        defer { for word in words + variables { free(word) } }
        var process: pid_t = 0
        let status = posix_spawn(&process, ServerProcess.executable, &actions, &attributes, words, variables)
        guard status == 0 else {
            throw HeddleError(
                .serverUnreachable,
                "'heddle serve' cannot be started: \(String(cString: strerror(status)))",
                details: ["log": logFile]
            )
        }
        return process
    }

    private func makeDataDirectory() {
        var path = ""
        for part in settings.dataDirectory.split(separator: "/") {
            path += "/\(part)"
            mkdir(path, 0o700)
        }
    }
}
