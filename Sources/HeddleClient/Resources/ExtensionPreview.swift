package import HeddleModel
package import JSON

/// What adding an extension would run, read and be granted: shown before a person agrees to it.
package struct ExtensionPreview: ServerResource {
    package let json: JSONValue
    package let name: String
    package let command: [String]
    /// What it can read so that it can run at all.
    package let reads: [String]
    package let grants: GrantsResource
    /// What would be fetched and installed.
    package let installs: [String]
    /// What the installed program is given on its command line.
    package let arguments: [String]
    package let warnings: [String]
    /// The programs that run at moments of its life, each with the moment.
    package let hooks: [(moment: String, command: [String])]
    /// Who signed the archive, in words; empty when nobody did.
    package let signature: String
    /// The SHA-256 of the archive; nil when it comes from none.
    package let digest: String?

    /// Reads the answer of `POST /extensions/preview`.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when it has no name.
    package init(_ json: JSONValue) throws(HeddleError) {
        self.json = json
        name = try json.text("name")
        command = json.texts("command")
        reads = json.texts("reads")
        grants = GrantsResource(json["grants"] ?? .null)
        installs = json.texts("installs")
        arguments = json.texts("arguments")
        warnings = json.texts("warnings")
        hooks = (json["hooks"]?.object?.members ?? [])
            .map { ($0.name, ($0.value.array ?? []).compactMap(\.string)) }
        signature = json["signature"]?.string ?? ""
        digest = json["sha256"]?.string
    }
}
