import HeddleModel
import JSON
import Testing

@testable import HeddleServer

@Suite("What is shown instead of secrets")
struct SecretMaskTests {
    @Test(
        "hides the password of a URL, and parameters that sound secret",
        arguments: [
            ("postgres://ada:hunter2@db:5432/x", "postgres://ada:***@db:5432/x"),
            ("postgres://ada:hun@ter2@db/x", "postgres://ada:***@db/x"), ("redis://:hunter2@r", "redis://:***@r"),
            ("https://ada@h/x", "https://ada@h/x"), ("https://h/a:b@c", "https://h/a:b@c"),
            ("db://h/x?user=a&Password=hunter2&sslmode=full", "db://h/x?user=a&Password=***&sslmode=full"),
            ("db://h?api_key=hunter2", "db://h?api_key=***"), ("127.0.0.1", "127.0.0.1"), ("", ""), ("://", "://"),
            ("x://@", "x://@"), ("x://a:b?c", "x://a:b?c"),
        ]
    )
    func urls(_ text: String, _ shown: String) {
        #expect(SecretMask.shown(text) == shown)
    }

    @Test("hides secrets whole, wherever a change is told")
    func changes() throws {
        let token = try ConfigurationOption.named("security.token")
        let change = AuditRecord.Change(token, from: "", to: "hunter2hunter2hunter2", .saved)
        #expect(change.old.isEmpty && change.new == "***" && !change.json.text.contains("hunter2"))
        let origins = try ConfigurationOption.named("http.allowed_origins")
        let list = AuditRecord.Change(origins, from: "https://a,https://b:hunter2@c", to: "", .saved)
        #expect(list.old == "https://a,https://b:***@c")
        let long = AuditRecord.Change(origins, from: String(repeating: "é", count: 4000), to: "", .saved)
        #expect(long.old.utf8.count < 600)
    }
}
