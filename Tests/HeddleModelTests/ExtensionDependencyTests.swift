import HeddleModel
import JSON
import Testing

@Suite("The dependencies of a manifest")
struct ExtensionDependencyTests {
    private static func list(_ text: String) throws -> [ExtensionDependency] {
        let view = try JSONDocument(text).root
        try ExtensionDependency.schema.check(view, .invalidManifest, "not so")
        return try ExtensionDependency.list(view)
    }

    @Test("are a list that says all of each")
    func list() throws {
        let found = try Self.list(
            #"""
            [{"dependency_name":"text","dependency_version":"^1.2.0"},
             {"dependency_name":"host","dependency_version":">=1 <3","dependency_type":"peer","optional":true,
              "description":"draws"},
             {"dependency_name":"any","dependency_version":"","dependency_type":null,"optional":null,"description":null}]
            """#
        )
        #expect(
            found == [
                ExtensionDependency(name: try ExtensionName("text"), range: try VersionRange("^1.2.0")),
                ExtensionDependency(
                    name: try ExtensionName("host"),
                    range: try VersionRange(">=1 <3"),
                    kind: .peer,
                    isOptional: true,
                    description: "draws"
                ),
                ExtensionDependency(name: try ExtensionName("any"), range: try VersionRange("")),
            ]
        )
    }

    @Test("are ranges by name, in the order of the file")
    func map() throws {
        let found = try Self.list(#"{"b":"^1.2","a":"*"}"#)
        #expect(found.map(\.name.rawValue) == ["b", "a"])
        #expect(found.map(\.range.text) == ["^1.2", "*"])
        #expect(found.allSatisfy { $0.kind == .runtime && !$0.isOptional && $0.description == nil })
        #expect(try Self.list("{}").isEmpty)
        #expect(try ExtensionDependency.list(JSONDocument("null").root).isEmpty)
        #expect(try Self.list("[]").isEmpty)
    }

    @Test("come back from their wire form")
    func roundTrip() throws {
        let found = try Self.list(
            #"[{"dependency_name":"a","dependency_version":"1.x","dependency_type":"peer","optional":true,"description":"d"}]"#
        )
        #expect(try Self.list(JSONValue.array(found.map(\.value)).text) == found)
        let plain = try Self.list(#"{"a":"1.x"}"#)
        #expect(try Self.list(JSONValue.array(plain.map(\.value)).text) == plain)
    }

    @Test("are refused by the schema, with the place")
    func schema() throws {
        let many = (0...256).map { "\"n\($0)\":\"1\"" }.joined(separator: ",")
        let wrong = [
            ("7", ""), (#"{"A":"1"}"#, "/A"), (#"{"a":1}"#, "/a"), ("{\(many)}", ""),
            (#"[{"dependency_name":"a"}]"#, "/0"), (#"[{"dependency_name":"a__b","dependency_version":"1"}]"#, "/0"),
            (#"[{"dependency_name":"a","dependency_version":"1","dependency_type":"dev"}]"#, "/0/dependency_type"),
            (#"[{"dependency_name":"a","dependency_version":"1","extra":1}]"#, "/0"),
            (#"[{"dependency_name":"a","dependency_version":"\#(String(repeating: "1", count: 257))"}]"#, "/0"),
        ]
        for (text, place) in wrong {
            let error = #expect(throws: HeddleError.self, "\(text)") { try Self.list(text) }
            #expect(error?.code == .invalidManifest)
            #expect(error?.violations.contains { $0.path.hasPrefix(place) } == true, "\(text): \(error?.message ?? "")")
        }
    }

    @Test("are refused for every range that is none and every name that comes twice, all at once")
    func faults() throws {
        let error = #expect(throws: HeddleError.self) {
            try Self.list(
                #"""
                [{"dependency_name":"a","dependency_version":"one"},{"dependency_name":"b","dependency_version":"1"},
                 {"dependency_name":"b","dependency_version":"^^2"}]
                """#
            )
        }
        #expect(error?.code == .invalidManifest)
        #expect(
            error?.violations.map(\.path) == [
                "/dependencies/0/dependency_version", "/dependencies/2/dependency_name",
                "/dependencies/2/dependency_version",
            ]
        )
        let named = #expect(throws: HeddleError.self) { try Self.list(#"{"a":"1","b":"v1"}"#) }
        #expect(named?.violations.map(\.path) == ["/dependencies/b"])
        #expect(named?.message.contains("'v1'") == true)
    }

    @Test("read without the schema throw and never crash", arguments: ["7", "[1]", "[[]]", #"{"":"1"}"#, "[{}]"])
    func unchecked(_ text: String) throws {
        let view = try JSONDocument(text).root
        #expect(throws: HeddleError.self) { try ExtensionDependency.list(view) }
    }
}
