package import JSON

/// Changes to a document, one after the other (RFC 6902).
package struct JSONPatch: Sendable {
    /// One change, or one condition.
    package enum Operation: Sendable {
        /// Puts a value at a place: a new member or one instead of it, or an element before the one that is there.
        case add(JSONPointer, JSONView)
        /// Removes what is at a place.
        case remove(JSONPointer)
        /// Puts a value in place of another.
        case replace(JSONPointer, JSONView)
        /// Removes what is at a place and adds it at another.
        case move(from: JSONPointer, to: JSONPointer)
        /// Adds what is at a place at another.
        case copy(from: JSONPointer, to: JSONPointer)
        /// Refuses the patch unless this value is at a place.
        case test(JSONPointer, JSONView)
    }

    package let operations: [Operation]

    /// A patch of operations that are at hand; their values stay where they are.
    package init(_ operations: [Operation]) {
        self.operations = operations
    }
}

extension JSONPatch.Operation {
    /// The member `op`.
    package var name: String {
        switch self {
        case .add: "add"
        case .remove: "remove"
        case .replace: "replace"
        case .move: "move"
        case .copy: "copy"
        case .test: "test"
        }
    }

    /// The member `path`.
    package var path: JSONPointer {
        switch self {
        case .add(let path, _), .remove(let path), .replace(let path, _), .test(let path, _): path
        case .move(_, let path), .copy(_, let path): path
        }
    }
}

extension JSONPatch {
    /// Applies all operations, or none: the document stays as it is, and the result is another.
    ///
    /// What no operation touches is in the result byte for byte, members in their order. A container that one touches
    /// may lose white space between its parts. Costs the size of the document and, for each operation, about the square
    /// root of their number.
    ///
    /// - Throws: ``JSONPatchError`` that names the operation that was refused.
    package func apply(to value: JSONView, limits: JSONPatchLimits = JSONPatchLimits()) throws(JSONPatchError)
        -> [UInt8]
    {
        guard operations.count <= limits.operations else { throw Self.tooMany(limits) }
        var tree = PatchTree(value, limits: limits)
        for (number, operation) in operations.enumerated() {
            do throws(Refusal) {
                try tree.apply(operation)
            } catch {
                throw JSONPatchError(
                    error.kind,
                    operation: number,
                    name: operation.name,
                    pointer: operation.path.text,
                    error.message
                )
            }
        }
        return tree.bytes()
    }

    /// Applies all operations, or none, and scans the result.
    ///
    /// - Throws: ``JSONPatchError`` that names the operation that was refused, or `tooLarge` when the result has more values
    ///   than a document may.
    package func apply(
        to document: JSONDocument,
        limits: JSONPatchLimits = JSONPatchLimits()
    ) throws(JSONPatchError) -> JSONDocument {
        let bytes: [UInt8] = try apply(to: document.root, limits: limits)
        do {
            return try JSONDocument(bytes)
        } catch {
            throw JSONPatchError(error.reason == .tooDeep ? .tooDeep : .tooLarge, "the result is refused: \(error)")
        }
    }

    static func tooMany(_ limits: JSONPatchLimits) -> JSONPatchError {
        JSONPatchError(.tooManyOperations, "a patch has at most \(limits.operations) operations")
    }
}
