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

        package init(id: String, description: String? = nil, version: SemanticVersion? = nil, tools: [String] = []) {
            self.id = id
            self.description = description
            self.version = version
            self.tools = tools
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
            tools: try fields.strings("tools")
        )
    }

    var value: JSONValue {
        var object = JSONObject(members: [.init(name: "id", value: .string(id))])
        object["description"] = description.map(JSONValue.string)
        object["version"] = version.map { .string($0.description) }
        object["tools"] = tools.isEmpty ? nil : .array(tools.map(JSONValue.string))
        return .object(object)
    }
}
