package import HeddleModel
package import JSON

/// A value that a context keeps under a name.
package struct MetadataItem: Sendable {
    package let name: String
    /// The value, byte for byte.
    package let value: [UInt8]
    /// What kind of value it is, in the words of JSON or in the client's own.
    package let type: String
    package let summary: String?
    package let access: AccessLevel
    package let version: Int
    package let updatedAt: Timestamp
    package let updatedBy: String

    /// What a client puts under a name.
    package struct Draft: Sendable {
        package let value: [UInt8]
        package let type: String
        package let summary: String?
        package let access: AccessLevel

        /// Largest value, in bytes.
        private static let largest = 64 << 10

        /// The body of a request.
        package static let schema = OwnSchema("MetadataBody", Shape.object(required: ["value": [:]], optional: members))

        /// The members besides the value.
        static let members: [JSONObject.Member] = [
            .init(name: "type", value: Shape.adding(["minLength": 1, "maxLength": 64], to: Shape.text)),
            .init(name: "description", value: Shape.adding(["maxLength": 1024], to: Shape.text)),
            .init(name: "access_level", value: Shape.choice(AccessLevel.self)),
        ]

        /// Reads an object that satisfies the schema.
        ///
        /// - Throws: ``HeddleError`` that names the member.
        package init(_ fields: JSONFields) throws(HeddleError) {
            guard let view = fields.view("value") else { throw fields.error("'value' is missing") }
            value = view.compactBytes
            guard value.count <= Self.largest else {
                throw HeddleError(
                    .invalidRequest,
                    "a metadata value has at most \(Self.largest) bytes; use the shared state for more",
                    details: ["field": "value", "limit_bytes": String(Self.largest)]
                )
            }
            type = try fields.stringIfPresent("type") ?? Self.name(of: view.kind)
            summary = try fields.stringIfPresent("description")
            access = try fields.choice("access_level", default: .participants)
        }

        private static func name(of kind: JSONKind) -> String {
            switch kind {
            case .null: "null"
            case .bool: "boolean"
            case .number: "number"
            case .string: "string"
            case .array: "array"
            case .object: "object"
            }
        }
    }

    /// Writes the item as clients see it.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.name("key")
        writer.string(name)
        writer.name("value")
        writer.raw(value[...])
        writer.name("type")
        writer.string(type)
        writer.name("description")
        if let summary { writer.string(summary) } else { writer.null() }
        writer.name("access_level")
        writer.string(access.rawValue)
        writer.name("version")
        writer.integer(version)
        writer.time("updated_at", updatedAt)
        writer.name("updated_by")
        writer.string(updatedBy)
        writer.endObject()
    }

    /// The item as clients see it.
    package var bytes: [UInt8] {
        var writer = JSONWriter(capacity: value.count + 256)
        write(to: &writer)
        return writer.bytes
    }
}
