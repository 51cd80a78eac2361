import FoundationEssentials
import HeddleModel
import HeddleServer
import HeddleTestSupport
import Testing

@Suite("The configuration")
struct ConfigurationTests {
    private func value(_ key: String, _ configuration: ServerConfiguration) -> [String] {
        configuration.entries.filter { $0.key == key }.flatMap { [$0.value, $0.source] }
    }

    @Test("lets flags win over the environment, and the environment over defaults")
    func layers() throws {
        let configuration = try ServerConfiguration.load(
            file: nil,
            environment: ["HEDDLE_HTTP_PORT": "8000", "HEDDLE_LOG_LEVEL": "debug", "HOME": "/home/ada"],
            flags: ["http.port": "9000"]
        )
        #expect(value("http.port", configuration) == ["9000", "flag"])
        #expect(value("log.level", configuration) == ["debug", "environment"])
        #expect(value("http.host", configuration) == ["127.0.0.1", "default"])
        #expect(value("data.directory", configuration) == ["/home/ada/.local/share/heddle", "default"])
    }

    @Test(
        "names the key that is unknown or has a wrong value",
        arguments: [
            (["HEDDLE_HTTP_PROT": "1"], "HEDDLE_HTTP_PROT"), (["HEDDLE_HTTP_PORT": "x"], "http.port"),
            (["HEDDLE_PORT": "70000"], "http.port"), (["HEDDLE_LOG_LEVEL": "loud"], "log.level"),
            (["HEDDLE_HTTP_HOST": "0.0.0.0"], "security.token"), (["HEDDLE_TOKEN": "short"], "security.token"),
        ]
    )
    func refusals(_ environment: [String: String], _ key: String) {
        let error = #expect(throws: HeddleError.self) {
            try ServerConfiguration.load(file: nil, environment: environment, flags: [:])
        }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.details["key"] == key)
    }

    @Test(
        "says what is wrong in a file",
        arguments: [
            ("yaml", "http: {port: [1, 2]}", "http.port"), ("yaml", "data: {directory: [a]}", "data.directory"),
            ("yaml", "http: {allowed_hosts: [[a], b]}", "http.allowed_hosts"),
            ("json", #"{"http":{"allowed_hosts":["a",1]}}"#, "http.allowed_hosts"),
            ("json", #"{"http":{"allowed_hosts":["a,b"]}}"#, "http.allowed_hosts"),
            ("json", #"{"log":{"level":["debug"]}}"#, "log.level"), ("json", #"{"http":{"prot":1}}"#, "http.prot"),
            ("yaml", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", nil), ("yaml", "[1, 2", nil), ("json", "[]", nil),
        ] as [(String, String, String?)]
    )
    func files(_ kind: String, _ text: String, _ key: String?) async throws {
        try await ScratchDirectory.with { scratch in
            let path = scratch.path + "/heddle." + kind
            try Data(text.utf8).write(to: URL(filePath: path))
            let error = #expect(throws: HeddleError.self) {
                try ServerConfiguration.load(file: path, environment: [:], flags: [:])
            }
            #expect(error?.code == .invalidConfiguration)
            if let key { #expect(error?.details["key"] == key) }
        }
    }

    @Test("takes lists from a file, and data directories as they are seen from here")
    func file() async throws {
        try await ScratchDirectory.with { scratch in
            let path = scratch.path + "/heddle.yaml"
            let text = "http:\n  allowed_hosts: [one.example, two.example]\n  port: 8000\ndata: {directory: here/x}\n"
            try Data(text.utf8).write(to: URL(filePath: path))
            let configuration = try ServerConfiguration.load(file: path, environment: [:], flags: [:])
            #expect(value("http.allowed_hosts", configuration) == ["one.example,two.example", "file"])
            #expect(value("http.port", configuration) == ["8000", "file"])
            let here = FileManager.default.currentDirectoryPath
            #expect(value("data.directory", configuration) == [here + "/here/x", "file"])
        }
    }

    @Test("takes a public address with a token, and never shows it")
    func token() throws {
        let configuration = try ServerConfiguration.load(
            file: nil,
            environment: ["HEDDLE_TOKEN": "0123456789abcdef", "HEDDLE_HOST": "0.0.0.0"],
            flags: [:]
        )
        #expect(value("security.token", configuration) == ["***", "environment"])
    }
}
