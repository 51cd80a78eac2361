package import HeddleModel
package import JSON

/// One key of the configuration, its effective value and where that comes from.
package struct ConfigurationEntry: ServerResource {
    package let key: String
    package let value: String
    package let source: String

    package init(key: String, value: String, source: String) {
        self.key = key
        self.value = value
        self.source = source
    }

    /// Reads one element of `GET /config`.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when it has no key.
    package init(_ json: JSONValue) throws(HeddleError) {
        key = try json.text("key")
        let value = json["value"] ?? .null
        self.value = value.string ?? value.text
        source = json["source"]?.string ?? ""
    }

    package var json: JSONValue {
        ["key": .string(key), "value": .string(value), "source": .string(source)]
    }
}
