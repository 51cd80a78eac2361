import FoundationEssentials
import Glibc
import HeddleModel
import HeddleTestSupport
import Testing

@testable import HeddleServer

@Suite("A change in a configuration file")
struct ConfigurationEditorTests {
    private func set(
        _ file: String,
        _ key: String,
        _ value: String?,
        environment: [String: String] = [:]
    ) throws -> ConfigurationEditor.Outcome {
        let layers = ConfigurationLayers(file: file, environment: environment, flags: [:])
        return try ConfigurationEditor(layers).set(ConfigurationOption.named(key), value)
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }

    @Test("makes a file that is not there, for its owner alone", arguments: ["yaml", "json"])
    func makes(_ kind: String) async throws {
        try await ScratchDirectory.with { scratch in
            let path = "\(scratch.path)/heddle.\(kind)"
            let outcome = try set(path, "store.batch.max_items", "7")
            #expect(outcome.isChanged && outcome.change.old.isEmpty && outcome.change.new == "7")
            #expect(
                try text(path)
                    == (kind == "json"
                        ? "{\"store\": {\"batch\":{\"max_items\":7}}}\n" : "store:\n  batch:\n    max_items: 7\n")
            )
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
            #expect(try set(path, "store.batch.max_items", "7").isChanged == false)
            #expect(try set(path, "store.batch.max_items", nil).change.old == "7")
            #expect(
                try ServerConfiguration.load(file: path, environment: [:], flags: [:]).integer("store.batch.max_items")
                    == 100
            )
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["heddle.\(kind)"])
        }
    }

    @Test("keeps the mode, the comments, and the link that leads to the file")
    func keeps() async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write("real/heddle.yaml", "# mine\nlog:\n  level: info # loud enough\n")
            let (real, link) = (scratch.path + "/real/heddle.yaml", scratch.path + "/heddle.yaml")
            chmod(real, 0o640)
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "real/heddle.yaml")
            _ = try set(link, "log.level", "debug")
            #expect(try text(real) == "# mine\nlog:\n  level: debug # loud enough\n")
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "real/heddle.yaml")
            #expect(try FileManager.default.attributesOfItem(atPath: real)[.posixPermissions] as? Int == 0o640)
        }
    }

    @Test(
        "is not made when a server could not start with the result",
        arguments: [
            ("log: {level: info}\n", "http.port", "x"), ("log: {level: info}\n", "http.host", "0.0.0.0"),
            ("log: {level: loud}\n", "http.port", "1"), ("http: {prot: 1}\n", "http.port", "1"),
            ("log: {level: info}\n", "http.allowed_hosts", "a,\u{0}"), ("log: [\n", "http.port", "1"),
            ("log: {level: info}\n", "security.token", "hunter2"),
        ]
    )
    func refuses(_ before: String, _ key: String, _ value: String) async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write("heddle.yaml", before)
            let path = scratch.path + "/heddle.yaml"
            let error = #expect(throws: HeddleError.self) { try set(path, key, value) }
            #expect(error?.code == .invalidConfiguration && error?.message.contains("hunter2") == false)
            #expect(try text(path) == before)
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["heddle.yaml"])
        }
    }

    @Test("says what wins over it")
    func environment() async throws {
        try await ScratchDirectory.with { scratch in
            let environment = ["HEDDLE_PORT": "9000"]
            let outcome = try set(scratch.path + "/h.yaml", "http.port", "1", environment: environment)
            #expect(outcome.effective?.value == "9000" && outcome.effective?.origin == "HEDDLE_PORT")
        }
    }

    @Test("is not lost when many come at once", arguments: ["yaml", "json"])
    func together(_ kind: String) async throws {
        try await ScratchDirectory.with { scratch in
            let path = "\(scratch.path)/heddle.\(kind)"
            let changes = [
                ("http.port", "1"), ("http.max_body_mb", "2"), ("log.level", "debug"), ("extensions.maximum", "3"),
                ("sandbox.maximum_processes", "4"), ("store.batch.max_items", "5"), ("store.batch.max_queue", "6"),
                ("store.batch.max_delay_ms", "7"), ("shutdown.grace_seconds", "8"), ("http.allowed_hosts", "a,b"),
            ]
            try await withThrowingTaskGroup { tasks in
                for (key, value) in changes { tasks.addTask { _ = try set(path, key, value) } }
                try await tasks.waitForAll()
            }
            let configuration = try ServerConfiguration.load(file: path, environment: [:], flags: [:])
            for (key, value) in changes { #expect(configuration.text(key) == value) }
        }
    }

    @Test("says what is wrong with a file that is none")
    func badFiles() async throws {
        try await ScratchDirectory.with { scratch in
            let folder = scratch.path
            try FileManager.default.createDirectory(atPath: folder + "/d.yaml", withIntermediateDirectories: true)
            mkfifo(folder + "/pipe.yaml", 0o600)
            let descriptor = open(folder + "/big.yaml", O_WRONLY | O_CREAT, 0o600)
            ftruncate(descriptor, 100 << 20)
            close(descriptor)
            symlink("nowhere", folder + "/dangling.yaml")
            symlink("loop.yaml", folder + "/loop.yaml")
            let cases = [
                ("d.yaml", "is a folder"), ("pipe.yaml", "is not a plain file"), ("big.yaml", "is larger than 1 MB"),
                ("dangling.yaml", "leads nowhere"), ("loop.yaml", "leads nowhere"), ("no/heddle.yaml", "No such file"),
            ]
            for (name, words) in cases {
                let error = #expect(throws: HeddleError.self) { try set("\(folder)/\(name)", "http.port", "1") }
                #expect(error?.message.contains(words) == true, "\(name): \(error?.message ?? "")")
                let load = #expect(throws: HeddleError.self) {
                    try ServerConfiguration.load(file: "\(folder)/\(name)", environment: [:], flags: [:])
                }
                #expect(load?.code == .invalidConfiguration && load?.violations.map(\.path) == ["\(folder)/\(name)"])
            }
            let none = #expect(throws: HeddleError.self) {
                try ConfigurationEditor(ConfigurationLayers(file: nil, environment: [:], flags: [:]))
            }
            #expect(none?.code == .invalidRequest)
        }
    }

    @Test("says that the folder cannot be written")
    func readOnly() async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write("locked/heddle.yaml", "log: {level: info}\n")
            chmod(scratch.path + "/locked", 0o500)
            defer { chmod(scratch.path + "/locked", 0o700) }
            // Root writes everywhere but into the kernel's own folders.
            let path = geteuid() == 0 ? "/sys/kernel/heddle.yaml" : scratch.path + "/locked/heddle.yaml"
            let error = #expect(throws: HeddleError.self) { try set(path, "http.port", "1") }
            #expect(error?.code == .permissionDenied, "\(error?.message ?? "")")
        }
    }
}
