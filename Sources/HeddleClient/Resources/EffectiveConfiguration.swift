package import HeddleModel
package import JSON

/// The settings of a server and the file that it reads.
package struct EffectiveConfiguration: ServerResource {
    /// The path of the file on the server's machine; nil without one.
    package let file: String?
    package let entries: Page<ConfigurationEntry>

    package init(file: String?, entries: [ConfigurationEntry]) {
        self.file = file
        self.entries = Page(items: entries)
    }

    /// Reads `GET /configuration`.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when it has no settings.
    package init(_ json: JSONValue) throws(HeddleError) {
        file = json["file"]?.string
        entries = try Page(json)
    }

    package var json: JSONValue {
        ["file": file.map(JSONValue.string) ?? .null, "items": .array(entries.items.map(\.json))]
    }
}
