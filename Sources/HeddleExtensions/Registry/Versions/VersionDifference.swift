package import HeddleModel
package import JSON

/// What is different between two versions of an extension.
package struct VersionDifference: Sendable {
    /// A member of the manifest with its values; nil where a version has none.
    package struct Field: Sendable {
        /// The way to it as a JSON Pointer (RFC 6901).
        package let path: String
        package let from: JSONValue?
        package let to: JSONValue?
    }

    package let from: RegisteredExtension
    package let to: RegisteredExtension
    /// Members of the manifests; permissions are told of by themselves.
    package let fields: [Field]
    /// What the second version has and the first has not, and the other way around, in words.
    package let addedPermissions: [String]
    package let removedPermissions: [String]
    package let tools: [ToolComparison.Change]

    package init(from: RegisteredExtension, to: RegisteredExtension) {
        self.from = from
        self.to = to
        fields = Self.fields(Self.manifest(from), Self.manifest(to), "")
        addedPermissions = from.permissionsMissing(for: to)
        removedPermissions = to.permissionsMissing(for: from)
        tools = ToolComparison.changes(accepted: from.tools, offered: to.tools)
    }

    private static func manifest(_ version: RegisteredExtension) -> JSONValue {
        guard var object = version.manifest.value.object else { return .null }
        // The values of variables may be secret.
        object["permissions"] = nil
        return .object(object)
    }

    private static func fields(_ from: JSONValue?, _ to: JSONValue?, _ path: String) -> [Field] {
        guard from != to else { return [] }
        guard let left = from?.object, let right = to?.object else { return [Field(path: path, from: from, to: to)] }
        let names = left.members.map(\.name) + right.members.map(\.name).filter { left[$0] == nil }
        return names.flatMap { name in
            let token = name.replacing("~", with: "~0").replacing("/", with: "~1")
            return fields(left[name], right[name], "\(path)/\(token)")
        }
    }
}

extension ExtensionService {
    /// Compares two versions of an extension.
    ///
    /// - Parameters:
    ///   - caller: Who asks.
    ///   - name: The extension.
    ///   - from: The generation to compare with; nil takes the current one when a version waits, and the one before it
    ///     otherwise.
    ///   - to: The generation that is compared; nil takes the one that waits, or the current one.
    /// - Returns: What is different.
    /// - Throws: ``HeddleError`` with `extensionNotFound`, or `invalidRequest` when there is no such version.
    package func difference(
        _ caller: Caller,
        _ name: ExtensionName,
        from: Int?,
        to: Int?
    ) async throws -> VersionDifference {
        let current = try entry(name).registered
        let all = try await versions(caller, name)
        let second = to ?? current.pending?.entry.generation ?? current.generation
        let before = current.predecessor ?? all.map(\.generation).last { $0 < current.generation }
        guard let first = from ?? (second != current.generation ? current.generation : before) else {
            throw HeddleError(.invalidRequest, "'\(name)' has one version, so there is nothing to compare it with")
        }
        func version(_ generation: Int) throws(HeddleError) -> RegisteredExtension {
            guard let found = all.first(where: { $0.generation == generation }) else {
                throw HeddleError(
                    .invalidRequest,
                    "'\(name)' has no version \(generation)",
                    details: ["generation": String(generation)]
                )
            }
            return found
        }
        return VersionDifference(from: try version(first), to: try version(second))
    }
}
