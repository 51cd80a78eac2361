package import HeddleModel
package import JSON

/// One key of the configuration, its effective value and where that comes from.
package struct ConfigurationEntry: ServerResource {
    package let key: String
    package let value: String
    /// `default`, `file`, `environment` or `flag`.
    package let source: String
    /// The variable, the option or the file.
    package let origin: String?
    /// Whether a running server takes a new value when it reloads.
    package let isReloadable: Bool
    /// What it will be after the server's next start.
    package let pending: String?

    package init(key: String, value: String, source: String, origin: String?, isReloadable: Bool) {
        self.key = key
        self.value = value
        self.source = source
        self.origin = origin
        self.isReloadable = isReloadable
        pending = nil
    }

    /// Reads one element of `GET /configuration`.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when it has no key.
    package init(_ json: JSONValue) throws(HeddleError) {
        key = try json.text("key")
        let value = json["value"] ?? .null
        self.value = value.string ?? value.text
        source = json["source"]?.string ?? ""
        origin = json["origin"]?.string
        isReloadable = json["reloadable"]?.bool ?? false
        pending = json["pending"]?.string
    }

    package var json: JSONValue {
        var members: [JSONObject.Member] = [
            .init(name: "key", value: .string(key)), .init(name: "value", value: .string(value)),
            .init(name: "source", value: .string(source)),
            .init(name: "origin", value: origin.map(JSONValue.string) ?? .null),
            .init(name: "reloadable", value: .bool(isReloadable)),
        ]
        if let pending { members.append(.init(name: "pending", value: .string(pending))) }
        return .object(JSONObject(members: members))
    }
}
