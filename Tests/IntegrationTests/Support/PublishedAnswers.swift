import JSON
import JSONSchema
import Synchronization
import Testing

/// Holds the server's answers against what its own `/openapi.json` says of them.
final class PublishedAnswers: Sendable {
    private static let known = Mutex<PublishedAnswers?>(nil)

    private let document: JSONValue
    private let compiled = Mutex<[String: JSONSchema]>([:])

    private init(_ document: JSONValue) {
        self.document = Self.closed(document)
    }

    /// Records an issue when an answer is not one that the description names; the description is fetched once.
    static func check(
        _ method: String,
        _ path: String,
        _ answer: HTTPAnswer,
        describedBy fetch: () throws -> JSONValue
    ) throws {
        // With a blank in the path it is no HTTP request, which is refused before anything looks at it.
        guard !path.hasPrefix("/mcp"), path != "/openapi.json", !path.contains(" ") else { return }
        let published = try known.withLock { known in
            let published = try known ?? PublishedAnswers(fetch())
            known = published
            return published
        }
        try published.check(method, path, answer)
    }

    private func check(_ method: String, _ path: String, _ answer: HTTPAnswer) throws {
        let answers = operation(method, path)?["responses"]
        guard let description = answers?[String(answer.status)] ?? (answer.status >= 400 ? answers?["default"] : nil)
        else {
            // Unknown paths and methods are answered with the error that all routes share.
            if answer.status >= 400 { return try check(answer, "#/components/schemas/Error", "\(method) \(path)") }
            Issue.record("\(method) \(path) is described without the status \(answer.status)")
            return
        }
        if let type = answer.headers["content-type"], !type.hasPrefix("application/json"), answer.status < 300 {
            #expect(
                description["content"]?[type] != nil,
                "\(method) \(path) answers with \(type), which is not described"
            )
            return
        }
        let content = description["content"]?["application/json"]?["schema"]?["$ref"]?.string
        guard let content else {
            #expect(answer.body.isEmpty, "\(method) \(path) has a body that is not described")
            return
        }
        try check(answer, content, "\(method) \(path)")
    }

    private func check(_ answer: HTTPAnswer, _ reference: String, _ what: String) throws {
        let schema = try compiled.withLock { compiled in
            if let known = compiled[reference] { return known }
            let components = document["components"] ?? .null
            let made = try JSONSchema(
                JSONDocument((["$ref": .string(reference), "components": components] as JSONValue).bytes)
            )
            compiled[reference] = made
            return made
        }
        guard let body = try? JSONDocument(answer.body) else {
            Issue.record("\(what) answers \(answer.status) with what is not JSON")
            return
        }
        let violations = try schema.violations(body.root)
        #expect(violations.isEmpty, "\(what) answers \(answer.status) otherwise than described: \(violations)")
    }

    /// The operation whose path matches best: a part that is written out before one that varies.
    private func operation(_ method: String, _ path: String) -> JSONValue? {
        let parts = path.prefix { $0 != "?" }.split(separator: "/")
        let found = document["paths"]?.object?.members
            .filter { member in
                let pattern = member.name.split(separator: "/")
                return pattern.count == parts.count
                    && zip(pattern, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
            }
        return found?.sorted { $0.name.count { $0 == "{" } < $1.name.count { $0 == "{" } }
            .compactMap { $0.value[method.lowercased()] }.first
    }

    /// With no room for members that are not described: clients have to bear them, and we have to describe them.
    private static func closed(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): return .array(elements.map(closed))
        case .object(let object):
            var result = JSONObject(members: object.members.map { .init(name: $0.name, value: closed($0.value)) })
            if object["type"] == "object", object["properties"] != nil, object["additionalProperties"] == nil,
                object["oneOf"] == nil
            {
                result["additionalProperties"] = false
            }
            return .object(result)
        case .null, .bool, .number, .string: return value
        }
    }
}
