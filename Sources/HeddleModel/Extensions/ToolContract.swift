package import JSON
import JSONSchema
import Synchronization

/// What a tool asks of its parameters and promises of its results, compiled when it is first needed.
///
/// A schema that is merely malformed, as many are, checks nothing and is told of; one that is hostile is refused.
package final class ToolContract: Sendable {
    private struct Compiled {
        var input: JSONSchema?
        var output: JSONSchema?
        var faults: [(schema: String, error: SchemaError)] = []

        var hostile: (schema: String, error: SchemaError)? { faults.first { $0.error.isHostile } }
    }

    private let name: String
    private let document: JSONDocument
    private let compiled = Mutex<Compiled?>(nil)

    private static let nothing = try? JSONDocument("{}")

    init(name: String, document: JSONDocument) {
        self.name = name
        self.document = document
    }

    /// Whether checking costs nothing but the check: the schemas are compiled.
    package var isCompiled: Bool { compiled.withLock { $0 != nil } }

    private var schemas: Compiled {
        compiled.withLock { compiled in
            if let compiled { return compiled }
            var made = Compiled()
            made.input = compile("inputSchema", &made)
            made.output = compile("outputSchema", &made)
            compiled = made
            return made
        }
    }

    private func compile(_ member: StaticString, _ compiled: inout Compiled) -> JSONSchema? {
        guard let view = document.root[member] else { return nil }
        do throws(SchemaError) {
            guard let own = try? JSONDocument(Array(view.bytes)) else { return nil }
            return try JSONSchema(own)
        } catch {
            compiled.faults.append(("\(member)", error))
            return nil
        }
    }

    /// Compiles the schemas now.
    ///
    /// - Returns: what is wrong with those that check nothing, in words.
    /// - Throws: ``HeddleError`` with `extensionProtocol` for a schema that costs too much.
    package func check() throws(HeddleError) -> [String] {
        let schemas = schemas
        try refuseHostile(schemas)
        return schemas.faults.map { "the \($0.schema) of the tool '\(name)' checks nothing: \($0.error)" }
    }

    private func refuseHostile(_ schemas: Compiled) throws(HeddleError) {
        guard let (schema, error) = schemas.hostile else { return }
        throw HeddleError(
            .extensionProtocol,
            "the \(schema) of the tool '\(name)' is refused: \(error.message)",
            details: ["tool": name, "reason": error.reason.rawValue, "location": error.location]
        )
    }

    /// Checks the parameters of a call; none count as an empty object.
    ///
    /// - Throws: ``HeddleError`` with `invalidParameters` and all violations, or with `extensionProtocol` for a tool that was
    ///   accepted before its schema was known to cost too much.
    package func checkParameters(_ parameters: JSONView?) throws(HeddleError) {
        let schemas = schemas
        if !schemas.faults.isEmpty { try refuseHostile(schemas) }
        guard let input = schemas.input, let value = parameters ?? Self.nothing?.root else { return }
        let sentence = "the parameters of '\(name)' are not what it takes"
        try input.check(value, .invalidParameters, sentence, details: ["tool": name])
    }

    /// Checks the structured content of a result that is no failure.
    ///
    /// - Throws: ``HeddleError`` with `extensionProtocol` and all violations.
    package func checkResult(_ result: JSONView) throws(HeddleError) {
        guard result["isError"]?.bool != true, let output = schemas.output else { return }
        guard let content = result["structuredContent"] else {
            throw HeddleError(
                .extensionProtocol,
                "the result of '\(name)' has no structured content, which its output schema promises",
                details: ["tool": name]
            )
        }
        let sentence = "the result of '\(name)' breaks its own output schema"
        try output.check(content, .extensionProtocol, sentence, details: ["tool": name])
    }
}

extension SchemaError {
    /// Whether the schema would do harm, and is not only wrong.
    fileprivate var isHostile: Bool {
        switch reason {
        case .costlyPattern, .endlessReference, .tooLarge, .tooCostly: true
        case .invalidKeyword, .unknownDialect, .unresolvedReference, .duplicateIdentifier, .invalidPattern: false
        }
    }
}
