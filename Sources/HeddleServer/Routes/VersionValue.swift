import HeddleExtensions
import HeddleModel
import JSON

extension ToolComparison.Change {
    /// The wire form.
    var value: JSONValue {
        [
            "name": .string(name),
            "accepted": accepted.map { JSONValue($0.document.root) } ?? .null,
            "offered": offered.map { JSONValue($0.document.root) } ?? .null,
        ]
    }
}

extension PendingVersion {
    /// The wire form.
    var value: JSONValue {
        [
            "generation": .integer(entry.generation),
            "version": .string(entry.manifest.version.description),
            "new_permissions": .array(newPermissions.map(JSONValue.string)),
            "tried": .bool(wasTried),
            "changes": .array(toolChanges.map(\.value)),
        ]
    }
}

extension VersionDifference {
    /// The wire form.
    var value: JSONValue {
        [
            "from": from.versionMembers, "to": to.versionMembers,
            "manifest": .array(
                fields.map { ["path": .string($0.path), "from": $0.from ?? .null, "to": $0.to ?? .null] }
            ),
            "permissions": [
                "added": .array(addedPermissions.map(JSONValue.string)),
                "removed": .array(removedPermissions.map(JSONValue.string)),
            ],
            "tools": .array(tools.map(\.value)),
        ]
    }
}

extension RegisteredExtension {
    fileprivate var versionMembers: JSONValue {
        ["generation": .integer(generation), "version": .string(manifest.version.description)]
    }

    /// The wire form of one of an extension's versions.
    func versionValue(of current: RegisteredExtension) -> JSONValue {
        let standing =
            generation == current.generation
            ? "current" : generation == current.pending?.entry.generation ? "pending" : "replaced"
        return [
            "generation": .integer(generation),
            "version": .string(manifest.version.description),
            "standing": .string(standing),
            "state": .string(state.rawValue),
            "source": source.value,
            "capability_count": .integer(tools.count),
            "created_at": .string(createdAt.description),
        ]
    }
}
