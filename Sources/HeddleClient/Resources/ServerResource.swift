package import HeddleModel
package import JSON

/// Something the server sends, read from its JSON, which stays at hand for those who want it whole.
package protocol ServerResource: Sendable {
    /// What the server sent.
    var json: JSONValue { get }

    /// Reads what the server sent.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when a member without which nothing makes sense is missing.
    init(_ json: JSONValue) throws(HeddleError)
}

extension JSONValue {
    /// A member that has to be a string.
    func text(_ name: String) throws(HeddleError) -> String {
        guard let text = self[name]?.string else {
            throw HeddleError(.internalError, "the server's answer has no '\(name)'", details: ["field": name])
        }
        return text
    }

    /// The strings of a list; empty when it is missing.
    func texts(_ name: String) -> [String] {
        (self[name]?.array ?? []).compactMap(\.string)
    }
}
