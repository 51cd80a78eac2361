import JSON

extension Manifest {
    /// Something that an extension says it can do, under a name of its own.
    package struct Capability: Sendable, Hashable {
        /// What others look for, such as `text_analysis`.
        package let id: String
        package let description: String?
        package let version: SemanticVersion?
        /// The tools that it is made of, which the program has to offer.
        package let tools: [String]
        /// Whether it changes nothing, so that its results can be kept; nil leaves it to what the tools say.
        package let isReadOnly: Bool?
        /// Whether it can be called again without doing more; nil leaves it to what the tools say.
        package let isIdempotent: Bool?
        /// Calls of each of its tools at once; nil leaves it to the slots of the extension.
        package let mostCalls: Int?

        package init(
            id: String,
            description: String? = nil,
            version: SemanticVersion? = nil,
            tools: [String] = [],
            isReadOnly: Bool? = nil,
            isIdempotent: Bool? = nil,
            mostCalls: Int? = nil
        ) {
            self.id = id
            self.description = description
            self.version = version
            self.tools = tools
            self.isReadOnly = isReadOnly
            self.isIdempotent = isIdempotent
            self.mostCalls = mostCalls
        }
    }
}

extension Manifest.Capability {
    static let shape: JSONValue = {
        let id = Shape.matching("^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$", "1 to 128 of letters, digits and '_.:-'")
        let entry = Shape.object(
            required: ["id": id],
            optional: [
                "description": Shape.text, "version": SemanticVersion.shape,
                "tools": Shape.list(Shape.adding(["maxLength": 128], to: Shape.text), most: 256),
                "read_only": Shape.flag,
                "idempotent": Shape.flag,
                "max_concurrency": Shape.integer(1...100_000),
            ]
        )
        return Shape.list(["if": ["type": "object"], "then": entry, "else": id], most: 256)
    }()

    /// Reads an element of `capabilities`: an object, or the id alone.
    init(_ view: JSONView, at path: String) throws(HeddleError) {
        if let id = view.string {
            self.init(id: id)
            return
        }
        let fields = try JSONFields(view, code: .invalidManifest, path: path)
        self.init(
            id: try fields.string("id"),
            description: try fields.stringIfPresent("description"),
            version: try fields.stringIfPresent("version")
                .map { text throws(HeddleError) in try SemanticVersion(text) },
            tools: try fields.strings("tools"),
            isReadOnly: try fields.boolIfPresent("read_only"),
            isIdempotent: try fields.boolIfPresent("idempotent"),
            mostCalls: try fields.integerIfPresent("max_concurrency")
        )
    }

    var value: JSONValue {
        var object = JSONObject(members: [.init(name: "id", value: .string(id))])
        object["description"] = description.map(JSONValue.string)
        object["version"] = version.map { .string($0.description) }
        object["read_only"] = isReadOnly.map(JSONValue.bool)
        object["idempotent"] = isIdempotent.map(JSONValue.bool)
        object["max_concurrency"] = mostCalls.map(JSONValue.integer)
        object["tools"] = tools.isEmpty ? nil : .array(tools.map(JSONValue.string))
        return .object(object)
    }
}
