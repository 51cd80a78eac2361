import HeddleModel
import Testing

@testable import HeddleStore

@Suite("The URL of a database")
struct PostgresAddressTests {
    private static func address(_ url: String, password: String? = nil) throws -> PostgresAddress {
        try PostgresAddress(url: url, password: password, needsPrimary: true)
    }

    @Test(
        "verifies whom it reaches unless that is this machine",
        arguments: [
            ("postgres://a@db.example/x", "verify-full", false), ("postgres://a@10.0.0.1/x", "verify-full", false),
            ("postgres://a@127.0.0.1,db.example/x", "verify-full", false),
            ("postgres://a@127.evil.example/x", "verify-full", false),
            ("postgres://a@localhost/x", "prefer", false), ("postgres://a@127.0.0.2:5433/x", "prefer", false),
            ("postgresql://a@[::1]/x", "prefer", false), ("postgres:///x?host=/run/sockets", "prefer", false),
            ("postgres:///x", "prefer", false),
            ("postgres://a@db.example/x?sslmode=require", "require", true),
            ("postgres://a@db.example/x?sslmode=disable", "disable", true),
            ("postgres://a@localhost/x?sslmode=disable", "disable", false),
            ("postgres://a@localhost/x?hostaddr=10.0.0.1", "verify-full", false),
        ]
    )
    func verification(url: String, mode: String, isWeak: Bool) throws {
        let address = try Self.address(url)
        #expect(address.verification.rawValue == mode)
        #expect(address.parameters["sslmode"] == mode)
        #expect(address.isWeak == isWeak)
        #expect((address.parameters["sslrootcert"] != nil) == mode.hasPrefix("verify"))
    }

    @Test("keeps the authorities that it names, its own password before another, and the file of passwords")
    func parameters() throws {
        let address = try Self.address("postgres://a:b%40c@db.example/x?sslrootcert=/etc/own.pem", password: "other")
        #expect(address.parameters["sslrootcert"] == "/etc/own.pem")
        #expect(address.parameters["password"] == "b@c")
        #expect(address.parameters["target_session_attrs"] == "read-write")
        #expect(address.place == "db.example:5432/x")
        let other = try Self.address("postgres://a@db.example/x?passfile=/etc/passwords", password: "other")
        #expect(other.parameters["password"] == "other")
        #expect(other.parameters["passfile"] == "/etc/passwords")
    }

    @Test(
        "that cannot be read is refused without being repeated",
        arguments: [
            "mysql://a:secret@b/c", "postgres://a:secret@b/c?what=ever", "host=b password=secret", "",
            "postgres://a:secret@word@b/c", "postgres://a:secret/word@b/c", "postgres://a:12/secret@b/c",
            "postgres://a@b:secret/c", "postgres://a@b/secret@c", "postgres://a:x@@secret/c",
            "postgres://a@b:123456/secret",
            "postgres://a:secret@b/c?sslmode=perhaps", "postgres://a:secret@b/c?service=x", "postgres://a:secret@[b/c",
        ]
    )
    func refused(url: String) {
        let error = #expect(throws: HeddleError.self) { try Self.address(url) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.description.contains("secret") == false)
        #expect(error?.details["key"] == "database.url")
    }
}
