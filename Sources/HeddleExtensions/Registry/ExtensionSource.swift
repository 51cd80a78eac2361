package import HeddleModel
package import JSON

/// Where an extension's program comes from.
package enum ExtensionSource: Sendable, Hashable {
    /// A command of the host, run in place.
    case command([String], directory: String?)
    /// A requirement of the Python package index and further ones beside it, in a virtual environment of its own.
    case pypi(requirement: String, with: [String], module: String?, allowBuild: Bool)
    /// A folder of the host with an `extension.json` or `extension.yaml`.
    case directory(String)
}

extension ExtensionSource {
    /// Reads the wire form.
    ///
    /// - Throws: ``HeddleError`` with the code of `fields` when a member is missing, unknown or of the wrong type.
    package init(_ fields: JSONFields) throws(HeddleError) {
        switch try fields.string("kind") {
        case "command":
            try fields.refuseUnknown(["kind", "command", "directory"])
            let command = try fields.strings("command")
            guard let program = command.first, !program.isEmpty, command.count <= 1024 else {
                throw fields.error("'source.command' names a program and its arguments")
            }
            self = .command(command, directory: try Self.path("directory", fields))
        case "pypi":
            try fields.refuseUnknown(["kind", "requirement", "with", "module", "allow_build"])
            self = .pypi(
                requirement: try fields.string("requirement"),
                with: try fields.strings("with"),
                module: try fields.stringIfPresent("module"),
                allowBuild: try fields.boolIfPresent("allow_build") ?? false
            )
        case "directory":
            try fields.refuseUnknown(["kind", "path"])
            guard let path = try Self.path("path", fields) else { throw fields.error("'source.path' is missing") }
            self = .directory(path)
        case let other:
            throw fields.error("'source.kind' is command, pypi or directory, not '\(other.prefix(32))'")
        }
    }

    private static func path(_ name: String, _ fields: JSONFields) throws(HeddleError) -> String? {
        guard let path = try fields.stringIfPresent(name) else { return nil }
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw fields.error("'source.\(name)' is an absolute path")
        }
        return path
    }

    /// The wire form.
    package var value: JSONValue {
        switch self {
        case .command(let command, let directory):
            return [
                "kind": "command", "command": .array(command.map(JSONValue.string)),
                "directory": directory.map(JSONValue.string) ?? .null,
            ]
        case .pypi(let requirement, let with, let module, let allowBuild):
            return [
                "kind": "pypi", "requirement": .string(requirement), "with": .array(with.map(JSONValue.string)),
                "module": module.map(JSONValue.string) ?? .null,
                "allow_build": .bool(allowBuild),
            ]
        case .directory(let path):
            return ["kind": "directory", "path": .string(path)]
        }
    }
}
