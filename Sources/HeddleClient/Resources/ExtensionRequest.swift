package import HeddleModel
package import JSON

/// What is sent to add an extension, or to see beforehand what adding it means.
package struct ExtensionRequest: Sendable {
    /// The extension's name; nil leaves it to the manifest.
    package var name: String?
    package var description: String?
    /// Where the program comes from.
    package var source: ExtensionSource
    package var grants: Grants
    package var memoryMegabytes: Int?
    package var idleSeconds: Int?
    package var configuration: JSONValue?
    package var isActivated: Bool

    package init(
        name: String?,
        description: String? = nil,
        source: ExtensionSource,
        grants: Grants = Grants(),
        memoryMegabytes: Int? = nil,
        idleSeconds: Int? = nil,
        configuration: JSONValue? = nil,
        isActivated: Bool = true
    ) {
        self.name = name
        self.description = description
        self.source = source
        self.grants = grants
        self.memoryMegabytes = memoryMegabytes
        self.idleSeconds = idleSeconds
        self.configuration = configuration
        self.isActivated = isActivated
    }

    /// The body of the request.
    package var json: JSONValue {
        var object = JSONObject()
        object["name"] = name.map(JSONValue.string)
        object["description"] = description.map(JSONValue.string)
        object["source"] = source.value
        object["grants"] = grants.value(showingValues: true)
        object["resources"] = memoryMegabytes.map { ["memory_mb": .integer($0)] }
        object["loading"] = idleSeconds.map { ["idle_seconds": .integer($0)] }
        object["configuration"] = configuration
        object["activate"] = .bool(isActivated)
        return .object(object)
    }
}
