package import JSON

extension ExtensionDependency {
    private static let mostDependencies = 256
    private static let longestDescription = 1000

    /// The `dependencies` of a manifest: a list, or ranges by name for those that are needed to run.
    package static let schema: OwnSchema = {
        let range = Shape.adding(
            ["maxLength": 256, "description": "A range of versions such as ^1.2.0, ~1.2 or >=1.0.0 <2.0.0."],
            to: Shape.text
        )
        let entry = Shape.object(
            required: ["dependency_name": ExtensionName.shape, "dependency_version": range],
            optional: [
                "dependency_type": Shape.choice(Kind.self),
                "optional": Shape.flag,
                "description": Shape.adding(["maxLength": .integer(longestDescription)], to: Shape.text),
            ]
        )
        let map = Shape.adding(
            ["maxProperties": .integer(mostDependencies)],
            to: Shape.map(range, names: ExtensionName.shape)
        )
        return OwnSchema("Dependencies", ["anyOf": [Shape.list(entry, most: mostDependencies), map]])
    }()

    /// Reads the `dependencies` of a manifest, which satisfy the schema; null is the same as none.
    ///
    /// - Parameters:
    ///   - view: The list or the map.
    ///   - path: The JSON pointer to it.
    ///   - code: The code of the error.
    /// - Returns: The dependencies in their order.
    /// - Throws: ``HeddleError`` with every range that is none and every name that comes twice.
    package static func list(
        _ view: JSONView,
        at path: String = "/dependencies",
        code: HeddleError.Code = .invalidManifest
    ) throws(HeddleError) -> [ExtensionDependency] {
        var reader = Reader()
        switch view.kind {
        case .null: break
        case .object:
            for (name, value) in view.members {
                let name = name.string ?? ""
                try reader.read(name, value.string ?? "", at: "\(path)/\(name)")
            }
        case .array:
            for (index, element) in view.elements.enumerated() {
                let fields = try JSONFields(element, code: code, path: "dependencies.\(index)")
                try reader.read(
                    fields.string("dependency_name"),
                    fields.string("dependency_version"),
                    at: "\(path)/\(index)/dependency_version",
                    namedAt: "\(path)/\(index)/dependency_name",
                    kind: fields.choice("dependency_type", default: .runtime),
                    isOptional: fields.boolIfPresent("optional") ?? false,
                    description: fields.stringIfPresent("description")
                )
            }
        default: throw HeddleError(code, "'dependencies' is a list, or ranges by name")
        }
        guard reader.violations.isEmpty else {
            throw HeddleError(code, "the dependencies are not what they should be", breaking: reader.violations)
        }
        return reader.dependencies
    }

    /// The wire form, with every default spelled out.
    package var value: JSONValue {
        [
            "dependency_name": .string(name.rawValue), "dependency_version": .string(range.text),
            "dependency_type": .string(kind.rawValue), "optional": .bool(isOptional),
            "description": description.map(JSONValue.string) ?? .null,
        ]
    }

    /// Collects dependencies, and what is wrong with them.
    private struct Reader {
        var dependencies: [ExtensionDependency] = []
        var violations: [HeddleError.Violation] = []
        private var names: Set<ExtensionName> = []

        mutating func read(
            _ name: String,
            _ range: String,
            at path: String,
            namedAt namePath: String = "",
            kind: Kind = .runtime,
            isOptional: Bool = false,
            description: String? = nil
        ) throws(HeddleError) {
            let name = try ExtensionName(name)
            if !names.insert(name).inserted {
                violations.append(
                    .init(path: namePath, keyword: "uniqueItems", message: "names '\(name)' for the second time")
                )
            }
            do throws(HeddleError) {
                dependencies.append(
                    ExtensionDependency(
                        name: name,
                        range: try VersionRange(range),
                        kind: kind,
                        isOptional: isOptional,
                        description: description
                    )
                )
            } catch {
                violations.append(
                    .init(path: path, keyword: "format", message: error.message.clipped(500))
                )
            }
        }
    }
}
