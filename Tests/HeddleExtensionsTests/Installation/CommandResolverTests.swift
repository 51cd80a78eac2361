import Glibc
import HeddleModel
import Testing

@testable import HeddleExtensions

@Suite("The command resolver")
struct CommandResolverTests {
    private let tree: FileTree

    init() throws {
        tree = try FileTree()
    }

    private func resolve(
        _ command: [String],
        in directory: String? = nil,
        protecting: [String] = []
    ) async throws -> ResolvedCommand {
        let path = [tree["shims"], tree["bin"], "/usr/bin", "/bin"].joined(separator: ":")
        return try await CommandResolver(searchPath: path, protectedPaths: protecting)
            .resolve(command, directory: directory)
    }

    private func code(_ command: [String], in directory: String? = nil) async -> HeddleError.Code? {
        do {
            _ = try await resolve(command, in: directory)
            return nil
        } catch {
            return (error as? HeddleError)?.code
        }
    }

    @Test("finds a program on the search path and needs nothing for those of the system")
    func searchPath() async throws {
        #expect(
            try await resolve(["true", "-x"])
                == ResolvedCommand(command: ["/usr/bin/true", "-x"], readOnlyPaths: [], environment: [:])
        )
        #expect(try await resolve(["/bin/sh", "-c", "exit 3"]).command == ["/bin/sh", "-c", "exit 3"])
        let own = try tree.program("bin/tool")
        let resolved = try await resolve(["tool"])
        #expect(resolved.command == [own])
        #expect(resolved.readOnlyPaths == [own])
    }

    @Test("takes names relative to the folder, also without a leading dot")
    func relative() async throws {
        let tool = try tree.program("ext/run")
        for name in ["./run", "run", "../ext/run", "./../ext/./run"] {
            #expect(try await resolve([name], in: tree["ext"]).command == [tool])
        }
        #expect(await code(["./run"]) == .commandNotFound)
        #expect(await code(["run"]) == .commandNotFound)
    }

    @Test("refuses what cannot be run")
    func refused() async throws {
        try tree.file("ext/plain", "hello")
        try tree.file("ext/text", "no hash-bang", mode: 0o755)
        tree.folder("/ext/folder")
        try tree.link("ext/dangling", to: "nowhere")
        try tree.link("ext/circle", to: "circle")
        for name in ["plain", "text", "folder", "dangling", "circle", "none", "no/such/folder"] {
            #expect(await code([tree["ext/" + name]]) == .commandNotFound, "\(name)")
        }
        for command in [[], [""], ["no-such-program-anywhere"], ["bad\0name"]] as [[String]] {
            #expect(await code(command) == .commandNotFound)
        }
    }

    @Test("keeps the place of every link on the way")
    func links() async throws {
        let real = try tree.program("store/v1/bin/tool")
        try tree.link("store/current", to: "v1")
        try tree.link("second", to: "store/current/bin/tool")
        try tree.link("bin/first", to: "../second")
        let resolved = try await resolve(["first"])
        #expect(resolved.command == [tree["bin/first"]])
        #expect(
            resolved.readOnlyPaths
                == [tree["bin/first"], tree["second"], tree["store/current/bin/tool"], real].sorted()
        )
    }

    @Test("spells out the lines that begin with #!, one interpreter after the other")
    func shebangs() async throws {
        try tree.program("bin/engine")
        try tree.script("wrap/outer", "#!\(tree["bin/engine"]) -a b\n")
        let script = try tree.script("app/main", "#!\(tree["wrap/outer"])  \r\n")
        let resolved = try await resolve([script, "x"])
        #expect(resolved.command == [tree["bin/engine"], "-a b", tree["wrap/outer"], script, "x"])
        #expect(resolved.readOnlyPaths == [tree["app"], tree["bin/engine"], tree["wrap"]])
    }

    @Test("gives up on a circle of interpreters")
    func shebangLoop() async throws {
        try tree.script("app/a", "#!\(tree["app/b"])\n")
        try tree.script("app/b", "#!\(tree["app/a"])\n")
        #expect(await code([tree["app/a"]]) == .commandNotFound)
        try tree.script("app/empty", "#!\n")
        #expect(await code([tree["app/empty"]]) == .commandNotFound)
    }

    @Test(
        "follows env",
        arguments: [
            (["env", "engine", "x"], ["@engine", "x"]),
            (["env", "-S", "engine -v 'a b'", "x"], ["@engine", "-v", "a b", "x"]),
            (["env", "-Sengine -v"], ["@engine", "-v"]),
            (["env", "A=1", "-u", "B", "engine"], ["/usr/bin/env", "A=1", "-u", "B", "@engine"]),
            (["/usr/bin/env", "-i", "engine"], ["/usr/bin/env", "-i", "@engine"]),
        ]
    )
    func environmentCommand(command: [String], expected: [String]) async throws {
        let engine = try tree.program("bin/engine")
        #expect(try await resolve(command).command == expected.map { $0 == "@engine" ? engine : $0 })
    }

    @Test("follows env in a #! line and refuses what it cannot follow")
    func environmentShebang() async throws {
        let engine = try tree.program("bin/engine")
        let script = try tree.script("app/main", "#!/usr/bin/env -S engine --mode fast\n")
        #expect(try await resolve([script]).command == [engine, "--mode", "fast", script])
        #expect(await code(["env", "-C", "/", "engine"]) == .commandNotFound)
        #expect(await code(["env", "-S", "engine $HOME"]) == .commandNotFound)
        #expect(await code(["env"]) == .commandNotFound)
    }

    @Test("refuses what the extension's user cannot read")
    func unreadable() async throws {
        try tree.program("bin/engine")
        let script = try tree.script("app/main", "#!\(tree["bin/engine"])\n")
        chmod(script, 0o700)
        // As an ordinary user, the owner is who runs the extension.
        if geteuid() != 0 { chmod(script, 0o100) }
        let error = await #expect(throws: HeddleError.self) { _ = try await resolve([script]) }
        #expect(error?.code == .pathNotReadable)
        #expect(error?.details["path"] == script)
    }
}
