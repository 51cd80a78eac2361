import Glibc
import HeddleModel
import HeddleSandbox
import Testing

@testable import HeddleExtensions

@Suite("What grants become")
struct ConfinementTests {
    private let tree: FileTree

    init() throws {
        tree = try FileTree()
        tree.folder("/home/me/project")
        tree.folder("/heddle/data/deep")
        tree.folder("/shared")
    }

    private var confinement: Confinement {
        Confinement(
            protectedPaths: [tree["home/me"]],
            sealedPaths: [tree["heddle/data"]],
            environment: ["PATH": "/server/bin", "HOME": "/server/home", "SECRET": "x"]
        )
    }

    private func plan(_ grants: Grants, reading: [String] = []) throws -> Confinement.Plan {
        var manifest = Manifest(
            name: try ExtensionName("x"),
            version: SemanticVersion(major: 1, minor: 0, patch: 0),
            runtime: .init(command: ["x"])
        )
        manifest.resources = ResourceLimits(memoryBytes: 1 << 20)
        return try confinement.plan(
            manifest: manifest,
            grants: grants,
            resolved: ResolvedCommand(command: ["/bin/x"], readOnlyPaths: reading, environment: ["PATH": "/v/bin"]),
            dataDirectory: tree["instance"],
            userID: 4711
        )
    }

    private func code(_ grants: Grants) -> HeddleError.Code? {
        do {
            _ = try plan(grants)
            return nil
        } catch {
            return (error as? HeddleError)?.code
        }
    }

    @Test("keeps a variable that was granted under the name of the configuration's")
    func configurationVariable() throws {
        let plan = try plan(Grants(environment: ["HEDDLE_CONFIGURATION": "mine", "OTHER": "1"]))
        #expect(plan.policy.environment["HEDDLE_CONFIGURATION"] == "mine")
        #expect(plan.policy.environment["OTHER"] == "1")
    }

    @Test("gives nothing that was not granted")
    func bare() throws {
        let plan = try plan(Grants())
        #expect(plan.command == ["/bin/x"])
        #expect(plan.policy.readOnlyPaths.isEmpty)
        #expect(plan.policy.writablePaths.isEmpty)
        #expect(plan.policy.network == .none)
        #expect(plan.policy.workingDirectory == "/data")
        #expect(plan.policy.dataDirectory == tree["instance"])
        #expect(plan.policy.limits.memoryBytes == 1 << 20)
        #expect(plan.policy.userID == 4711)
        #expect(
            plan.policy.environment == [
                "PATH": "/v/bin", "HOME": "/data", "TMPDIR": "/tmp", "LANG": "C.UTF-8",
                "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1",
            ]
        )
    }

    @Test("merges what is granted with what the command needs")
    func paths() throws {
        let grants = Grants(
            read: [tree["shared"], tree["home/me/project/"]],
            write: [tree["home/me/project"], "/usr/local/share"],
            workingDirectory: tree["home/me/project"]
        )
        let policy = try plan(grants, reading: [tree["shared/lib"], tree["home/me/project/.venv"]]).policy
        #expect(policy.readOnlyPaths == [tree["shared"]])
        #expect(policy.writablePaths == [tree["home/me/project"], "/usr/local/share"].sorted())
        #expect(policy.workingDirectory == tree["home/me/project"])
        let narrow = Grants(write: [tree["home/me/project"]])
        let venv = tree["home/me/project/.venv"]
        #expect(try plan(narrow, reading: [venv]).policy.readOnlyPaths == [venv])
    }

    @Test("refuses what is never granted, also through a link")
    func refused() throws {
        try tree.link("shared/root", to: "/")
        try tree.link("shared/own", to: tree["heddle/data/deep"])
        let refused = [
            "/", "//", "/proc", "/proc/self", "/sys/fs", "/dev/shm", tree["home/me"], tree["home"], tree["heddle"],
            tree["heddle/data"], tree["heddle/data/deep"], tree["shared/root"], tree["shared/own"],
            tree["shared/../heddle"], "relative",
        ]
        for path in refused {
            #expect(code(Grants(read: [path])) == .grantRefused, "\(path)")
            #expect(code(Grants(write: [path])) == .grantRefused, "\(path)")
        }
        #expect(code(Grants(read: [tree["none"]])) == .pathNotReadable)
        #expect(code(Grants(workingDirectory: tree["shared"])) == .grantRefused)
        #expect(code(Grants(read: [tree["shared"]], workingDirectory: tree["shared"])) == nil)
    }

    @Test("reads secrets at the start, without the line break at the end")
    func secrets() throws {
        let secret = try tree.file("token", "a b\nc\n\n", mode: 0o600)
        let grants = Grants(environment: ["T": "old", "V": "1"], secrets: ["T": secret])
        let environment = try plan(grants).policy.environment
        #expect(environment["T"] == "a b\nc\n")
        #expect(environment["V"] == "1")
        let windows = try tree.file("windows", "x\r\n")
        #expect(try SecretFile.read(windows, variable: "W") == "x")
        let longest = try tree.file("longest", String(repeating: "x", count: SecretFile.maximumBytes))
        #expect(try SecretFile.read(longest, variable: "L").utf8.count == SecretFile.maximumBytes)
        let long = try tree.file("long", String(repeating: "x", count: SecretFile.maximumBytes + 1))
        let binary = try tree.file("binary", bytes: [0x61, 0])
        let broken = try tree.file("broken", bytes: [0xFF])
        for path in [long, binary, broken, tree["shared"]] {
            #expect(code(Grants(secrets: ["T": path])) == .grantRefused, "\(path)")
        }
        #expect(code(Grants(secrets: ["T": tree["none"]])) == .pathNotReadable)
        // The extension could put a link to any file of the server there.
        let own = try tree.file("shared/token", "x")
        #expect(code(Grants(secrets: ["T": own])) == nil)
        #expect(code(Grants(write: [tree["shared"]], secrets: ["T": own])) == .grantRefused)
        try tree.link("shared/link", to: try tree.file("heddle/data/server-token", "x"))
        #expect(code(Grants(secrets: ["T": tree["shared/link"]])) == .grantRefused)
        #expect(code(Grants(secrets: ["T": "/proc/self/environ"])) == .grantRefused)
    }

    @Test("gives a trusted extension the server's path and home and nothing else")
    func trusted() throws {
        let environment =
            try confinement.plan(
                manifest: Manifest(
                    name: try ExtensionName("x"),
                    version: SemanticVersion(major: 1, minor: 0, patch: 0),
                    runtime: .init(command: ["x"])
                ),
                grants: Grants(level: .none),
                resolved: ResolvedCommand(command: ["/bin/x"], readOnlyPaths: [], environment: ["PATH": "/v/bin"]),
                dataDirectory: tree["instance"],
                userID: 4711
            )
            .policy.environment
        #expect(environment["PATH"] == "/v/bin:/server/bin")
        #expect(environment["HOME"] == "/server/home")
        #expect(environment["SECRET"] == nil)
    }

    @Test("lets git work in a checkout that belongs to somebody else")
    func git() throws {
        let foreign = try plan(Grants(read: ["/usr/share"])).policy.environment
        // No test runs as the owner of the system's folders and as an ordinary user at once.
        #expect(foreign["GIT_CONFIG_VALUE_0"] == "*")
        let own = try plan(Grants(read: [tree["shared"]])).policy.environment
        // As root the extension runs as another user, to whom the folder is foreign.
        #expect((own["GIT_CONFIG_COUNT"] != nil) == (geteuid() == 0))
    }
}
