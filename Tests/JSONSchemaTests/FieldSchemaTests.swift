import FoundationEssentials
import HeddleTestSupport
import JSON
import JSONSchema
import Testing

/// The schemas that the field publishes, where copies of them lie beside the checkout.
@Suite("The schemas of the field")
struct FieldSchemaTests {
    private static let data = TestEnvironment.checkout + "/../shared/data"
    private static let isHere = FileManager.default.fileExists(atPath: data + "/mplp-g2")
    private static let absent: Comment = "skipped: no ../shared/data with the schemas of MCP and MPLP"

    private static func files(_ folder: String) -> [String] {
        ((try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".json") }.sorted()
    }

    private static func document(_ path: String) throws -> JSONDocument {
        try JSONDocument(Array(Data(contentsOf: URL(filePath: path))))
    }

    /// The value without each of its members in turn, whose names come along.
    private static func lessOne(_ value: JSONView) throws -> [(name: String, value: JSONDocument)] {
        let object = try #require(JSONValue(value).object)
        return try object.members.map { member in
            var rest = object
            rest[member.name] = nil
            return (member.name, try JSONDocument(JSONValue.object(rest).bytes))
        }
    }

    /// Whether a schema refuses a value exactly when one of its required members is left out.
    private static func asksForItsMembers(_ schema: JSONSchema, _ root: JSONView, _ value: JSONView) throws {
        let required = Set(root["required"]?.elements.compactMap(\.string) ?? [])
        for (name, rest) in try lessOne(value) where required.contains(name) {
            let violations = try schema.violations(rest.root)
            #expect(
                violations.contains { $0.keyword == "required" && $0.message.contains("'\(name)'") },
                "without \(name)"
            )
        }
    }

    @Test(
        "of MPLP's objects compile and accept their examples, and not without what they require",
        .enabled(if: isHere, absent)
    )
    func mplp() throws {
        let folder = Self.data + "/mplp-g2"
        let files = Self.files(folder).filter { !$0.hasPrefix("examples/") }
        var registry = SchemaRegistry()
        for file in files { try registry.add(Self.document("\(folder)/\(file)"), as: "urn:heddle:mplp/" + file) }
        for file in files {
            let id = try #require(Self.document("\(folder)/\(file)").root["$id"]?.string)
            _ = try JSONSchema(JSONDocument(Array(#"{"$ref":"\#(id)"}"#.utf8)), registry: registry)
        }
        var accepted = 0
        for example in Self.files(folder + "/examples") {
            let rules = try Self.document("\(folder)/mplp-\(example.replacing(".json", with: ".schema.json"))")
            let id = try #require(rules.root["$id"]?.string)
            let schema = try JSONSchema(JSONDocument(Array(#"{"$ref":"\#(id)"}"#.utf8)), registry: registry)
            let value = try Self.document("\(folder)/examples/\(example)")
            #expect(try schema.violations(value.root) == [], "\(example)")
            try Self.asksForItsMembers(schema, rules.root, value.root)
            accepted += 1
        }
        #expect(files.count == 22 && accepted == 10)
    }

    @Test("of MCP compile in every revision, each definition alone", .enabled(if: isHere, absent))
    func mcpDefinitions() throws {
        let folder = Self.data + "/mcp/schema"
        let revisions = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(revisions.count >= 3)
        for revision in revisions {
            let document = try Self.document("\(folder)/\(revision)/schema.json")
            let (root, keyword) = (document.root, document.root["$defs"] == nil ? "definitions" : "$defs")
            var registry = SchemaRegistry()
            try registry.add(document, as: "urn:heddle:mcp")
            let names = root.member(keyword)?.members.compactMap(\.name.string) ?? []
            #expect(names.count > 50, "\(revision)")
            for name in names {
                let reference = ##"{"$ref":"urn:heddle:mcp#/\##(keyword)/\##(name)"}"##
                let schema = try JSONSchema(JSONDocument(Array(reference.utf8)), registry: registry)
                let acceptsNonsense = try schema.isValid(JSONDocument("[{}, 7]").root)
                #expect(!acceptsNonsense || name.hasPrefix("JSON"), "\(revision) \(name)")
            }
        }
    }

    @Test("of MCP's messages accept their examples, and not without what they require", .enabled(if: isHere, absent))
    func mcpExamples() throws {
        let folder = Self.data + "/mcp/schema/2026-07-28"
        let document = try Self.document(folder + "/schema.json")
        var registry = SchemaRegistry()
        try registry.add(document, as: "urn:heddle:mcp")
        var accepted = 0
        for file in Self.files(folder + "/examples") {
            let name = String(file.prefix { $0 != "/" })
            let reference = ##"{"$ref":"urn:heddle:mcp#/$defs/\##(name)"}"##
            let schema = try JSONSchema(JSONDocument(Array(reference.utf8)), registry: registry)
            let value = try Self.document("\(folder)/examples/\(file)")
            #expect(try schema.violations(value.root) == [], "\(file)")
            accepted += 1
            guard value.root.kind == .object, let rules = document.root["$defs"]?.member(name) else { continue }
            try Self.asksForItsMembers(schema, rules, value.root)
        }
        #expect(accepted == 129)
    }
}
