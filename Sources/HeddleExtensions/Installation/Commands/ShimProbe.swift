import HeddleModel
import JSON

/// Finds the program behind a shim: a shell script on the search path that selects one of several versions.
struct ShimProbe: Sendable {
    private static let deadline = Duration.seconds(10)

    let searchPath: [String]
    let cache: ResolutionCache

    /// Whether a script may be a shim: a shell script that the operator's own search path offers.
    func mayBeShim(_ path: String, shebang: Shebang) -> Bool {
        guard searchPath.contains(HostPath.parent(path)) else { return false }
        let words = shebang.words.flatMap { $0.split(separator: " ").map(String.init) }
        guard let last = words.last(where: { !$0.hasPrefix("-") }) else { return false }
        switch ScriptInterpreter(program: HostPath.name(last)) {
        case .shell: return true
        case .python, .node, .deno, .bun, .ruby, .perl, .php, .java, nil: return false
        }
    }

    /// The program that a shim runs; nil when the script is no shim.
    ///
    /// - Throws: ``HeddleError`` with `commandNotFound` when an interpreter's shim does not tell.
    func target(of path: String) async throws -> String? {
        if let known = cache.target(ofShim: path) { return known }
        let name = HostPath.name(path)
        guard let target = try await isInterpreter(name) ? ask(path) : neighbour(of: path) else { return nil }
        cache.remember(target, forShim: path)
        return target
    }

    private func isInterpreter(_ name: String) -> Bool {
        switch ScriptInterpreter(program: name) {
        case .python, .node: true
        case .deno, .bun, .ruby, .perl, .php, .shell, .java, nil: false
        }
    }

    /// Asks an interpreter that is reached through a shim where it really is.
    private func ask(_ path: String) async throws -> String {
        let question =
            HostPath.name(path).hasPrefix("node")
            ? ["-p", "JSON.stringify({executable: process.execPath})"]
            : ["-I", "-c", "import json, sys; print(json.dumps({'executable': sys.executable}))"]
        guard let output = try await HostProgram.output([path] + question, deadline: Self.deadline),
            let answer = try? JSONValue(parsing: output), let executable = answer["executable"]?.string,
            executable.hasPrefix("/"), executable != path, HostFile(executable)?.isExecutable == true
        else {
            throw HeddleError(
                .commandNotFound,
                "'\(HostPath.name(path))' is a shim that does not run an interpreter",
                details: ["path": path]
            )
        }
        return executable
    }

    /// The program of the same name beside the interpreter that the same shim runs.
    ///
    /// The shims of one folder are copies of one script, so that the program itself need not be run to find it.
    private func neighbour(of path: String) async throws -> String? {
        let python = HostPath.parent(path) + "/python3"
        guard let ours = HostFile.read(path, upTo: 64 << 10), let theirs = HostFile.read(python, upTo: 64 << 10),
            ours == theirs, let interpreter = try await target(of: python)
        else { return nil }
        let candidate = HostPath.parent(interpreter) + "/" + HostPath.name(path)
        guard HostFile(candidate)?.isExecutable == true else {
            throw HeddleError(
                .commandNotFound,
                "'\(HostPath.name(path))' is a shim, and the version it selects has no such program",
                details: ["path": path]
            )
        }
        return candidate
    }
}
