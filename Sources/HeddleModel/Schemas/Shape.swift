package import JSON

/// The pieces that Heddle's own schemas are written with.
package enum Shape {
    package static let flag: JSONValue = ["type": "boolean"]
    package static let number: JSONValue = ["type": "integer"]
    /// Texts end up in command lines, paths and C strings, where a NUL would cut them.
    package static let text: JSONValue = matching("^[^\\u0000]*$", "a text without NUL")
    package static let texts = list(text)
    package static let path = matching("^/[^\\u0000]*$", "an absolute path")
    package static let paths = list(path)

    /// A program and its arguments.
    package static let command = adding(["prefixItems": [program]], to: list(text, least: 1))
    /// A program alone or with its arguments.
    package static let commandOrProgram: JSONValue = [
        "anyOf": [program, command], "description": "A program, or a program and its arguments.",
    ]
    private static let program = matching("^[^\\u0000]+$", "a program, by its name or path")

    /// A string that matches a regular expression, with what that means in words.
    package static func matching(_ pattern: String, _ words: String) -> JSONValue {
        ["type": "string", "pattern": .string(pattern), "description": .string(words)]
    }

    package static func integer(_ range: ClosedRange<Int>, default standard: Int? = nil) -> JSONValue {
        var members: [JSONObject.Member] = [
            .init(name: "type", value: "integer"), .init(name: "minimum", value: .integer(range.lowerBound)),
            .init(name: "maximum", value: .integer(range.upperBound)),
        ]
        if let standard { members.append(.init(name: "default", value: .integer(standard))) }
        return .object(JSONObject(members: members))
    }

    package static func choice(_ values: [String]) -> JSONValue {
        ["type": "string", "enum": .array(values.map(JSONValue.string))]
    }

    package static func choice<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type) -> JSONValue
    where Choice.RawValue == String {
        choice(type.allCases.map(\.rawValue))
    }

    package static func list(_ element: JSONValue, least: Int = 0, most: Int = 1024) -> JSONValue {
        var members: [JSONObject.Member] = [
            .init(name: "type", value: "array"), .init(name: "items", value: element),
            .init(name: "maxItems", value: .integer(most)),
        ]
        if least > 0 { members.append(.init(name: "minItems", value: .integer(least))) }
        return .object(JSONObject(members: members))
    }

    /// An object of any names, or of those that match a schema.
    package static func map(_ element: JSONValue, names: JSONValue? = nil) -> JSONValue {
        var members: [JSONObject.Member] = [
            .init(name: "type", value: "object"), .init(name: "additionalProperties", value: element),
        ]
        if let names { members.append(.init(name: "propertyNames", value: names)) }
        return .object(JSONObject(members: members))
    }

    /// An object of these members and no others; null stands for an optional member that is not there.
    package static func object(
        required: KeyValuePairs<String, JSONValue> = [:],
        optional: KeyValuePairs<String, JSONValue>
    ) -> JSONValue {
        object(required: required, optional: optional.map { .init(name: $0.key, value: $0.value) })
    }

    /// An object of these members and no others; null stands for an optional member that is not there.
    package static func object(
        required: KeyValuePairs<String, JSONValue> = [:],
        optional: [JSONObject.Member] = []
    ) -> JSONValue {
        let properties =
            required.map { JSONObject.Member(name: $0.key, value: $0.value) }
            + optional.map { JSONObject.Member(name: $0.name, value: orNull($0.value)) }
        var members: [JSONObject.Member] = [
            .init(name: "type", value: "object"),
            .init(name: "properties", value: .object(JSONObject(members: properties))),
            .init(name: "additionalProperties", value: false),
        ]
        if !required.isEmpty {
            members.append(.init(name: "required", value: .array(required.map { .string($0.key) })))
        }
        return .object(JSONObject(members: members))
    }

    /// A schema with more keywords.
    package static func adding(_ more: JSONValue, to shape: JSONValue) -> JSONValue {
        guard var object = shape.object, let more = more.object else { return shape }
        for member in more.members { object[member.name] = member.value }
        return .object(object)
    }

    /// A schema that null fits too.
    package static func orNull(_ shape: JSONValue) -> JSONValue {
        guard var object = shape.object, let type = object["type"] else {
            return ["anyOf": [shape, ["type": "null"]]]
        }
        object["type"] = .array((type.array ?? [type]) + ["null"])
        if let values = object["enum"]?.array { object["enum"] = .array(values + [.null]) }
        return .object(object)
    }
}
