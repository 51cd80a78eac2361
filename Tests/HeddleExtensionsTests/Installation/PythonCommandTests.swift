import HeddleModel
import Testing

@testable import HeddleExtensions

@Suite("Command lines of Python and Node")
struct PythonCommandTests {
    private let tree: FileTree

    init() throws {
        tree = try FileTree()
    }

    private func resolve(_ command: [String], in directory: String? = nil) async throws -> ResolvedCommand {
        let path = [tree["shims"], tree["bin"], "/usr/bin", "/bin"].joined(separator: ":")
        return try await CommandResolver(searchPath: path, protectedPaths: []).resolve(command, directory: directory)
    }

    @Test("gives a virtual environment itself and the interpreter it was made from")
    func environment() async throws {
        try tree.python("py")
        try tree.environment("app/.venv", of: "py")
        let resolved = try await resolve([tree["app/.venv/bin/python"], "-m", "server"])
        #expect(resolved.command == [tree["app/.venv/bin/python"], "-m", "server"])
        #expect(resolved.readOnlyPaths == [tree["app/.venv"], tree["py"]])
        #expect(resolved.environment["PATH"]?.hasPrefix(tree["app/.venv/bin"] + ":") == true)
        #expect(resolved.environment["VIRTUAL_ENV"] == tree["app/.venv"])
    }

    @Test("runs a console script with its environment's interpreter")
    func consoleScript() async throws {
        try tree.python("py")
        try tree.environment("tools/x", of: "py")
        let script = try tree.script("tools/x/bin/serve", "#!\(tree["tools/x/bin/python"])\nimport x\n")
        try tree.link("bin/serve", to: "../tools/x/bin/serve")
        let resolved = try await resolve(["serve", "--now"])
        #expect(resolved.command == [tree["tools/x/bin/python"], script, "--now"])
        #expect(resolved.readOnlyPaths == [tree["bin/serve"], tree["py"], tree["tools/x"]])
    }

    @Test("reads the shell line that pip writes when the interpreter's path is too long for the kernel")
    func trampoline() async throws {
        try tree.python("py")
        try tree.environment("a b/x", of: "py")
        let text = "#!/bin/sh\n'''exec' \"\(tree["a b/x/bin/python"])\" \"$0\" \"$@\"\n' '''\nimport x\n"
        let script = try tree.script("a b/x/bin/serve", text)
        #expect(try await resolve([script]).command == [tree["a b/x/bin/python"], script])
    }

    @Test("adds the folders of .pth files and never runs the lines that are code")
    func additions() async throws {
        try tree.python("py")
        try tree.environment("x", of: "py")
        tree.folder("/sources/lib")
        try tree.file(
            "x/lib/python3.11/site-packages/e.pth",
            "import os; os.system('touch \(tree["ran"])')\n\(tree["sources/lib"])\n/no/such\n/tmp\n"
        )
        let resolved = try await resolve([tree["x/bin/python"]])
        #expect(resolved.readOnlyPaths == [tree["py"], tree["sources/lib"], tree["x"]])
        #expect(HostFile(tree["ran"]) == nil)
    }

    @Test("finds the base interpreter of an environment that holds a copy")
    func copied() async throws {
        try tree.python("py")
        try tree.program("x/bin/python3")
        try tree.file("x/pyvenv.cfg", "include-system-site-packages = false\nhome = \(tree["py/bin"])\n")
        let resolved = try await resolve([tree["x/bin/python3"]])
        #expect(resolved.readOnlyPaths == [tree["py"], tree["x"]])
    }

    @Test("asks a shim on the search path where the interpreter is, and takes the program beside it")
    func shim() async throws {
        try tree.python("versions/3.11")
        try tree.program("versions/3.11/bin/serve")
        // Stands for pyenv: answers like the interpreter it selects.
        let shim = "#!/usr/bin/env bash\necho '{\"executable\": \"\(tree["versions/3.11/bin/python3"])\"}'\n"
        try tree.script("shims/python3", shim)
        try tree.script("shims/serve", shim)
        try tree.script("shims/gone", shim)
        let resolved = try await resolve(["python3", "-m", "x"])
        #expect(resolved.command == [tree["versions/3.11/bin/python3"], "-m", "x"])
        #expect(resolved.readOnlyPaths == [tree["versions/3.11"]])
        #expect(resolved.environment["PATH"]?.hasPrefix(tree["versions/3.11/bin"]) == true)
        #expect(try await resolve(["serve"]).command == [tree["versions/3.11/bin/serve"]])
        let error = await #expect(throws: HeddleError.self) { _ = try await resolve(["gone"]) }
        #expect(error?.code == .commandNotFound)
    }

    @Test("does not run a shell script that only looks like a shim")
    func strangeShim() async throws {
        let script = try tree.script("app/python3", "#!/bin/sh\ntouch '\(tree["app/ran"])'\n")
        #expect(try await resolve([script]).command == ["/bin/sh", script])
        #expect(HostFile(tree["app/ran"]) == nil)
    }

    @Test(
        "knows interpreters and the place of their script",
        arguments: [
            ("python3.12", ["-X", "dev", "-Wd", "a.py", "-m"], 3), ("python", ["-Im", "x"], nil),
            ("python3", ["-c", "a.py"], nil), ("pypy3", ["-mserver", "x"], nil), ("python3", ["-", "x"], nil),
            ("node", ["-r", "./pre.js", "--inspect", "a.js"], 3), ("node", ["-e", "1"], nil),
            ("bash", ["-eu", "-o", "pipefail", "a.sh"], 3), ("sh", ["-ec", "a.sh"], nil), ("bash", ["+x", "a"], 1),
            ("deno", ["run", "--allow-net", "a.ts"], 2), ("java", ["-Xmx1g", "-jar", "a.jar"], 2),
            ("java", ["Main"], nil), ("ruby", ["--", "-a.rb"], 1), ("perl", [], nil),
        ] as [(String, [String], Int?)]
    )
    func scriptIndex(program: String, arguments: [String], index: Int?) throws {
        let interpreter = try #require(ScriptInterpreter(program: program))
        #expect(interpreter.scriptIndex(in: arguments) == index)
    }

    @Test("takes no other program for an interpreter", arguments: ["python3-config", "nodemon", "shasum", "3", ""])
    func otherPrograms(name: String) {
        #expect(ScriptInterpreter(program: name) == nil)
    }

    @Test("refuses a shim that answers nothing")
    func silentShim() async throws {
        try tree.script("shims/python3", "#!/bin/sh\nexit 1\n")
        let error = await #expect(throws: HeddleError.self) { _ = try await resolve(["python3"]) }
        #expect(error?.code == .commandNotFound)
    }

    @Test("grants the project of a script, the nearest folder with a marker")
    func projects() async throws {
        try tree.program("bin/node")
        for marker in ["package.json", "pyproject.toml", ".git/HEAD"] {
            let name = "project-" + String(marker.prefix(3).drop { $0 == "." })
            try tree.file("\(name)/\(marker)")
            let script = try tree.file("\(name)/src/deep/index.js")
            let resolved = try await resolve(["node", "--inspect", "index.js", "a.js"], in: tree["\(name)/src/deep"])
            #expect(resolved.command == [tree["bin/node"], "--inspect", script, "a.js"])
            #expect(resolved.readOnlyPaths == [tree["bin/node"], tree[name]])
        }
        try tree.file("alone/script.js")
        #expect(
            try await resolve(["node", tree["alone/script.js"]]).readOnlyPaths == [tree["alone"], tree["bin/node"]]
        )
    }

    @Test("grants an installed package together with its neighbours, and the modules of a workspace")
    func modules() async throws {
        let node = try tree.program("bin/node")
        try tree.file("p/node_modules/server/package.json")
        let main = try tree.script("p/node_modules/server/main.js", "#!/usr/bin/env node\n")
        try tree.link("p/node_modules/.bin/server", to: "../server/main.js")
        let resolved = try await resolve(["node_modules/.bin/server"], in: tree["p"])
        #expect(resolved.command == [node, main])
        #expect(resolved.readOnlyPaths == [node, tree["p/node_modules"]])

        try tree.file("w/packages/a/package.json")
        try tree.file("w/packages/a/main.js")
        tree.folder("/w/node_modules")
        let workspace = try await resolve(["node", tree["w/packages/a/main.js"]])
        #expect(workspace.readOnlyPaths == [node, tree["w/node_modules"], tree["w/packages/a"]])
    }

    @Test("never grants a home directory, a shared folder or Heddle's data because of a script")
    func forbidden() async throws {
        try tree.program("bin/node")
        try tree.file("home/loose.js")
        try tree.file("home/.git/HEAD")
        try tree.file("home/own/tool.js")
        tree.folder("/data/heddle")
        try tree.file("data/script.js")
        let resolver = CommandResolver(
            searchPath: tree["bin"],
            protectedPaths: [tree["home"], tree["data/heddle"]]
        )
        for script in ["home/loose.js", "data/script.js"] {
            let error = await #expect(throws: HeddleError.self) {
                _ = try await resolver.resolve(["node", tree[script]], directory: nil)
            }
            #expect(error?.code == .grantRefused)
            #expect(error?.message.contains("put it into a folder of its own") == true)
        }
        // The marker in the home directory does not count.
        let own = try await resolver.resolve(["node", tree["home/own/tool.js"]], directory: nil)
        #expect(own.readOnlyPaths == [tree["bin/node"], tree["home/own"]])
    }

    @Test("names a script that is missing or has no folder to be relative to")
    func missingScript() async throws {
        try tree.program("bin/node")
        for directory in [nil, tree["bin"]] {
            let error = await #expect(throws: HeddleError.self) {
                _ = try await resolve(["node", "no.js"], in: directory)
            }
            #expect(error?.code == .commandNotFound)
            #expect(error?.message.contains("no.js") == true)
        }
    }
}
