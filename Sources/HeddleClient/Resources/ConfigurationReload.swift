package import HeddleModel
package import JSON

/// What a server did with a configuration that it read again.
package struct ConfigurationReload: ServerResource {
    /// A setting that is another one than the server worked with.
    package struct Change: ServerResource {
        package let json: JSONValue
        package let key: String
        package let old: String
        package let new: String
        /// Whether the server works with it; else it will after its next start.
        package let isApplied: Bool

        /// Reads one of the changes.
        ///
        /// - Throws: ``HeddleError`` with `internalError` when it has no key.
        package init(_ json: JSONValue) throws(HeddleError) {
            self.json = json
            key = try json.text("key")
            old = json["old"]?.string ?? ""
            new = json["new"]?.string ?? ""
            isApplied = json["result"]?.string == "applied"
        }
    }

    package let json: JSONValue
    /// The path of the file on the server's machine; nil without one.
    package let file: String?
    package let changes: [Change]

    /// Reads the answer of `POST /configuration/reload`.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when a change has no key.
    package init(_ json: JSONValue) throws(HeddleError) {
        self.json = json
        file = json["file"]?.string
        var changes: [Change] = []
        for change in json["changes"]?.array ?? [] { changes.append(try Change(change)) }
        self.changes = changes
    }
}
