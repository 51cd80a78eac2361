import HeddleClient
import HeddleModel
import Testing

@Suite("A server's address")
struct ServerAddressTests {
    @Test(
        "is read and written",
        arguments: [
            ("http://127.0.0.1:7433", "http://127.0.0.1:7433"), ("localhost:80/", "http://localhost:80"),
            ("HTTPS://Example.org", "https://example.org:443"), ("http://[::1]:9/x/", "http://[::1]:9/x"),
        ]
    )
    func forms(text: String, expected: String) throws {
        #expect(try ServerAddress(text).description == expected)
    }

    @Test(
        "is refused when it is none",
        arguments: [
            "", "http://", "http://a b", "http://a:99999", "http://u@h", "ftp://x", "http://h/p?q", "h:0", "::1",
        ]
    )
    func refusals(text: String) {
        #expect(throws: HeddleError.self) { try ServerAddress(text) }
    }

    @Test("is known to be this machine's")
    func loopback() throws {
        for text in ["127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1"] {
            #expect(try ServerAddress(text).isLoopback)
        }
        for text in ["127.0.0.1.example.org:1", "10.0.0.1:1", "example.org:1"] {
            #expect(try !ServerAddress(text).isLoopback)
        }
    }

    @Test("comes from an option, then the environment, then the default")
    func lookup() throws {
        let environment = ["HEDDLE_SERVER": "http://b:2", "HEDDLE_TOKEN": "t", "HOME": "/h", "HEDDLE_DATA_DIR": ""]
        let settings = try ClientSettings(server: "http://a:1", environment: environment)
        #expect(settings.server.host == "a")
        #expect(settings.token() == "t")
        #expect(settings.dataDirectory == "/h/.local/share/heddle")
        #expect(try ClientSettings(environment: environment).server.host == "b")
        #expect(try ClientSettings(environment: [:]).server.port == 7433)
        #expect(try ClientSettings(token: "x", environment: environment).token() == "x")
        #expect(try ClientSettings(dataDirectory: "/nowhere", environment: [:]).token().isEmpty)
    }
}
