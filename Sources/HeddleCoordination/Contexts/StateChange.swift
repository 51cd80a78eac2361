package import HeddleModel
package import JSON
package import JSONPatch

/// A change that a client wants to make to a shared state.
package struct StateChange: Sendable {
    /// What is to be done to the document.
    package enum Edit: Sendable {
        /// Operations one after the other (RFC 6902).
        case patch(JSONPatch)
        /// Members to put in or remove (RFC 7396).
        case merge(JSONMergePatch)
        /// Another document in its place.
        case replace(JSONDocument)
    }

    /// What becomes of a change that was made to another version than the present one.
    package enum ConflictStrategy: String, Sendable, CaseIterable {
        /// It is refused.
        case reject
        /// It is done to the present version.
        case lastWriteWins = "last_write_wins"
        /// It is done to the version that it was made to, and what others did meanwhile is brought together with it; where
        /// both touched the same, it is refused.
        case merge
    }

    package let edit: Edit
    /// The version that the client has seen; nil for whatever is there.
    package let base: Int?
    package let strategy: ConflictStrategy
    /// The version that the state must have, whatever the strategy says.
    package let expected: Int?

    /// A change of a version; the expected one is what `If-Match` asks for.
    package init(_ edit: Edit, base: Int?, strategy: ConflictStrategy, expected: Int? = nil) {
        self.edit = edit
        self.base = base
        self.strategy = strategy
        self.expected = expected
    }

    /// Does the edit to a document.
    ///
    /// - Throws: ``HeddleError`` with `patchFailed`, or `bodyTooLarge` when the result is.
    func apply(to document: JSONDocument) throws(HeddleError) -> JSONDocument {
        let bytes: [UInt8]
        switch edit {
        case .replace(let document): bytes = document.bytes
        case .merge(let patch): bytes = patch.apply(to: document.root)
        case .patch(let patch):
            var limits = JSONPatchLimits()
            limits.resultBytes = SharedState.largest
            do throws(JSONPatchError) {
                bytes = try patch.apply(to: document.root, limits: limits)
            } catch {
                throw HeddleError(error)
            }
        }
        return try Self.document(bytes)
    }

    /// Scans a result, within its bounds.
    static func document(_ bytes: [UInt8]) throws(HeddleError) -> JSONDocument {
        guard bytes.count <= SharedState.largest else {
            throw HeddleError(
                .bodyTooLarge,
                "a shared state has at most \(SharedState.largest >> 20) MB",
                details: ["limit_bytes": String(SharedState.largest)]
            )
        }
        do throws(JSONError) {
            return try JSONDocument(bytes)
        } catch {
            throw HeddleError(.patchFailed, "the result would not be acceptable JSON: \(error)")
        }
    }
}

extension HeddleError {
    /// A patch that is refused, with the operation that is to blame.
    package init(_ error: JSONPatchError) {
        var details = ["reason": error.kind.rawValue]
        details["operation"] = error.operation.map(String.init)
        details["path"] = error.pointer
        self.init(
            error.kind == .invalidPatch || error.kind == .tooManyOperations ? .invalidRequest : .patchFailed,
            "the patch is refused and nothing was changed: \(error)".clipped(800),
            details: details
        )
    }
}
