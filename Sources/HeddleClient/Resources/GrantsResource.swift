import HeddleModel
package import JSON

/// What an extension is allowed, as the server shows it: the values of variables are hidden.
package struct GrantsResource: ServerResource {
    package let json: JSONValue
    package let level: String
    package let read: [String]
    package let write: [String]
    /// Hosts with ports; empty when there is no network, or the whole public one.
    package let hosts: [String]
    package let isPublicInternet: Bool
    /// Names of variables whose values were given.
    package let environment: [String]
    /// Names of variables with the files that hold their values.
    package let secrets: [(name: String, file: String)]
    package let workingDirectory: String?

    /// Reads the `grants` object; what is missing is not granted.
    package init(_ json: JSONValue) {
        self.json = json
        level = json["level"]?.string ?? SandboxLevel.process.rawValue
        read = json.texts("read")
        write = json.texts("write")
        hosts = json.texts("network")
        isPublicInternet = json["network"]?.bool ?? false
        environment = (json["environment"]?.object?.members ?? []).map(\.name)
        secrets = (json["secrets"]?.object?.members ?? []).map { ($0.name, $0.value.string ?? "") }
        workingDirectory = json["working_directory"]?.string
    }

    /// Whether nothing is allowed beyond what every sandboxed extension has.
    package var isEmpty: Bool {
        level == SandboxLevel.process.rawValue && read.isEmpty && write.isEmpty && hosts.isEmpty && !isPublicInternet
            && environment.isEmpty && secrets.isEmpty && workingDirectory == nil
    }
}
