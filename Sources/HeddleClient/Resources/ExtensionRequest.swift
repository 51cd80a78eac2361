package import HeddleModel
package import JSON

/// What is sent to add an extension, or to see beforehand what adding it means.
package struct ExtensionRequest: Sendable {
    /// Where the program comes from.
    package enum Source: Sendable, Hashable {
        /// A program of the host, found from a directory.
        case command([String], directory: String)
        /// A package of PyPI with requirements beside it.
        case pypi(requirement: String, with: [String], module: String?, allowsBuild: Bool)
        /// A directory with an `extension.json`.
        case directory(String)
    }

    /// The extension's name; nil leaves it to the manifest.
    package var name: String?
    package var description: String?
    package var source: Source
    package var grants: Grants
    package var memoryMegabytes: Int?
    package var idleSeconds: Int?
    package var isActivated: Bool

    package init(
        name: String?,
        description: String? = nil,
        source: Source,
        grants: Grants = Grants(),
        memoryMegabytes: Int? = nil,
        idleSeconds: Int? = nil,
        isActivated: Bool = true
    ) {
        self.name = name
        self.description = description
        self.source = source
        self.grants = grants
        self.memoryMegabytes = memoryMegabytes
        self.idleSeconds = idleSeconds
        self.isActivated = isActivated
    }

    /// The body of the request.
    package var json: JSONValue {
        var object = JSONObject()
        object["name"] = name.map(JSONValue.string)
        object["description"] = description.map(JSONValue.string)
        object["source"] = source.json
        object["grants"] = grants.value(showingValues: true)
        object["resources"] = memoryMegabytes.map { ["memory_mb": .integer($0)] }
        object["loading"] = idleSeconds.map { ["idle_seconds": .integer($0)] }
        object["activate"] = .bool(isActivated)
        return .object(object)
    }
}

extension ExtensionRequest.Source {
    /// The `source` member of the body.
    package var json: JSONValue {
        switch self {
        case .command(let command, let directory):
            return [
                "kind": "command", "command": .array(command.map(JSONValue.string)), "directory": .string(directory),
            ]
        case .pypi(let requirement, let with, let module, let allowsBuild):
            var object = JSONObject(members: [
                .init(name: "kind", value: "pypi"), .init(name: "requirement", value: .string(requirement)),
            ])
            object["with"] = with.isEmpty ? nil : .array(with.map(JSONValue.string))
            object["module"] = module.map(JSONValue.string)
            object["allow_build"] = .bool(allowsBuild)
            return .object(object)
        case .directory(let path):
            return ["kind": "directory", "path": .string(path)]
        }
    }
}
