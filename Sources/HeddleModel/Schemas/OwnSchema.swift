package import JSON
package import JSONSchema
import Synchronization

/// A schema that Heddle itself asks for: of a request's body, a manifest or a configuration.
///
/// What is checked and what `/openapi.json` and `heddle schema show` tell are the same text.
package final class OwnSchema: Sendable {
    /// The name among the components of `/openapi.json`.
    package let name: String
    package let definition: JSONValue
    /// The schemas that the definition refers to.
    private let uses: [OwnSchema]
    private let compiled = Mutex<JSONSchema?>(nil)

    package init(_ name: String, _ definition: JSONValue, uses: [OwnSchema] = []) {
        self.name = name
        self.definition = definition
        self.uses = uses
    }

    /// What stands for it inside of another schema that uses it.
    package var reference: JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }

    /// It and every schema it leads to, by name.
    package var components: [String: JSONValue] {
        uses.reduce(into: [name: definition]) { $0.merge($1.components) { own, _ in own } }
    }

    /// The schema by itself, with everything it leads to in the place where `/openapi.json` has it.
    package var document: JSONValue {
        let others = components.filter { $0.key != name }.sorted { $0.key < $1.key }
        var document = JSONObject(members: [
            .init(name: "$schema", value: "https://json-schema.org/draft/2020-12/schema"),
            .init(name: "title", value: .string(name)),
        ])
        for member in definition.object?.members ?? [] { document[member.name] = member.value }
        guard !others.isEmpty else { return .object(document) }
        let members = others.map { JSONObject.Member(name: $0.key, value: $0.value) }
        document["components"] = ["schemas": .object(JSONObject(members: members))]
        return .object(document)
    }

    /// Asks a value to satisfy the schema.
    ///
    /// - Throws: ``HeddleError`` with the code and all violations.
    package func check(_ value: JSONView, _ code: HeddleError.Code, _ sentence: String) throws(HeddleError) {
        try schema().check(value, code, sentence)
    }

    /// Asks a value to satisfy the schema.
    ///
    /// - Throws: ``HeddleError`` with the code and all violations.
    package func check(_ value: JSONValue, _ code: HeddleError.Code, _ sentence: String) throws(HeddleError) {
        try schema().check(value, code, sentence)
    }

    /// The compiled schema, made when it is first needed.
    ///
    /// - Throws: ``HeddleError`` with `internalError`, which would be a fault in the definition.
    package func schema() throws(HeddleError) -> JSONSchema {
        if let compiled = compiled.withLock(\.self) { return compiled }
        do {
            let made = try JSONSchema(JSONDocument(document.bytes))
            compiled.withLock { $0 = made }
            return made
        } catch {
            throw HeddleError(.internalError, "the schema '\(name)' cannot be compiled", cause: error)
        }
    }
}
