import HeddleModel
import HeddleServer
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
