import Glibc
import HTTPTypes
import HeddleModel
import Testing

@testable import HeddleServer

@Suite("The door")
struct DoorTests {
    private let door = Door(
        token: AccessToken("0123456789abcdef"),
        origins: OriginRules(host: "127.0.0.1", allowedHosts: [], allowedOrigins: [])
    )

    private func refusal(_ path: String, _ fields: HTTPFields, host: String? = "localhost") -> HeddleError.Code? {
        do throws(HeddleError) {
            try door.admit(
                HTTPRequest(method: .post, scheme: "http", authority: host, path: path, headerFields: fields)
            )
            return nil
        } catch {
            return error.code
        }
    }

    @Test("is open for MCP clients alone where somebody chose so, and not for other names")
    func openForMCP() {
        let open = Door(
            token: AccessToken("0123456789abcdef"),
            origins: OriginRules(host: "127.0.0.1", allowedHosts: [], allowedOrigins: []),
            isOpenForMCP: true
        )
        func refusal(_ path: String, host: String = "localhost") -> HeddleError.Code? {
            do throws(HeddleError) {
                try open.admit(
                    HTTPRequest(method: .post, scheme: "http", authority: host, path: path, headerFields: [:])
                )
                return nil
            } catch {
                return error.code
            }
        }
        for path in ["/mcp", "/mcp?a=b", "/mcp/extensions/time"] { #expect(refusal(path) == nil) }
        for path in ["/mcpx", "/mcp/other", "/api/v1/extensions", "/"] { #expect(refusal(path) == .unauthenticated) }
        #expect(refusal("/mcp", host: "evil.example") == .originDenied)
    }

    @Test("opens for the token, however the scheme is written")
    func token() {
        for scheme in ["Bearer", "bearer", "BEARER"] {
            #expect(refusal("/mcp", [.authorization: "\(scheme) 0123456789abcdef"]) == nil)
        }
    }

    @Test(
        "stays shut for anything else",
        arguments: [
            "", "Bearer", "Bearer ", "0123456789abcdef", "Bearer 0123456789abcdeF", "Bearer 0123456789abcde",
            "Bearer 0123456789abcdef0", "Bearer  0123456789abcdef", "Basic 00123456789abcdef", "Bearer é123456789abcde",
            "Bearer\t0123456789abcdef", "Cearer 0123456789abcdef",
        ]
    )
    func wrong(_ header: String) {
        #expect(refusal("/mcp", [.authorization: header]) == .unauthenticated)
        #expect(refusal("/mcp", [:]) == .unauthenticated)
    }

    @Test("lets anybody of this machine ask for health, and for nothing that looks like it")
    func health() {
        for path in ["/healthz", "/readyz", "/healthz?x=1"] { #expect(refusal(path, [:]) == nil) }
        for path in ["/healthz/", "/healthz/../mcp", "/Healthz", "//healthz", ""] {
            #expect(refusal(path, [:]) == .unauthenticated)
        }
        #expect(refusal("/healthz", [:], host: "evil.example") == .originDenied)
    }

    @Test("asks for the origin before the token, so that a foreign page learns nothing")
    func order() {
        let fields: HTTPFields = [.authorization: "Bearer 0123456789abcdef", .origin: "https://evil.example"]
        #expect(refusal("/mcp", fields) == .originDenied)
        #expect(refusal("/mcp", [.origin: "https://evil.example"]) == .originDenied)
    }

    @Test("tells the time as HTTP does")
    func date() {
        // The example of RFC 9110, the epoch, and a leap day.
        #expect(HTTPDate.text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.text(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(HTTPDate.text(1_709_164_800) == "Thu, 29 Feb 2024 00:00:00 GMT")
        var date = HTTPDate()
        let before = time(nil)
        let text = date.text
        #expect((before...time(nil)).contains { HTTPDate.text($0) == text })
    }
}
