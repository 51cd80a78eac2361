package import JSON

/// Where an extension's program comes from.
package enum ExtensionSource: Sendable, Hashable {
    /// A command of the host, run in place.
    case command([String], directory: String?)
    /// A package of the Python package index, in a virtual environment of its own.
    case pypi(PythonPackage)
    /// A package of npm, in a folder of its own.
    case npm(NodePackage)
    /// A `.tar`, `.tar.gz` or `.zip` of the host with an `extension.json` or `extension.yaml`, unpacked into a folder of its own.
    /// The SHA-256 in hexadecimal is what it has to have; nil takes any, and is filled in when it is registered.
    case archive(path: String, sha256: String?)
    /// Such an archive at an `http(s)` address, which is fetched once and kept.
    case url(String, sha256: String?)
    /// A folder of the host with an `extension.json` or `extension.yaml`.
    case directory(String)
}

extension ExtensionSource {
    /// The wire form.
    package static let schema: OwnSchema = {
        let alternatives: [JSONValue] = [
            Shape.object(
                required: ["kind": ["const": "command"], "command": Shape.command],
                optional: ["directory": Shape.path]
            ),
            Shape.object(
                required: ["kind": ["const": "pypi"], "requirement": Shape.text],
                optional: [
                    "with": Shape.texts, "module": Shape.text, "arguments": Shape.texts, "allow_build": Shape.flag,
                ]
            ),
            Shape.object(
                required: ["kind": ["const": "npm"], "package": Shape.text],
                optional: ["with": Shape.texts, "program": Shape.text, "arguments": Shape.texts]
            ),
            Shape.object(
                required: ["kind": ["const": "archive"], "path": Shape.path],
                optional: ["sha256": Shape.matching("^[0-9A-Fa-f]{64}$", "a SHA-256 in hexadecimal")]
            ),
            Shape.object(
                required: [
                    "kind": ["const": "url"],
                    "url": Shape.adding(
                        ["maxLength": 2048],
                        to: Shape.matching(
                            "^[Hh][Tt][Tt][Pp][Ss]?://[^ ]+$",
                            "an address that begins with http:// or https://"
                        )
                    ),
                ],
                optional: ["sha256": Shape.matching("^[0-9A-Fa-f]{64}$", "a SHA-256 in hexadecimal")]
            ),
            Shape.object(required: ["kind": ["const": "directory"], "path": Shape.path]),
        ]
        return OwnSchema(
            "Source",
            [
                "type": "object", "required": ["kind"], "oneOf": .array(alternatives),
            ]
        )
    }()

    /// Reads the wire form.
    ///
    /// - Throws: ``HeddleError`` with the code of `fields` when a member is missing or of the wrong type.
    package init(_ fields: JSONFields) throws(HeddleError) {
        switch try fields.string("kind") {
        case "command":
            self = .command(try fields.strings("command"), directory: try fields.stringIfPresent("directory"))
        case "pypi":
            self = .pypi(
                PythonPackage(
                    requirement: try fields.string("requirement"),
                    with: try fields.strings("with"),
                    module: try fields.stringIfPresent("module"),
                    arguments: try fields.strings("arguments"),
                    allowsBuild: try fields.boolIfPresent("allow_build") ?? false
                )
            )
        case "npm":
            self = .npm(
                NodePackage(
                    package: try fields.string("package"),
                    with: try fields.strings("with"),
                    program: try fields.stringIfPresent("program"),
                    arguments: try fields.strings("arguments")
                )
            )
        case "archive":
            self = .archive(path: try fields.string("path"), sha256: try fields.stringIfPresent("sha256"))
        case "url":
            self = .url(try fields.string("url"), sha256: try fields.stringIfPresent("sha256"))
        case "directory":
            self = .directory(try fields.string("path"))
        default:
            throw fields.error("'source.kind' is of no known source")
        }
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
        case .npm(let package):
            return [
                "kind": "npm", "package": .string(package.package),
                "with": .array(package.with.map(JSONValue.string)),
                "program": package.program.map(JSONValue.string) ?? .null,
                "arguments": .array(package.arguments.map(JSONValue.string)),
            ]
        case .archive(let path, let digest):
            return ["kind": "archive", "path": .string(path), "sha256": digest.map(JSONValue.string) ?? .null]
        case .url(let url, let digest):
            return ["kind": "url", "url": .string(url), "sha256": digest.map(JSONValue.string) ?? .null]
        case .directory(let path):
            return ["kind": "directory", "path": .string(path)]
        }
    }

    /// What an installation fetches, and what the program it brings is given; nil for a program that is there already.
    package var installs: (packages: [String], arguments: [String])? {
        switch self {
        case .pypi(let package): (package.requirements, package.arguments)
        case .npm(let package): (package.packages, package.arguments)
        case .command, .archive, .url, .directory: nil
        }
    }

    /// The SHA-256 of the archive that it comes from.
    package var digest: String? {
        switch self {
        case .archive(_, let digest), .url(_, let digest): digest
        case .command, .pypi, .npm, .directory: nil
        }
    }

    /// The same archive, which has to have this SHA-256.
    package func pinned(digest: String) -> ExtensionSource {
        switch self {
        case .archive(let path, _): .archive(path: path, sha256: digest)
        case .url(let url, _): .url(url, sha256: digest)
        case .command, .pypi, .npm, .directory: self
        }
    }

    /// Whether its files are in a folder that Heddle made.
    package var hasOwnFolder: Bool {
        switch self {
        case .pypi, .npm, .archive, .url: true
        case .command, .directory: false
        }
    }
}
