import HeddleModel

/// One run of a ``CommandResolver``: follows a command line step by step and gathers what it needs.
struct CommandResolution {
    /// The kernel follows four `#!` lines; shims and `env` add some of their own.
    private static let maximumSteps = 16

    let resolver: CommandResolver
    let directory: String?
    /// What has to be readable, before it is made minimal.
    private(set) var paths: Set<String> = []
    /// The files on the way, which are checked one by one.
    private(set) var files: [String] = []
    private var binFolders: [String] = []
    private var virtualEnvironment: String?
    private var steps = 0

    init(resolver: CommandResolver, directory: String?) {
        self.resolver = resolver
        self.directory = directory
    }

    /// The environment that the followed command needs.
    var environment: [String: String] {
        guard !binFolders.isEmpty else { return [:] }
        var result = ["PATH": (binFolders + ["/usr/local/bin", "/usr/bin", "/bin"]).joined(separator: ":")]
        result["VIRTUAL_ENV"] = virtualEnvironment
        return result
    }

    /// Turns a command line into what the kernel finally runs.
    ///
    /// - Throws: ``HeddleError`` with `commandNotFound`, `grantRefused` or `pathNotReadable`; `CancellationError`.
    mutating func expand(_ command: [String]) async throws -> [String] {
        guard let name = command.first else { throw resolver.missing("", "the command is empty") }
        steps += 1
        guard steps <= Self.maximumSteps else {
            throw resolver.missing(name, "'\(HostPath.name(name))' leads through too many interpreters")
        }
        let path = try resolver.locate(name, directory: directory)
        let arguments = Array(command.dropFirst())
        guard let trail = LinkTrail(path) else {
            throw resolver.missing(name, "'\(HostPath.name(name))' is a link that leads nowhere")
        }
        if HostPath.name(trail.real) == "env" || HostPath.name(path) == "env", HostPath.isInside(trail.real, "/usr") {
            return try await expandEnvironment(path, arguments)
        }
        guard let beginning = HostFile.read(path, upTo: 4096) else { throw ReadableCheck.refusal(path) }
        if let shebang = Shebang(beginning) {
            return try await expandScript(trail, shebang, arguments)
        }
        guard beginning.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else {
            throw resolver.missing(name, "'\(HostPath.name(name))' is neither a program nor a script with a #! line")
        }
        return try expandProgram(trail, arguments)
    }

    private mutating func expandEnvironment(_ path: String, _ arguments: [String]) async throws -> [String] {
        guard let environment = EnvironmentCommand(arguments: arguments) else {
            throw resolver.missing(path, "'env' is used in a way that cannot be followed")
        }
        let words = try await expand(environment.command)
        return environment.prefix.isEmpty ? words : [path] + environment.prefix + words
    }

    private mutating func expandScript(
        _ trail: LinkTrail,
        _ shebang: Shebang,
        _ arguments: [String]
    ) async throws -> [String] {
        guard let path = trail.names.first, !shebang.words.isEmpty else {
            throw resolver.missing(trail.real, "'\(HostPath.name(trail.real))' begins with #! and no program")
        }
        let probe = ShimProbe(searchPath: resolver.searchPath, cache: resolver.cache)
        if probe.mayBeShim(path, shebang: shebang), let target = try await probe.target(of: path) {
            return try await expand([target] + arguments)
        }
        // What the kernel would run is spelled out, with the script's real name: a link into a package would
        // otherwise look for its modules beside the link.
        let words = try await expand(shebang.words + [trail.real] + arguments)
        try addScript(trail)
        return words
    }

    private mutating func expandProgram(_ trail: LinkTrail, _ arguments: [String]) throws -> [String] {
        guard let path = trail.names.first else { return [] }
        paths.formUnion(libraries(of: trail))
        paths.formUnion(trail.names)
        files.append(path)
        let interpreter = ScriptInterpreter(program: HostPath.name(path))
        if interpreter == .python, let home = PythonHome(interpreter: path) {
            try addPython(home)
        }
        let folder = HostPath.parent(path)
        if interpreter != nil, !HostPath.isAlwaysThere(folder), !binFolders.contains(folder) {
            binFolders.append(folder)
        }
        return try [path] + scriptExpanded(arguments, interpreter)
    }

    private func libraries(of program: LinkTrail) -> Set<String> {
        resolver.cache.libraries(of: program) {
            var search = LibrarySearch(rules: resolver.rules, cache: resolver.cache)
            search.add(program)
            return search.paths
        }
    }

    private mutating func addPython(_ home: PythonHome) throws(HeddleError) {
        virtualEnvironment = home.environment
        if let environment = home.environment {
            guard !resolver.rules.isTooBroad(environment) else {
                throw HeddleError(
                    .grantRefused,
                    "the virtual environment is a folder that holds much more than one program",
                    details: ["path": environment]
                )
            }
            paths.insert(environment)
        }
        if let executable = LinkTrail(home.executable) {
            paths.formUnion(libraries(of: executable))
            paths.formUnion(executable.names)
        }
        let prefix = home.basePrefix.flatMap { resolver.rules.isTooBroad($0) ? home.library : $0 }
        if let prefix { paths.insert(prefix) }
        paths.formUnion(home.additions.filter { !resolver.rules.isTooBroad($0) })
    }

    /// The arguments with the script's real path, and the script's folder among what is needed.
    private mutating func scriptExpanded(
        _ arguments: [String],
        _ interpreter: ScriptInterpreter?
    ) throws -> [String] {
        guard let interpreter, let index = interpreter.scriptIndex(in: arguments) else { return arguments }
        let name = arguments[index]
        let given = directory.map { HostPath.joined($0, name) } ?? name
        guard given.hasPrefix("/"), let trail = LinkTrail(Self.withoutDots(given)) else {
            if interpreter.hasSubcommands { return arguments }
            let reason = given.hasPrefix("/") ? "does not exist" : "is relative to a folder, and none is given"
            throw resolver.missing(name, "the script '\(HostPath.name(name))' \(reason)")
        }
        try addScript(trail)
        var result = arguments
        result[index] = trail.real
        return result
    }

    private static func withoutDots(_ path: String) -> String {
        guard let folder = HostFile.realPath(HostPath.parent(path)) else { return HostPath.normalised(path) }
        return path.contains("..") ? HostPath.normalised(folder + "/" + HostPath.name(path)) : HostPath.normalised(path)
    }

    private mutating func addScript(_ trail: LinkTrail) throws(HeddleError) {
        files.append(trail.real)
        for end in trail.ends {
            // Inside a virtual environment or an interpreter's own folder all is there already.
            guard !paths.contains(where: { HostPath.isInside(end, $0) && $0 != end }) else { continue }
            let project = ProjectFolder(rules: resolver.rules)
            let isFolder = HostFile.isFolder(end)
            paths.formUnion(try project.folders(forScript: isFolder ? end + "/__main__.py" : end))
        }
        paths.formUnion(trail.names)
    }
}
