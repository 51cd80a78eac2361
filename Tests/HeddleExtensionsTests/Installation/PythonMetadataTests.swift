import HeddleModel
import Testing

@testable import HeddleExtensions

@Suite("What Python says of its distributions")
struct PythonMetadataTests {
    @Test(
        "writes Python's versions as semantic ones",
        arguments: [
            ("2025.4.25", "2025.4.25"), ("1.2", "1.2.0"), ("7", "7.0.0"), ("0.0.1a7", "0.0.1-alpha.7"),
            ("1.0.0b2", "1.0.0-beta.2"), ("1.0rc1", "1.0.0-rc.1"), ("1.0.0-rc.1", "1.0.0-rc.1"),
            ("1.0c3", "1.0.0-rc.3"), ("1.0alpha", "1.0.0-alpha.0"), ("v2.0", "2.0.0"), ("2026.01.05", "2026.1.5"),
            ("1.2.3.4", "1.2.3+4"), ("1!2.0", "2.0.0+epoch.1"), ("1.0.post3", "1.0.0+post.3"),
            ("1.0-1", "1.0.0+post.1"), ("1.0.dev4", "1.0.0-0.dev.4"), ("1.0a1.dev2", "1.0.0-alpha.1.dev.2"),
            ("1.0+ubuntu.1", "1.0.0+ubuntu.1"), ("1.0a1.post2.dev3+x_y", "1.0.0-alpha.1.dev.3+post.2.x.y"),
            ("1.0PREVIEW2", "1.0.0-rc.2"),
        ]
    )
    func version(python: String, semantic: String) throws {
        let version = try #require(PythonVersion.semantic(python))
        #expect(version.description == semantic)
        #expect(try SemanticVersion(semantic) == version)
    }

    @Test(
        "takes nothing else for a version",
        arguments: ["", "x", "1.", "1..2", "1.0 ", "1.0+", "1.0+a b", "latest", "1.0z1", "99999999999999999999"]
    )
    func noVersion(text: String) {
        #expect(PythonVersion.semantic(text) == nil)
    }

    @Test("keeps the order of development, pre- and final releases")
    func order() throws {
        let versions = try ["1.0.dev1", "1.0a1", "1.0a2", "1.0b1", "1.0rc1", "1.0", "1.0.1"]
            .map { try #require(PythonVersion.semantic($0)) }
        #expect(versions == versions.sorted())
        #expect(Set(versions).count == versions.count)
    }

    @Test(
        "reads requirements",
        arguments: [
            ("mcp-server-time", ["mcp-server-time"]),
            ("mcp-server-sqlite mcp<2", ["mcp-server-sqlite", "mcp<2"]),
            ("foo>=1,<2 bar[a,b]==1.0.*", ["foo>=1,<2", "bar[a,b]==1.0.*"]),
            ("  foo >= 1 , < 2   bar ", ["foo>=1,<2", "bar"]),
            ("foo (>=1,<2)", ["foo>=1,<2"]), ("foo>=1, bar", ["foo>=1", "bar"]), ("foo, bar", ["foo", "bar"]),
            ("Foo.Bar_1~=1.4", ["Foo.Bar_1~=1.4"]), ("a===1.0+local", ["a===1.0+local"]), ("a != 1.5", ["a!=1.5"]),
            ("foo[]", ["foo"]),
        ]
    )
    func requirements(text: String, arguments: [String]) throws {
        #expect(try PythonRequirement.list(text).map(\.argument) == arguments)
    }

    @Test(
        "refuses options, addresses, paths and what it does not understand",
        arguments: [
            "", "  ", "-r x", "--index-url=http://x", "foo --pre", "foo -e .", "./foo", "/opt/foo", "foo/bar", "..",
            "http://x/y.whl", "git+https://x/y", "foo @ https://x", "foo; python_version>'3'", "foo.whl",
            "foo-1.0.tar.gz", "requirements.txt", "foo==", "foo>=,<2", "foo[a", "foo[a b]", "foo=1", "-foo", "foo-",
            "fo\u{F6}", "foo\nbar", "foo$(x)", "foo (>=1", "a\\b", "C:foo", "foo>=1,,<2",
            String(repeating: "a ", count: 33), String(repeating: "a", count: 129),
        ]
    )
    func refusedRequirements(text: String) {
        let error = #expect(throws: HeddleError.self) { _ = try PythonRequirement.list(text) }
        #expect(error?.code == .invalidRequest)
    }

    @Test("reads the programs of a distribution, and no names that lead elsewhere")
    func entryPoints() {
        let text = """
            [gui_scripts]
            other = a:b
            [console_scripts]
            # a comment
            serve = pkg.main:run
            ../escape = x:y
            two=pkg:two

            [pkg.plugins]
            third = z:z
            """
        #expect(PythonEntryPoint.consoleScripts(text) == ["serve", "two"])
    }

    @Test("finds the program, then the only program, then the package")
    func entryPointChoice() throws {
        let tree = try FileTree()
        let site = "venv/lib/python3.11/site-packages"
        let entryPoint = PythonEntryPoint(environment: tree["venv"], library: "python3.11")
        func distribution(_ name: String, scripts: [String]) throws {
            let lines = scripts.map { "\($0) = x:y\n" }.joined()
            try tree.file("\(site)/\(name)-1.0.dist-info/entry_points.txt", "[console_scripts]\n" + lines)
            for script in scripts { try tree.script("venv/bin/\(script)", "#!x\n") }
        }
        let python = tree["venv/bin/python"]
        try distribution("My_Server", scripts: ["helper", "my-server"])
        #expect(
            try entryPoint.command(distribution: "my.server", module: nil) == [python, tree["venv/bin/my-server"]]
        )
        try distribution("single", scripts: ["something"])
        #expect(try entryPoint.command(distribution: "single", module: nil) == [python, tree["venv/bin/something"]])
        try tree.file("\(site)/only_package/__main__.py")
        #expect(try entryPoint.command(distribution: "only-package", module: nil) == [python, "-m", "only_package"])
        #expect(try entryPoint.command(distribution: "single", module: "a.b") == [python, "-m", "a.b"])
        try distribution("many", scripts: ["one", "two"])
        let error = #expect(throws: HeddleError.self) {
            _ = try entryPoint.command(distribution: "many", module: nil)
        }
        #expect(error?.code == .installationFailed)
        #expect(error?.details["scripts"] == "one, two")
    }

    @Test("does not follow a link that an installation left in its metadata")
    func entryPointLink() throws {
        let tree = try FileTree()
        let folder = "venv/lib/python3.11/site-packages/evil-1.0.dist-info"
        try tree.file("secret", "[console_scripts]\nroot-password = x:y\n")
        tree.folder("/" + folder)
        try tree.link(folder + "/entry_points.txt", to: tree["secret"])
        try tree.script("venv/bin/root-password", "#!x\n")
        let entryPoint = PythonEntryPoint(environment: tree["venv"], library: "python3.11")
        let error = #expect(throws: HeddleError.self) {
            _ = try entryPoint.command(distribution: "evil", module: nil)
        }
        #expect(error?.details["scripts"] == "")
    }

    @Test("makes a lock of pip's report and takes back nothing but a lock")
    func report() throws {
        let digest = String(repeating: "0f", count: 32)
        let text = """
            {"version":"1","install":[
            {"download_info":{"archive_info":{"hashes":{"sha256":"\(digest)"}}},"metadata":{"name":"B_x","version":"2"}},
            {"download_info":{"archive_info":{"hash":"sha256=\(digest)"}},"metadata":{"name":"a","version":"1.0+l"}}]}
            """
        let report = try #require(PipReport(Array(text.utf8)))
        let lock = "a==1.0+l --hash=sha256:\(digest)\nb-x==2 --hash=sha256:\(digest)\n"
        #expect(report.lock == lock)
        #expect(PythonLock(lock)?.text == lock)
        let others = [
            "", "a==1", "a==1 --hash=sha256:zz", "--index-url x", lock + "-r other\n",
            "a==1 --hash=sha256:\(digest) -e x",
            "../a==1 --hash=sha256:\(digest)", "a @ x --hash=sha256:\(digest)",
        ]
        for other in others { #expect(PythonLock(other) == nil, "\(other)") }
        #expect(PipReport(Array(#"{"install":[{"metadata":{"name":"-r","version":"1"}}]}"#.utf8)) == nil)
        #expect(PipReport(Array("nonsense".utf8)) == nil)
    }

    @Test("passes on what an operator told pip, and the files that it names")
    func pipConfiguration() throws {
        let tree = try FileTree()
        let bundle = try tree.file("certs/bundle.pem")
        tree.folder("/wheels")
        try tree.file("home/.config/pip/pip.conf", "[global]\nfind-links = \(tree["wheels"])\n  file:///no/such\n")
        try tree.file("home/.pip/pip.conf", "[global]\ncert=/proc/self/environ\n")
        let configuration = ToolConfiguration(
            of: .pip,
            environment: [
                "HOME": tree["home"], "PIP_CERT": bundle, "PIP_INDEX_URL": "https://index.invalid/simple",
                "PIP_TARGET": "/", "PIP_REQUIREMENT": "/etc/x", "https_proxy": "http://proxy.invalid:1",
                "SECRET": "s", "PYTHONPATH": "/x", "XDG_CONFIG_DIRS": tree["none"],
            ],
            rules: GrantRules(protectedPaths: [tree["home"]])
        )
        #expect(
            configuration.environment == [
                "PIP_CERT": bundle, "PIP_INDEX_URL": "https://index.invalid/simple",
                "https_proxy": "http://proxy.invalid:1",
            ]
        )
        #expect(configuration.readOnlyPaths.contains(bundle))
        #expect(configuration.readOnlyPaths.contains(tree["wheels"]))
        #expect(!configuration.readOnlyPaths.contains { $0.hasPrefix("/proc") })
        #expect(configuration.userFiles.map(\.place) == [".config/pip/pip.conf", ".pip/pip.conf"])
    }

    @Test("says which package is missing when Python comes without venv")
    func withoutVenv() async throws {
        let tree = try FileTree()
        try tree.python("py")
        try tree.python("old", version: "3.9")
        for (python, text) in [("py/bin/python3", "python3-venv"), ("old/bin/python3", "3.9")] {
            let error = await #expect(throws: HeddleError.self) {
                _ = try await BasePython.find(
                    configured: tree[python],
                    resolver: CommandResolver(searchPath: "", protectedPaths: [])
                )
            }
            #expect(error?.code == .installationFailed)
            #expect(error?.message.contains(text) == true)
        }
    }
}
