package import JSON

/// Where an extension's program comes from.
package enum ExtensionSource: Sendable, Hashable {
    /// A command of the host, run in place.
    case command([String], directory: String?)
    /// A package of the Python package index, in a virtual environment of its own.
    case pypi(PythonPackage)
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
            try fields.refuseUnknown(["kind", "requirement", "with", "module", "arguments", "allow_build"])
            let arguments = try fields.strings("arguments")
            guard arguments.count <= 1024 else { throw fields.error("'source.arguments' has at most 1024 elements") }
            self = .pypi(
                PythonPackage(
                    requirement: try fields.string("requirement"),
                    with: try fields.strings("with"),
                    module: try fields.stringIfPresent("module"),
                    arguments: arguments,
                    allowsBuild: try fields.boolIfPresent("allow_build") ?? false
                )
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
        case .pypi(let package):
            return [
                "kind": "pypi", "requirement": .string(package.requirement),
                "with": .array(package.with.map(JSONValue.string)),
                "module": package.module.map(JSONValue.string) ?? .null,
                "arguments": .array(package.arguments.map(JSONValue.string)),
                "allow_build": .bool(package.allowsBuild),
            ]
        case .directory(let path):
            return ["kind": "directory", "path": .string(path)]
        }
    }
}
